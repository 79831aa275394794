"""The counts of a signal in one 5-minute bucket of event time, and where they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

MAX_REASONS = 12
MAX_SAMPLE_CHARACTERS = 200


class MinuteEvents(NamedTuple):
    """The events of one minute of a bucket."""

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
    # The same events by the minute, five in all; empty where the source is asked for whole buckets only.
    minutes: Sequence[MinuteEvents] = ()


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
