"""Turn the rows that a family answers into counts of watched resources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from shared.redaction import redact
from shared.signals.counts import Count

REASONS = 12  # kept by name, the last of them "other" where there are more
SAMPLE = 200  # characters
OTHER = "other"

Row = Mapping[str, object]


@dataclass(slots=True)
class _Sum:
    bad: float = 0.0
    total: float = 0.0
    reasons: dict[str, float] = field(default_factory=dict)
    sample: str = ""


def tally(rows: Iterable[Row], owners: Callable[[str], Sequence[str]], as_of: datetime) -> tuple[Count, ...]:
    """Sum the rows by watched resource, signal and bucket; `owners` names whom a row's resource counts for."""
    sums: dict[tuple[str, str, datetime], _Sum] = {}
    for row in rows:
        for owner in owners(str(row["Resource"])):
            key = (owner, str(row["Signal"]), cast(datetime, row["Bucket"]))
            _add(sums.setdefault(key, _Sum()), row)
    return tuple(_count(key, total, as_of) for key, total in sorted(sums.items(), key=lambda pair: pair[0]))


def _add(total: _Sum, row: Row) -> None:
    events = float(cast(float, row["Events"]))
    total.total += events
    if row["IsBad"]:
        reason = str(row["Reason"])
        total.bad += events
        total.reasons[reason] = total.reasons.get(reason, 0.0) + events
        # The greatest of several, so that every look keeps the same one.
        total.sample = max(total.sample, str(row["Sample"] or ""))


def _count(key: tuple[str, str, datetime], total: _Sum, as_of: datetime) -> Count:
    resource, signal, bucket = key
    return Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=total.bad,
        total=total.total,
        as_of=as_of,
        reasons=_most_frequent(total.reasons),
        sample=redact(total.sample)[:SAMPLE],
    )


def _most_frequent(reasons: Mapping[str, float]) -> Mapping[str, float]:
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(ranked) <= REASONS:
        return dict(ranked)
    kept = dict(ranked[: REASONS - 1])
    rest = sum(events for _, events in ranked[REASONS - 1 :])
    return {**kept, OTHER: kept.get(OTHER, 0.0) + rest}
