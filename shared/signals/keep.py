"""Merge new counts into the stored ones, bucket by bucket: the later count wins, whoever writes it."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shared.clock import iso
from shared.shapes import check_shape
from shared.signals.counts import MAX_REASONS, MAX_SAMPLE_CHARACTERS, Count, MinuteEvents, most_frequent
from shared.signals.signal import MINUTES, bucket_of

Hour = Mapping[datetime, Count]  # the buckets of one resource and signal in one hour, by their start

_MAX_REASON_CHARACTERS = 100
# Of a bucket's text in UTF-16, as Table Storage counts: the twelve buckets of an hour stay under 60 KB.
_MAX_BUCKET_BYTES = 4800


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour that holds a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def by_hour(counts: Iterable[Count]) -> Mapping[tuple[str, datetime], tuple[Count, ...]]:
    """Group the counts of one resource as they are stored: by signal and hour."""
    groups: dict[tuple[str, datetime], list[Count]] = {}
    for count in counts:
        groups.setdefault((count.signal, hour_of(count.bucket)), []).append(count)
    return {key: tuple(group) for key, group in groups.items()}


def merge(stored: Hour, counts: Iterable[Count]) -> Hour:
    """Put each count in the place of its bucket's stored one, unless that one was counted later.

    The order of calls does not matter, nor how often one is repeated: of two counts with the same `as_of` the one with
    more events stays.

    Raises:
        ValueError: a bucket does not start on a bucket's edge.
    """
    merged = dict(stored)
    for count in map(tidy, counts):
        earlier = merged.get(count.bucket)
        if earlier is None or _age(count) > _age(earlier):
            merged[count.bucket] = count
    return merged


def tidy(count: Count) -> Count:
    """Return a count as it is stored: its most frequent reasons first, its texts short and printable.

    Raises:
        ValueError: its bucket does not start on a bucket's edge.
    """
    if count.bucket != bucket_of(count.bucket):
        raise ValueError(f"{count.signal}: {iso(count.bucket)} is not the start of a 5-minute bucket")
    reasons: dict[str, float] = {}
    for reason, events in count.reasons.items():
        name = _plain(reason, _MAX_REASON_CHARACTERS)
        reasons[name] = reasons.get(name, 0) + events
    ranked = most_frequent(reasons)[:MAX_REASONS]
    sample = _plain(count.sample, MAX_SAMPLE_CHARACTERS)
    minutes = tuple(MinuteEvents(*minute) for minute in count.minutes)
    result = replace(
        count, bucket=count.bucket.astimezone(UTC), reasons=dict(ranked), sample=sample, minutes=minutes
    )
    while len(encode_count(result).encode("utf-16-le")) > _MAX_BUCKET_BYTES:
        ranked.pop()
        result = replace(result, reasons=dict(ranked))
    return result


def encode_count(count: Count) -> str:
    """Write a count as JSON text, without its key (resource, signal and bucket)."""
    document: dict[str, object] = {
        "bad": count.bad,
        "total": count.total,
        "as_of": iso(count.as_of),
        "reasons": count.reasons,
        "sample": count.sample,
    }
    if count.minutes:
        document["minutes"] = count.minutes
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def decode_count(resource: str, signal: str, bucket: datetime, text: str) -> Count:
    """Read the text that `encode_count` wrote.

    Raises:
        ValueError: it is not JSON, `as_of` is not a time, or a number cannot be one of events.
        KeyError, TypeError: a field is missing or of another type.
    """
    document = json.loads(text)
    count = Count(
        resource=resource,
        signal=signal,
        bucket=bucket,
        bad=document["bad"],
        total=document["total"],
        as_of=datetime.fromisoformat(document["as_of"]),
        reasons=document["reasons"],
        sample=document["sample"],
        minutes=tuple(MinuteEvents(*minute) for minute in document.get("minutes", ())),
    )
    check_shape(count, Count, "the count")
    _check_numbers(count)
    return count


def _check_numbers(count: Count) -> None:
    minutes = [number for minute in count.minutes for number in minute]
    # A number that is none would be learned as normal, and stand on cards.
    if not all(
        0 <= number < math.inf for number in (count.bad, count.total, *count.reasons.values(), *minutes)
    ):
        raise ValueError("a number of it is not one of events")
    if len(count.minutes) not in (0, MINUTES):
        raise ValueError(f"it has {len(count.minutes)} minutes; expected {MINUTES} or none")


def _age(count: Count) -> tuple[datetime, float, float, str]:
    return count.as_of, count.total, count.bad, encode_count(count)


def _plain(text: str, length: int) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:length].rstrip()
