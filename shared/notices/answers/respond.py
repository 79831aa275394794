"""Answer people who come by a card's link: show them what is, and do what they ask, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from shared.clock import Clock
from shared.context.declared import Declarations
from shared.incidents.closing import report_name
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.respond import Person, ResponseOutcome, Step, end_text
from shared.incidents.lifecycle.standing import holder_line
from shared.incidents.report.incident_report import write_closing_report
from shared.incidents.store import Documents, Incidents, stored_diagnosis
from shared.notices.answers import pages
from shared.notices.answers.acting import DONE, Acting, may_reopen
from shared.notices.answers.details import Story
from shared.notices.answers.history import IncidentHistories
from shared.notices.answers.keyring import KeyRing
from shared.notices.answers.maintenance import MaintenanceVisit
from shared.notices.answers.name_cookie import name_cookie, remembered_name
from shared.notices.answers.pages import HOURS, Drawing, HtmlPage, Offer, Offers
from shared.notices.answers.request import FormError, LinkRequest, named_person, read_form, signed_in_person
from shared.notices.answers.signed_links import (
    LIFETIMES,
    READ_ONLY,
    Action,
    Link,
    SignedLinks,
    derived,
    sign,
    verify,
)
from shared.notices.cards.links import Links
from shared.notices.routing.silence import Silences
from shared.playbooks.playbook import Playbook
from shared.races import LostRaceError, until_won
from shared.redaction import UserIds

_TRIES = 5  # each lost to another instance that wrote first

_LATE = {
    ResponseOutcome.OVER: "This incident is over.",
    ResponseOutcome.EARLIER: "This card is of an earlier time.",
    ResponseOutcome.CHANGED: "Somebody was faster.",
}
# What the page of an action offers once that is done, which takes it back, and where it was done before.
_UNDO = {
    Action.ACKNOWLEDGE: (Action.GIVE_BACK,),
    Action.TAKE_OVER: (Action.GIVE_BACK,),
    Action.GIVE_BACK: (Action.ACKNOWLEDGE,),
    Action.SILENCE: (Action.END_SILENCE,),
    Action.RESOLVE: (Action.REOPEN,),
}
_INSTEAD = {
    Action.ACKNOWLEDGE: (Action.TAKE_OVER, Action.GIVE_BACK),
    Action.GIVE_BACK: (Action.ACKNOWLEDGE,),
    Action.SILENCE: (Action.END_SILENCE,),
    Action.RESOLVE: (Action.REOPEN,),
}


@dataclass(frozen=True, slots=True)
class AnswerPorts:
    """Dependencies of the answers to good links; what few of them need is built when they do.

    Attributes:
        close: stores an incident that has ended, its report first, and returns it as it then is.
    """

    incidents: Incidents
    playbooks: Mapping[str, Playbook]
    users: UserIds
    documents: Callable[[], Documents]
    silences: Callable[[], Silences]
    declarations: Callable[[], Declarations]
    histories: Callable[[], IncidentHistories]
    close: Callable[[Incident, datetime], Incident]


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers people who come by a link; `address` is where the app's HTTP functions are reached."""

    ring: KeyRing
    ports: Callable[[], AnswerPorts]
    clock: Clock
    address: str | None = None
    is_authenticated: bool = False  # by App Service, before a request reaches us

    def receive(self, request: LinkRequest) -> HtmlPage:
        """Answer one request; whatever is not POST changes nothing.

        Raises:
            LinekeeperError: a store does not answer.
        """
        link = verify(request.token, self.ring, self.clock.now())
        if link is None or link.action is Action.BOARD:
            return pages.refused_page()
        ports = self.ports()
        if link.action is Action.MAINTENANCE:
            return self._maintained(ports, request, link.incident)
        visit = _Visit(self, ports, request, link)
        incident = visit.ports.incidents.get(link.incident)
        if incident is None:
            return pages.unknown_page()
        if request.method == "POST":
            return visit.act()
        if link.action is Action.PLAYBOOK:
            return visit.playbook(incident)
        return visit.report(incident) if link.action is Action.REPORT else visit.show(incident)

    def _maintained(self, ports: AnswerPorts, request: LinkRequest, tracking_id: str) -> HtmlPage:
        now = self.clock.now()
        name = remembered_name(request, self.ring, now)
        visit = MaintenanceVisit(ports.declarations(), ports.silences, request, tracking_id, name)
        return visit.answer(self.signed_in(request), self.address, now)

    def remembering(self, page: HtmlPage, who: Person) -> HtmlPage:
        """Return a page that makes its device remember the name of whoever answered."""
        cookie = name_cookie(who.name, self.ring.newest(), self.address, self.clock.now())
        return replace(page, headers={**page.headers, "Set-Cookie": cookie})

    def signed_in(self, request: LinkRequest) -> Person | None:
        """Return the person whom App Service signed in, where it does."""
        return signed_in_person(request.headers, is_authenticated=self.is_authenticated)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request by a link that is good."""

    responder: Responder
    ports: AnswerPorts
    request: LinkRequest
    link: Link
    name: str = ""  # that the form gave

    def show(self, incident: Incident) -> HtmlPage:
        """Show what the link would do, or why it would do nothing any more."""
        outcome = self._acting().outlook(incident, self.responder.clock.now())
        if outcome in _LATE:
            return self._late(200, outcome, incident)
        if outcome is ResponseOutcome.ALREADY:
            return self._already(incident, self._acting().already(incident))
        # Between the card and this page stands at least the write that notes that the card was made.
        changed = incident.revision > self.link.revision + 1
        note = "The incident went on after this card was made; this is how it stands now." if changed else ""
        return self._asked(incident, note=note)

    def report(self, incident: Incident) -> HtmlPage:
        """Show an incident as it stands or stood, with its report on the same page."""
        documents, now = self.ports.documents(), self.responder.clock.now()
        report = None if incident.is_open else documents.get(report_name(incident))
        playbook = self.ports.playbooks.get(incident.symptom)
        diagnosis = stored_diagnosis(documents, incident)
        if report is None and playbook is not None:  # None for a playbook of another version of ours
            report = write_closing_report(incident, playbook, diagnosis=diagnosis, users=self.ports.users)
        story = Story(
            incident,
            playbook.title if playbook else incident.symptom,
            self.ports.histories().of(incident, diagnosis, now),
            report or "",
            now,
            playbook=playbook,
            diagnosis=diagnosis,
            links=self._links(incident, now),
            users=self.ports.users,
        )
        return story.page()

    def _links(self, incident: Incident, now: datetime) -> Links:
        """Return the links of the page: those that act only for as long as those of its card, or to who is signed in."""
        is_signed_in = self._signed_in() is not None
        page_link = None if is_signed_in else self.link
        links = SignedLinks(".", self.responder.ring, self.responder.clock, page_link=page_link)(incident)
        longest = LIFETIMES[self.link.action] - LIFETIMES[Action.RESOLVE]
        if self.link.expires_at - now > longest or is_signed_in:
            return links
        return Links(playbook_page=links.playbook_page, report=links.report)

    def playbook(self, incident: Incident) -> HtmlPage:
        """Show the playbook of an incident, and on top where its cause is mended."""
        playbook = self.ports.playbooks.get(incident.symptom)
        if playbook is None:  # of a version of ours that knew it
            return self._drawing(incident).answer(404, "There is no playbook of this incident any more.")
        steps = next((each.steps for each in playbook.hypotheses if each.id == incident.cause), ())
        return self._drawing(incident).playbook(playbook.text, steps)

    def act(self) -> HtmlPage:
        """Do what was asked, and say what became of it; another instance that writes first is read again."""
        if self.link.action in READ_ONLY:
            heading = f"A {self.link.action} can only be read."
            return pages.plain_page(405, heading, "Nothing was changed.", {"Allow": "GET, HEAD"})
        try:
            fields = read_form(self.request, self.responder.address)
        except FormError as error:
            return pages.plain_page(error.status, "Nothing was changed.", error.message)
        try:
            return until_won(partial(self._act_once, fields), tries=_TRIES)
        except LostRaceError:
            return pages.busy_page()

    def _act_once(self, fields: Mapping[str, str]) -> HtmlPage:
        incident = self.ports.incidents.get(self.link.incident)
        return pages.unknown_page() if incident is None else self._act_on(incident, fields)

    def _act_on(self, incident: Incident, fields: Mapping[str, str]) -> HtmlPage:
        given = named_person(fields)
        who = self._signed_in() or given
        if who is None:
            return self._asked(incident, hint="Please give your name.")
        if self.link.action is Action.SILENCE and fields.get("hours") not in set(map(str, HOURS)):
            return self._asked(incident, hint="Please choose for how long.")
        step, more = self._acting().act(incident, who, fields, self.responder.clock.now())
        named = replace(self, name=who.name)
        page = named._answered(step, more)  # noqa: SLF001  # its own class
        return page if who.verified else self.responder.remembering(page, who)

    def _answered(self, step: Step, more: str) -> HtmlPage:
        if step.outcome in _LATE:
            return self._late(409, step.outcome, step.incident)
        if step.outcome is ResponseOutcome.ALREADY:
            return self._already(step.incident, more)
        offers = self._offers(step.incident, _UNDO.get(self.link.action, ()))
        return self._drawing(step.incident).answer(200, DONE[self.link.action], more, offers)

    def _already(self, incident: Incident, text: str) -> HtmlPage:
        wanted = _INSTEAD.get(self.link.action, ()) if self._is_still_so(incident) else ()
        return self._drawing(incident).answer(200, f"Already {text}", offers=self._offers(incident, wanted))

    def _is_still_so(self, incident: Incident) -> bool:
        is_held = self.link.action is not Action.ACKNOWLEDGE or incident.acknowledgement is not None
        return is_held and (incident.is_open or may_reopen(incident))

    def _asked(self, incident: Incident, *, hint: str = "", note: str = "") -> HtmlPage:
        # What depends on who has it names the revision that is shown here.
        is_fresh = self.link.action in {Action.TAKE_OVER, Action.GIVE_BACK}
        token = self._token(self.link.action, incident) if is_fresh else self.request.token
        return self._drawing(incident).ask(
            self.link.action, token, self._signed_in(), hint=hint, note=note, name=self._known_name()
        )

    def _offers(self, incident: Incident, actions: Sequence[Action]) -> Offers:
        shown = [Offer(action, self._token(action, incident)) for action in actions]
        return Offers(shown, self._signed_in(), self._known_name())

    def _token(self, action: Action, incident: Incident) -> str:
        link = derived(self.link, action, incident, self.responder.clock.now())
        return sign(link, self.responder.ring.newest())

    def _known_name(self) -> str:
        return self.name or remembered_name(self.request, self.responder.ring, self.responder.clock.now())

    def _late(self, status: int, outcome: ResponseOutcome, incident: Incident) -> HtmlPage:
        end = end_text(incident)
        if outcome is ResponseOutcome.OVER:
            more = f"It was {end}" if end else ""
        elif end:
            more = f"The incident came back after this card was made, and is over again: {end}"
        else:
            more = "The incident ended and came back after this card was made. Use the newest card in Teams."
        wanted: tuple[Action, ...] = ()
        if outcome is ResponseOutcome.CHANGED:
            more, wanted = f"{holder_line(incident)}.", (self.link.action,)
        elif outcome is ResponseOutcome.OVER and may_reopen(incident):
            wanted = (Action.REOPEN,)
        offers = self._offers(incident, wanted)
        return self._drawing(incident).answer(status, _LATE[outcome], more, offers)

    def _acting(self) -> Acting:
        return Acting(self.link, self.ports.incidents, self.ports.silences, self.ports.close)

    def _signed_in(self) -> Person | None:
        return self.responder.signed_in(self.request)

    def _drawing(self, incident: Incident) -> Drawing:
        playbook = self.ports.playbooks.get(incident.symptom)
        if playbook is None:
            return Drawing(incident, incident.symptom, self.ports.users)
        causes = {hypothesis.id: hypothesis.title for hypothesis in playbook.hypotheses}
        cause = causes.get(incident.cause or "", "")
        return Drawing(incident, playbook.title, self.ports.users, cause)
