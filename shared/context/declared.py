"""What Microsoft declared, as it is kept, and which of it is about a line or about what the line depends on."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.context.event import DeclaredKind, ServiceHealthEvent
from shared.context.service_health import Use, is_placed, narrowed

KEPT = timedelta(days=30)  # since it was last read; Azure moves what is over to its history after some days
PLANNED_FOR = timedelta(days=1)  # so long before it begins a maintenance is announced
LONGEST_SILENCE = timedelta(days=1)  # a maintenance that lasts longer is not silenced as a whole


class DeclaredEvents(Protocol):
    """The events that were read. Every call is safe to repeat."""

    def keep(self, events: Sequence[ServiceHealthEvent], now: datetime) -> None:
        """Store each event in the place of what was kept of it."""
        ...

    def all(self) -> Sequence[ServiceHealthEvent]:
        """Return every event that is kept and can be read."""
        ...

    def get(self, tracking_id: str) -> ServiceHealthEvent | None:
        """Return one event; None where none is kept under this id, in whatever case it is written."""
        ...

    def forget(self, before: datetime) -> None:
        """Delete the events that were last read before a moment."""
        ...


@dataclass(frozen=True, slots=True)
class LineUses:
    """What a line is, and what it depends on."""

    own: tuple[Use, ...]
    around: tuple[Use, ...] = ()
    resources: tuple[str, ...] = ()  # ids in lower case of its dependencies


@dataclass(frozen=True, slots=True)
class Concern:
    """An event that is about a line, or only about what it depends on."""

    event: ServiceHealthEvent
    is_own: bool
    is_placed: bool = (
        True  # False for an event of one region about a service that has none: it may be elsewhere
    )


def _nothing() -> Mapping[str, LineUses]:
    return {}


@dataclass(frozen=True, slots=True)
class Declarations:
    """Tells what is declared about each watched resource; it asks the store only, never Azure.

    Attributes:
        uses: returns what each watched resource uses, by its id.
    """

    events: DeclaredEvents | None = None  # None where nothing is read
    uses: Callable[[], Mapping[str, LineUses]] = field(default=_nothing)

    def about(self, resource: str) -> tuple[Concern, ...]:
        """Return the events that are about a resource, those of its own service first."""
        return self.about_each((resource,))[resource]

    def about_each(self, resources: Collection[str]) -> Mapping[str, tuple[Concern, ...]]:
        """Return the same for each of several resources; what is stored is read once for all of them."""
        events = self.events.all() if self.events and resources else ()
        uses = self.uses() if events else {}
        return {
            resource: concerns(events, resource, uses[resource]) if resource in uses else ()
            for resource in resources
        }

    def resources_of(self, event: ServiceHealthEvent) -> tuple[str, ...]:
        """Return the watched resources whose own service an event is about, in their region."""
        return tuple(
            resource
            for resource, uses in self.uses().items()
            if narrowed(event, uses.own, (resource,)) is not None
        )


def concerns(events: Iterable[ServiceHealthEvent], resource: str, uses: LineUses) -> tuple[Concern, ...]:
    """Return the events that are about a resource, each with only what is about it; those of its own service first."""
    own: list[Concern] = []
    around: list[Concern] = []
    for event in events:
        if part := narrowed(event, uses.own, (resource,)):
            own.append(Concern(part, is_own=True, is_placed=is_placed(part, uses.own, (resource,))))
        elif part := narrowed(event, uses.around, uses.resources):
            around.append(Concern(part, is_own=False))
    return (*own, *around)


def is_due(event: ServiceHealthEvent, now: datetime) -> bool:
    """Tell whether a planned maintenance begins within a day, so that people should know."""
    is_planned = event.kind is DeclaredKind.PLANNED and event.is_active
    return is_planned and event.start is not None and now < event.start <= now + PLANNED_FOR


def can_be_silenced(event: ServiceHealthEvent) -> bool:
    """Tell whether a maintenance has a beginning and an end, and is not too long to be silenced as a whole."""
    return event.start is not None and event.end is not None and event.end - event.start <= LONGEST_SILENCE
