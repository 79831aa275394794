"""The counts of a signal in one 5-minute bucket of event time, and where they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Count:
    """What one bucket of one signal of one resource held when it was asked; a bucket that nobody counted has no `Count`.

    `total` counts all events, bad ones included (for a signal of shape `VALUE` it equals `bad`).
    """

    resource: str
    signal: str
    bucket: datetime  # its start
    bad: float
    total: float
    as_of: datetime  # when the query that counted it was sent
    reasons: Mapping[str, float] = field(
        default_factory=dict
    )  # of the bad events, most frequent first, at most 12
    sample: str = ""  # a raw text of an event without a known reason, redacted, at most 200 characters


class Counts(Protocol):
    """Counts by resource, signal and bucket."""

    def replace(self, counts: Sequence[Count]) -> None:
        """Put each count in the place of what was kept for its bucket, unless that was counted later (`as_of`).

        Safe to repeat, and safe beside another instance that does the same.
        """
        ...

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        """Return all counts of a resource whose bucket starts in [since, until), oldest first."""
        ...

    def forget(self, resource: str, before: datetime) -> None:
        """Delete the counts of buckets that are older; a whole hour at a time."""
        ...
