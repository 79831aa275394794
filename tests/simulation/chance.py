"""Every decision of a run, drawn from its seed alone: the same point of the same seed is always decided in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_MOST = 2**64


class Decision(StrEnum):
    """What may be decided at a request."""

    SWITCH = "another task goes on"
    BUSY = "the service is busy"
    NOT_SENT = "it is not sent, and tried again"
    REFUSED = "it is not sent, and no further try is"
    LOST = "its answer is lost, and that of every further try"
    LOST_ONCE = "its answer is lost, and it is tried again"
    LATE = "its answer is late"
    SLOW = "it arrives late"
    GHOST = "it is given up, and arrives later"
    DOUBLED = "it arrives twice"
    OUTAGE = "the service fails from here on"
    DEATH = "the host dies"
    STALL = "the host stands still"
    AGAIN = "a message shows again"
    CLOCK = "a clock jumps"
    GARBLED = "a row is garbled"
    FILE = "a file of the configuration is broken"


# How often at most, of all requests, where a seed has it at all.
_SHARES = {
    Decision.SWITCH: 0.8,
    Decision.BUSY: 0.06,
    Decision.NOT_SENT: 0.06,
    Decision.REFUSED: 0.03,
    Decision.LOST: 0.03,
    Decision.LOST_ONCE: 0.06,
    Decision.LATE: 0.1,
    Decision.SLOW: 0.1,
    Decision.GHOST: 0.03,
    Decision.DOUBLED: 0.06,
    Decision.OUTAGE: 0.01,
    Decision.DEATH: 0.03,
    Decision.STALL: 0.05,
    Decision.AGAIN: 0.03,
    Decision.CLOCK: 0.01,
    Decision.GARBLED: 0.005,
    Decision.FILE: 0.005,
}
_HAVE = 0.3  # of all seeds have a kind of fault


@dataclass
class Chance:
    """Draws the decisions of one seed; with `allowed`, only these are made and all others are as if nothing happened."""

    seed: int
    allowed: frozenset[str] | None = None
    made: list[str] = field(default_factory=list)
    is_calm: bool = False

    def __post_init__(self) -> None:
        """Draw which faults this seed has, and how many."""
        self.shares = {
            decision: share * self.number(f"{decision} how often") ** 2
            for decision, share in _SHARES.items()
            if self.number(f"{decision} at all") < (0.8 if decision is Decision.SWITCH else _HAVE)
        }

    def number(self, key: str) -> float:
        """Return a number from 0 to 1 that belongs to a key."""
        digest = blake2b(f"{self.seed} {key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / _MOST

    def between(self, key: str, low: float, high: float) -> float:
        """Return a number between two others that belongs to a key."""
        return low + (high - low) * self.number(key)

    def one_of(self, key: str, items: Sequence[_T]) -> _T:
        """Return one of several, which belongs to a key."""
        return items[int(self.number(key) * len(items))]

    def decides(self, decision: Decision, key: str) -> bool:
        """Tell whether something happens at a point, and remember it."""
        share = self.shares.get(decision, 0.0)
        if self.is_calm or not share:
            return False
        name = f"{key}: {decision}"
        if self.number(name) >= share or (self.allowed is not None and name not in self.allowed):
            return False
        self.made.append(name)
        return True

    def has(self, part: str, share: float) -> bool:
        """Tell whether a part of the story happens, and remember it; it may be dropped as decisions may."""
        if self.number(part) >= share or (self.allowed is not None and part not in self.allowed):
            return False
        self.made.append(part)
        return True
