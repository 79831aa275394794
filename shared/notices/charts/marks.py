"""What happened beside the numbers: a mark has a lane, a moment and a word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_MARKS = 12  # of a lane; the earliest and the latest are kept


class ChartLane(StrEnum):
    """The lanes above the panels of a chart, in their order; each is drawn even when it is empty."""

    CHANGES = "Changes"
    DIAGNOSES = "Diagnoses"
    TOLD = "Told"
    PEOPLE = "People"
    MICROSOFT = "Microsoft"


class Sign(StrEnum):
    """The shape of a mark; no two of one colour look the same."""

    CHANGE = "change"
    LOOK = "look"
    WRONG_LOOK = "wrong look"
    NOTICE = "notice"
    PERSON = "person"
    DECLARED = "declared"
    ONSET = "onset"
    RECOVERY = "recovery"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark; `label` is a few words."""

    lane: ChartLane
    sign: Sign
    at: datetime
    label: str


def of_lane(marks: tuple[Mark, ...], lane: ChartLane) -> tuple[Mark, ...]:
    """Return the marks of a lane by time, of many the earliest and the latest."""
    own = sorted((mark for mark in marks if mark.lane is lane), key=lambda mark: mark.at)
    if len(own) <= MOST_MARKS:
        return tuple(own)
    half = MOST_MARKS // 2
    return (*own[:half], *own[-half:])
