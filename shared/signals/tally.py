"""Turn the rows that a family's text returns into counts of watched resources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from shared.redaction import redact
from shared.signals.counts import MAX_REASONS, MAX_SAMPLE_CHARACTERS, Count, most_frequent

OTHER = "other"  # the last reason, where there are more than `MAX_REASONS`

Row = Mapping[str, object]


@dataclass(slots=True)
class _BucketSum:
    bad: float = 0.0
    total: float = 0.0
    reasons: dict[str, float] = field(default_factory=dict)
    sample: str = ""


def tally(rows: Iterable[Row], owners: Callable[[str], Sequence[str]], as_of: datetime) -> tuple[Count, ...]:
    """Sum the rows by watched resource, signal and bucket.

    `owners` returns the ids of the watched resources that a row's own `Resource` counts for.

    Raises:
        KeyError: a row lacks a column of a family (`shared.signals.family.LogFamily`).
    """
    sums: dict[tuple[str, str, datetime], _BucketSum] = {}
    for row in rows:
        for owner in owners(str(row["Resource"])):
            key = (owner, str(row["Signal"]), cast(datetime, row["Bucket"]))
            _add(sums.setdefault(key, _BucketSum()), row)
    return tuple(_count(key, bucket, as_of) for key, bucket in sorted(sums.items(), key=lambda pair: pair[0]))


def _add(sums: _BucketSum, row: Row) -> None:
    events = float(cast(float, row["Events"]))
    sums.total += events
    if row["IsBad"]:
        reason = str(row["Reason"])
        sums.bad += events
        sums.reasons[reason] = sums.reasons.get(reason, 0.0) + events
        # The greatest of several, so that every poll keeps the same one.
        sums.sample = max(sums.sample, str(row["Sample"] or ""))


def _count(key: tuple[str, str, datetime], sums: _BucketSum, as_of: datetime) -> Count:
    resource, signal, bucket = key
    return Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=sums.bad,
        total=sums.total,
        as_of=as_of,
        reasons=_with_other(sums.reasons),
        sample=redact(sums.sample)[:MAX_SAMPLE_CHARACTERS],
    )


def _with_other(reasons: Mapping[str, float]) -> Mapping[str, float]:
    """Return the most frequent reasons; where there are too many, the rest is added up as `OTHER`."""
    ranked = most_frequent(reasons)
    if len(ranked) <= MAX_REASONS:
        return dict(ranked)
    first = dict(ranked[: MAX_REASONS - 1])
    rest = sum(events for _, events in ranked[MAX_REASONS - 1 :])
    return {**first, OTHER: first.get(OTHER, 0.0) + rest}
