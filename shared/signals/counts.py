"""The counts of a signal in one 5-minute bucket of event time, and where they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.redaction import redact
from shared.signals.signal import BUCKET, MINUTES

MAX_REASONS = 12
MAX_SAMPLE_CHARACTERS = 200
OTHER = "other"  # the last reason, where there are more than `MAX_REASONS`


class MinuteEvents(NamedTuple):
    """What happened in one minute of a bucket: its clients where the source names them, else its events.

    A client is bad who met at least one bad event in that minute, so that a retry loop counts once.
    """

    bad: float
    total: float


@dataclass(frozen=True, slots=True)
class Count:
    """The events of one bucket of one signal of one resource; a bucket that nobody counted has no `Count`.

    `total` counts all events, bad ones included (for a signal of shape `VALUE` it equals `bad`).
    """

    resource: str
    signal: str
    bucket: datetime  # its start
    bad: float
    total: float
    as_of: datetime  # when the query that counted it was sent
    # Bad events by reason, most frequent first, at most `MAX_REASONS`.
    reasons: Mapping[str, float] = field(default_factory=dict)
    # A raw text of an event without a known reason, redacted, at most `MAX_SAMPLE_CHARACTERS`.
    sample: str = ""
    # The same by the minute, five in all; empty where the source is asked for whole buckets only.
    minutes: Sequence[MinuteEvents] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether its 5 minutes had ended when it was counted."""
        return self.as_of >= self.bucket + BUCKET


@dataclass(slots=True)
class BucketSum:
    """The events of one bucket while they are added up."""

    bad: float = 0.0
    total: float = 0.0
    reasons: dict[str, float] = field(default_factory=dict)
    minutes: list[MinuteEvents] = field(default_factory=list)
    sample: str = ""
    # The clients of each minute, and whether they met a bad event.
    clients: dict[tuple[int, str], bool] = field(default_factory=dict)

    def add(
        self, reason: str | None, events: float = 1.0, minute: int | None = None, client: str = ""
    ) -> None:
        """Add events, bad ones with their reason, good ones without.

        `minute` is their place in the bucket; events of one `client`, where it is known, count once in a minute.
        """
        bad = 0.0 if reason is None else events
        self.bad += bad
        self.total += events
        if reason is not None:
            self.reasons[reason] = self.reasons.get(reason, 0.0) + events
        if minute is not None and client:
            self._add_client(minute, client, reason is not None)
        elif minute is not None:
            self._add_to_minute(minute, bad, events)

    def _add_client(self, minute: int, client: str, is_bad: bool) -> None:
        was_bad = self.clients.get((minute, client))
        self.clients[minute, client] = is_bad or bool(was_bad)
        self._add_to_minute(minute, float(is_bad and not was_bad), float(was_bad is None))

    def _add_to_minute(self, minute: int, bad: float, total: float) -> None:
        self.minutes = self.minutes or [MinuteEvents(0, 0)] * MINUTES
        before = self.minutes[minute]
        self.minutes[minute] = MinuteEvents(before.bad + bad, before.total + total)

    def count(self, resource: str, signal: str, bucket: datetime, as_of: datetime) -> Count:
        """Return the count of what was added."""
        return Count(
            resource=resource,
            signal=signal,
            bucket=bucket,
            bad=self.bad,
            total=self.total,
            as_of=as_of,
            reasons=_with_other(_redacted(self.reasons)),
            sample=redact(self.sample)[:MAX_SAMPLE_CHARACTERS],
            minutes=tuple(self.minutes),
        )


def _redacted(reasons: Mapping[str, float]) -> Mapping[str, float]:
    """Return the reasons without secrets: where a source has no code, the text of the event is its reason."""
    shown: dict[str, float] = {}
    for reason, events in reasons.items():
        name = redact(reason)
        shown[name] = shown.get(name, 0.0) + events
    return shown


def _with_other(reasons: Mapping[str, float]) -> Mapping[str, float]:
    """Return the most frequent reasons; where there are too many, the rest is added up as `OTHER`."""
    ranked = most_frequent(reasons)
    if len(ranked) <= MAX_REASONS:
        return dict(ranked)
    first = dict(ranked[: MAX_REASONS - 1])
    rest = sum(events for _, events in ranked[MAX_REASONS - 1 :])
    return {**first, OTHER: first.get(OTHER, 0.0) + rest}


def most_frequent(reasons: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return reasons with their events, most frequent first, equally frequent ones by name."""
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))


class Counts(Protocol):
    """Counts by resource, signal and bucket."""

    def replace(self, counts: Sequence[Count]) -> None:
        """Store each count in the place of its bucket's earlier one, unless that one was counted later (`as_of`).

        Safe to repeat, and safe while another instance does the same.
        """
        ...

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        """Return all counts of a resource whose bucket starts in [since, until), oldest first."""
        ...

    def first(self, resource: str, signal: str) -> datetime | None:
        """Return the start of the hour of the oldest count that is kept of a signal; None where none is."""
        ...

    def forget(self, resource: str, before: datetime) -> None:
        """Delete the counts of buckets that start before a moment, rounded down to a whole hour."""
        ...
