"""Tell people what was set aside because it cannot be read, or could not be handled, and put it back when asked."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.alerts.inbox import Announcer
from shared.errors import LinekeeperError

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row or document that was set aside, or an item of a loop that could not be handled and stays where it is.

    Attributes:
        place: the table or container that it was in, or the loop that could not handle it.
        name: its keys, its name, or what the loop calls it.
        is_in_place: whether it is still where it was.
        told_at: when people were told of it.
    """

    id: str
    place: str
    name: str
    reason: str
    is_in_place: bool = False
    told_at: datetime | None = None

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.name} of {self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Restoration:
    """What became of one entry; `is_kept` where it could not be put back and stays aside."""

    entry: SetAside
    outcome: str
    is_kept: bool = False


class Quarantine(Protocol):
    """What was set aside. Every call is safe to repeat."""

    def all(self) -> Sequence[SetAside]:
        """Return every entry."""
        ...

    def mark_told(self, entries: Sequence[SetAside], now: datetime) -> None:
        """Note that people were told of entries."""
        ...

    def restore(self, entry: SetAside) -> Restoration:
        """Put back what was set aside, as it was; where something is in its place by now, it stays aside."""
        ...


def tell_set_aside(quarantine: Quarantine, announcer: Announcer, now: datetime) -> int:
    """Tell people of what was set aside since they were last told, all of it in one notice; return how much that is.

    Told first and noted afterwards: a repeated run makes the same notice.
    """
    new = [entry for entry in quarantine.all() if entry.told_at is None]
    if new:
        key = hashlib.sha256("|".join(sorted(entry.id for entry in new)).encode()).hexdigest()[:32]
        announcer.announce(f"quarantine {key}", _title(new), _text(new), now)
        quarantine.mark_told(new, now)
    return len(new)


def check_quarantine(quarantine: Quarantine) -> None:
    """Make sure that nothing is set aside.

    Raises:
        LinekeeperError: something is; which, and why.
    """
    entries = quarantine.all()
    if entries:
        counts = Counter(entry.place for entry in entries)
        places = ", ".join(f"{count} of {place}" for place, count in sorted(counts.items()))
        raise LinekeeperError(f"set aside: {places}; {entries[0]}; `linekeeper redeliver` puts it back")


def restore_all(quarantine: Quarantine) -> list[Restoration]:
    """Put back everything that was set aside."""
    return [quarantine.restore(entry) for entry in quarantine.all() if not entry.is_in_place]


def _title(entries: Sequence[SetAside]) -> str:
    moved = sum(not entry.is_in_place for entry in entries)
    if not moved:
        return f"{_things(len(entries))} could not be handled"
    return f"{_things(moved)} cannot be read and {'is' if moved == 1 else 'are'} set aside"


def _things(count: int) -> str:
    return "1 stored thing" if count == 1 else f"{count} stored things"


def _text(entries: Sequence[SetAside]) -> str:
    lines = [f"{entry}." for entry in entries[:_MOST_NAMED]]
    if len(entries) > _MOST_NAMED:
        lines.append(f"{len(entries) - _MOST_NAMED} more; readiness counts them.")
    end = "Everything else goes on."
    if any(not entry.is_in_place for entry in entries):
        end += " Once the reason is mended, `linekeeper redeliver` puts back what was set aside."
    return "\n\n".join([*lines[:_MOST_NAMED], " ".join([*lines[_MOST_NAMED:], end])])
