"""What is normal in the minutes of each signal, as it was learned and is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.objectives.sequential.normal import Normal

KEPT = timedelta(days=14)  # a normal that was not learned again for so long is deleted


@dataclass(frozen=True, slots=True)
class LearnedNormal:
    """What is normal in the minutes of one signal of one resource."""

    resource: str  # ARM id in lower case
    signal: str
    normal: Normal

    @property
    def is_learning(self) -> bool:
        """Tell whether minutes are counted, and not for long enough yet."""
        return self.normal.known_from is not None and self.normal.learning


class LearnedNormals(Protocol):
    """The learned normals of all resources. Every call is safe to repeat; of two writers the later one stays."""

    def all(self) -> Sequence[LearnedNormal]:
        """Return the normals of all resources."""
        ...

    def of(self, resource: str) -> Sequence[LearnedNormal]:
        """Return the normals of one resource."""
        ...

    def keep(self, normals: Sequence[LearnedNormal]) -> None:
        """Store the normals of one resource, each in the place of an earlier one of its signal."""
        ...

    def forget(self, before: datetime) -> None:
        """Delete some of the normals that were learned before a moment; called again, more of them."""
        ...


def by_resource(learned: Sequence[LearnedNormal]) -> Mapping[str, list[LearnedNormal]]:
    """Return the normals by resource."""
    normals: dict[str, list[LearnedNormal]] = {}
    for each in learned:
        normals.setdefault(each.resource, []).append(each)
    return normals


def by_signal(learned: Sequence[LearnedNormal], resource: str) -> Mapping[str, Normal]:
    """Return the normals of a resource by signal."""
    return {each.signal: each.normal for each in learned if each.resource == resource}
