"""Merge what a look counted into what is kept, bucket by bucket: the later count wins, whoever writes it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shared.clock import iso
from shared.signals.counts import Count
from shared.signals.signal import bucket_of

Hour = Mapping[datetime, Count]  # the buckets of one resource and signal in one hour, by their start

_REASONS = 12
_REASON = 100  # characters
_SAMPLE = 200  # characters
_BYTES = 4800  # of a bucket's text in UTF-16, as Table Storage counts: twelve of them stay under 60 KB


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour that holds a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def by_hour(counts: Iterable[Count]) -> Mapping[tuple[str, datetime], tuple[Count, ...]]:
    """Group the counts of one resource as they are stored: by signal and hour."""
    groups: dict[tuple[str, datetime], list[Count]] = {}
    for count in counts:
        groups.setdefault((count.signal, hour_of(count.bucket)), []).append(count)
    return {key: tuple(group) for key, group in groups.items()}


def merge(kept: Hour, counted: Iterable[Count]) -> Hour:
    """Put each count in the place of what was kept for its bucket, unless that was counted later.

    The order of calls does not matter, nor how often one is repeated: of two counts asked at the same instant the
    one with more events stays.
    """
    merged = dict(kept)
    for count in map(tidy, counted):
        there = merged.get(count.bucket)
        if there is None or _age(count) > _age(there):
            merged[count.bucket] = count
    return merged


def tidy(count: Count) -> Count:
    """Return a count as it is kept: its most frequent reasons first, its texts short and printable.

    Raises:
        ValueError: its bucket does not start on a bucket's edge.
    """
    if count.bucket != bucket_of(count.bucket):
        raise ValueError(f"{count.signal}: {iso(count.bucket)} is not the start of a 5-minute bucket")
    reasons: dict[str, float] = {}
    for reason, events in count.reasons.items():
        name = _plain(reason, _REASON)
        reasons[name] = reasons.get(name, 0) + events
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]
    sample = _plain(count.sample, _SAMPLE)
    kept = replace(count, bucket=count.bucket.astimezone(UTC), reasons=dict(ranked), sample=sample)
    while len(encode_counts(kept).encode("utf-16-le")) > _BYTES:
        ranked.pop()
        kept = replace(kept, reasons=dict(ranked))
    return kept


def encode_counts(count: Count) -> str:
    """Write what a bucket held as JSON."""
    document = {
        "bad": count.bad,
        "total": count.total,
        "as_of": iso(count.as_of),
        "reasons": count.reasons,
        "sample": count.sample,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def decode_counts(resource: str, signal: str, bucket: datetime, text: str) -> Count:
    """Read what `encode` wrote."""
    document = json.loads(text)
    return Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=document["bad"],
        total=document["total"],
        as_of=datetime.fromisoformat(document["as_of"]),
        reasons=document["reasons"],
        sample=document["sample"],
    )


def _age(count: Count) -> tuple[datetime, float, float, str]:
    return count.as_of, count.total, count.bad, encode_counts(count)


def _plain(text: str, length: int) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:length].rstrip()
