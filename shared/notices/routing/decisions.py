"""What was decided about each milestone of an incident, kept so that it can be explained and is decided once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.incidents.incident import Notification
from shared.notices.routing.decide import Decision


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A decision as it is kept: when it was made, and about which milestone at which revision of the incident."""

    at: datetime
    revision: int
    milestone: str
    decision: Decision

    def is_about(self, notification: Notification) -> bool:
        """Tell whether it was made about this milestone at this revision."""
        return (self.revision, self.milestone) == (notification.revision, notification.milestone)


class Decisions(Protocol):
    """The decisions that were made."""

    def of(self, incident: str) -> Sequence[RecordedDecision]:
        """Return what was decided about an incident, oldest first."""
        ...

    def keep(self, incident: str, records: Sequence[RecordedDecision]) -> Sequence[RecordedDecision]:
        """Keep the decisions about one milestone, all of them or none; return those that count.

        Where another instance kept its own first, these count: whoever notifies of a milestone again, later or
        elsewhere, notifies the same receivers.
        """
        ...


def notified_receivers(records: Iterable[RecordedDecision]) -> frozenset[str]:
    """Return the receivers that were notified of an incident, on whichever card."""
    return frozenset(record.decision.receiver for record in records if record.decision.notifies)
