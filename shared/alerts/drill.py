"""A drill: an alert that is marked as one. It is told to the receivers of drills alone, and never becomes an incident."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.alerts.alert import Alert
from shared.redaction import UserIds

MARK = "linekeeper-drill"  # among the custom properties of an alert; its value says which step of the drill it is
LINES = tuple(f"{MARK}-{number}" for number in range(1, 7))  # the paragraphs of its card
NOT_REAL = "This is a drill, started by hand. Nothing is wrong, and nothing is to be done."


class DrillOutcome(StrEnum):
    """What happened to a drill."""

    TOLD = "it is a drill and was told to the receivers of drills"
    NOBODY = "it is a drill, and receivers.yaml names no receiver of drills"


class DrillAnnouncer(Protocol):
    """Tells the receivers of drills."""

    def announce(self, key: str, title: str, text: str, at: datetime) -> None:
        """Write a notice to each of them, once for each key."""
        ...


def is_drill(alert: Alert) -> bool:
    """Tell whether an alert is marked as a drill."""
    return MARK in alert.properties


def tell_drill(alert: Alert, announcer: DrillAnnouncer | None, users: UserIds, now: datetime) -> DrillOutcome:
    """Tell of a drill; without receivers of drills nobody is told. Safe to repeat."""
    if announcer is None:
        return DrillOutcome.NOBODY
    step = f" ({alert.properties[MARK]})"
    lines = [alert.properties[name] for name in LINES if name in alert.properties]
    text = "\n\n".join([NOT_REAL, *lines])
    announcer.announce(
        f"drill {alert.key}", users.hide_in(f"DRILL{step}: {alert.title}"), users.hide_in(text), now
    )
    return DrillOutcome.TOLD
