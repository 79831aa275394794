"""Answer people who come by the link of a planned maintenance: it is silenced only if they say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.context.declared import Declarations, can_be_silenced
from shared.context.event import DeclaredKind, ServiceHealthEvent
from shared.incidents.lifecycle.respond import Person
from shared.incidents.wording import moment, resource_names
from shared.notices.answers.pages import HtmlPage, maintenance_page, plain_page
from shared.notices.answers.request import FormError, LinkRequest, named_person, read_form
from shared.notices.routing.silence import Silences, maintenance_silence


@dataclass(frozen=True, slots=True)
class MaintenanceVisit:
    """One request by the link of a planned maintenance."""

    declarations: Declarations
    silences: Callable[[], Silences]
    request: LinkRequest
    tracking_id: str
    name: str = ""  # that this device remembers

    def answer(self, person: Person | None, address: str | None, now: datetime) -> HtmlPage:
        """Show what would be silenced and when; a POST silences it, and the same again changes nothing."""
        event = self.declarations.events.get(self.tracking_id) if self.declarations.events else None
        if (
            event is None
            or event.kind is not DeclaredKind.PLANNED
            or event.start is None
            or event.end is None
            or not can_be_silenced(event)
        ):
            return plain_page(
                404,
                "There is no such maintenance.",
                "It is not kept any more, has no times, or lasts longer than a day.",
            )
        resources = self.declarations.resources_of(event)
        if not event.is_active or event.end <= now or not resources:
            return plain_page(
                409, "There is nothing to silence.", f"{event.name} is over, or was called off."
            )
        if self.request.method != "POST":
            return self._asked(event, resources, person)
        try:
            fields = read_form(self.request, address)
        except FormError as error:
            return plain_page(error.status, "Nothing was changed.", error.message)
        who = person or named_person(fields)
        if who is None:
            return self._asked(event, resources, person, hint="Please give your name.")
        by = str(who)
        silence = maintenance_silence(event.tracking_id, resources, by, start=event.start, end=event.end)
        self.silences().add(silence)
        heading = f"Silenced from {moment(event.start)} to {moment(event.end)}."
        return plain_page(
            200, heading, "The watch goes on, and a digest tells afterwards what was kept back."
        )

    def _asked(
        self, event: ServiceHealthEvent, resources: Sequence[str], person: Person | None, hint: str = ""
    ) -> HtmlPage:
        assert event.start is not None
        assert event.end is not None
        facts = [
            ("Maintenance", event.name),
            ("Microsoft says", event.title),
            ("From", moment(event.start)),
            ("To", moment(event.end)),
            ("Silences", resource_names(resources)),
        ]
        return maintenance_page(facts, self.request.token, person, hint, self.name)
