"""Announce planned maintenance of Microsoft the day before; a silence is only proposed."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shared.context.declared import Declarations, can_be_silenced, is_due
from shared.context.event import ServiceHealthEvent
from shared.incidents.wording import moment, resource_names
from shared.isolation import Isolation, Troubles

SilenceLink = Callable[[str], str | None]  # for the tracking id; None where links cannot be made


class MaintenanceAnnouncer(Protocol):
    """Sends notices that belong to no incident, with a link that silences."""

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        at: datetime,
        link: str | None = None,
        *,
        silence: str | None = None,
    ) -> None:
        """Write a notice durably; a second call with the same key changes nothing."""
        ...


def announce_maintenance(
    declarations: Declarations,
    announcer: MaintenanceAnnouncer,
    silence_link: SilenceLink,
    now: datetime,
    troubles: Troubles | None = None,
) -> tuple[ServiceHealthEvent, ...]:
    """Announce each maintenance that begins within a day, once for each time that it is set for; return those that are due."""
    events = declarations.events.all() if declarations.events else ()
    due = tuple(event for event in events if is_due(event, now))
    isolation = Isolation("planned maintenance", troubles)
    for event in due:
        with isolation.item(event.tracking_id):
            _announce(event, declarations, announcer, silence_link, now)
    isolation.end()
    return due


def _announce(
    event: ServiceHealthEvent,
    declarations: Declarations,
    announcer: MaintenanceAnnouncer,
    silence_link: SilenceLink,
    now: datetime,
) -> None:
    resources = declarations.resources_of(event)
    if resources and event.start is not None:
        silence = silence_link(event.tracking_id) if can_be_silenced(event) else None
        key = f"maintenance {event.tracking_id} {event.start:%Y%m%dT%H%M%SZ}"
        text = _text(event, resources, has_silence=silence is not None)
        title = f"Planned maintenance {event.tracking_id}"
        announcer.announce(key, title, text, now, event.link or None, silence=silence)


def _text(event: ServiceHealthEvent, resources: tuple[str, ...], *, has_silence: bool) -> str:
    until = f" to {moment(event.end)}" if event.end else ", with no planned end"
    begin = f"from {moment(event.start)}" if event.start else ""
    advice = "Nothing is silenced by this notice."
    if has_silence:
        advice += " The link Silence keeps the cards of these resources back for that time, if you say so."
    return f"{event.name}: {event.title}\n\nPlanned {begin}{until}.\n\nWatched here: {resource_names(resources)}.\n\n{advice}"
