"""Answer people who come by a card's link: show them what is, and do what they ask, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from shared.clock import Clock
from shared.configuration.silences import Silence
from shared.context.declared import Declarations
from shared.incidents.closing import report_name
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    Step,
    acknowledge,
    acknowledgement_text,
    end_text,
    resolve,
    silenced,
    standing,
)
from shared.incidents.report.incident_report import write_closing_report
from shared.incidents.store import Documents, Incidents, stored_diagnosis
from shared.incidents.wording import moment
from shared.notices.answers import pages
from shared.notices.answers.details import Story
from shared.notices.answers.history import IncidentHistories
from shared.notices.answers.keyring import KeyRing
from shared.notices.answers.maintenance import MaintenanceVisit
from shared.notices.answers.pages import HOURS, Drawing, HtmlPage
from shared.notices.answers.request import FormError, LinkRequest, named_person, read_form, signed_in_person
from shared.notices.answers.signed_links import LIFETIMES, READ_ONLY, Action, Link, SignedLinks, verify
from shared.notices.cards.links import Links
from shared.notices.routing.silence import Silences, card_silence
from shared.playbooks.playbook import Playbook
from shared.races import LostRaceError, until_won
from shared.redaction import UserIds

_TRIES = 5  # each lost to another instance that wrote first
_SKEW = timedelta(minutes=5)  # of the clocks of two instances
_SAME = timedelta(minutes=1)  # a silence that ends this much sooner is the same: the second of two clicks

_DONE = {
    Action.ACKNOWLEDGE: "Acknowledged.",
    Action.SILENCE: "Silenced.",
    Action.RESOLVE: "Resolved by hand.",
}
_LATE = {
    ResponseOutcome.OVER: "This incident is over.",
    ResponseOutcome.EARLIER: "This card is of an earlier time.",
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
        if link is None:
            return pages.refused_page()
        ports = self.ports()
        if link.action is Action.MAINTENANCE:
            maintenance = MaintenanceVisit(ports.declarations(), ports.silences, request, link.incident)
            return maintenance.answer(self.signed_in(request), self.address, self.clock.now())
        visit = _Visit(self, ports, request, link)
        incident = visit.ports.incidents.get(link.incident)
        if incident is None:
            return pages.unknown_page()
        if request.method == "POST":
            return visit.act()
        if link.action is Action.PLAYBOOK:
            return visit.playbook(incident)
        return visit.report(incident) if link.action is Action.REPORT else visit.show(incident)

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

    def show(self, incident: Incident) -> HtmlPage:
        """Show what the link would do, or why it would do nothing any more."""
        outcome = standing(incident, self.link.occurrence)
        if outcome is not None:
            return self._late(200, outcome, incident)
        if self.link.action is Action.ACKNOWLEDGE and incident.acknowledgement is not None:
            return self._drawing(incident).answer(200, f"Already {acknowledgement_text(incident)}")
        # Between the card and this page stands at least the write that notes that the card was made.
        changed = incident.revision > self.link.revision + 1
        note = "The incident went on after this card was made; this is how it stands now." if changed else ""
        return self._drawing(incident).ask(self.link.action, self.request.token, self._signed_in(), note=note)

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
        links = SignedLinks(".", self.responder.ring, self.responder.clock)(incident)
        longest = LIFETIMES[self.link.action] - LIFETIMES[Action.RESOLVE]
        if self.link.expires_at - now > longest or self._signed_in() is not None:
            return links
        return replace(links, acknowledge=None, silence=None, resolve=None)

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
        who = self._signed_in() or named_person(fields)
        drawing = self._drawing(incident)
        if who is None:
            return drawing.ask(self.link.action, self.request.token, None, hint="Please give your name.")
        if self.link.action is Action.SILENCE and fields.get("hours") not in set(map(str, HOURS)):
            return drawing.ask(
                self.link.action, self.request.token, self._signed_in(), hint="Please choose for how long."
            )
        step, more = self._step(incident, who, fields)
        if step.outcome in _LATE:
            return self._late(409, step.outcome, step.incident)
        if step.outcome is ResponseOutcome.ALREADY:
            return self._drawing(step.incident).answer(200, f"Already {more}")
        return self._drawing(step.incident).answer(200, _DONE[self.link.action], more)

    def _step(self, incident: Incident, who: Person, fields: Mapping[str, str]) -> tuple[Step, str]:
        now = self.responder.clock.now()
        if self.link.action is Action.SILENCE:
            return self._silence(incident, who, timedelta(hours=int(fields["hours"])), now)
        if self.link.action is Action.RESOLVE:
            return self._resolve(incident, who, now)
        step = acknowledge(incident, self.link.occurrence, who, now)
        if step.outcome is ResponseOutcome.DONE:
            return Step(step.outcome, self.ports.incidents.save(step.incident)), f"It is yours, {who.name}."
        return step, acknowledgement_text(incident)

    def _silence(self, incident: Incident, who: Person, length: timedelta, now: datetime) -> tuple[Step, str]:
        outcome = standing(incident, self.link.occurrence)
        if outcome is not None:
            return Step(outcome, incident), ""
        silences, since = self.ports.silences(), incident.begun_at
        silence = self._silence_of_link(silences, str(who), length, now)
        until = silence.end or now + length
        for active in silences.active(now):
            is_ours = active.incident == incident.id and active.start is not None and active.start >= since
            if is_ours and active.end is not None and active.end + _SAME >= until:
                silence, until = active, active.end
        if silences.get(silence.id) != silence:
            silences.put(silence)  # before the entry about it
        step = silenced(incident, self.link.occurrence, until, silence.by, now)
        sentence = f"silenced until {moment(until)} by {silence.by}."
        if step.outcome is not ResponseOutcome.DONE:
            return step, sentence
        saved = self.ports.incidents.save(step.incident)
        return Step(step.outcome, saved), sentence[0].upper() + sentence[1:]

    def _silence_of_link(self, silences: Silences, by: str, length: timedelta, now: datetime) -> Silence:
        """Return the one silence of this link: that of its first press, ending after the longest time that was asked for."""
        mark = f"{self.link.occurrence}-{self.link.revision}-{int(self.link.expires_at.timestamp())}"
        silence = card_silence(
            self.link.incident, by, now, reason="silenced from its card", length=length, link=mark
        )
        kept = silences.get(silence.id)
        # One that begins ahead of us was made by a clock that is wrong, and would silence nothing for so long.
        if kept is None or kept.start is None or kept.end is None or kept.start > now + _SKEW:
            return silence
        until = kept.start + length
        return kept if kept.end >= until else replace(kept, end=until, by=silence.by)

    def _resolve(self, incident: Incident, who: Person, now: datetime) -> tuple[Step, str]:
        step = resolve(incident, self.link.occurrence, who, now)
        if step.outcome is not ResponseOutcome.DONE:
            return step, end_text(incident) or "resolved."
        saved = self.ports.close(step.incident, now)
        return Step(step.outcome, saved), "If new failures arrive within 24 hours, it opens again."

    def _late(self, status: int, outcome: ResponseOutcome, incident: Incident) -> HtmlPage:
        end = end_text(incident)
        if outcome is ResponseOutcome.OVER:
            more = f"It was {end}" if end else ""
        elif end:
            more = f"The incident came back after this card was made, and is over again: {end}"
        else:
            more = "The incident ended and came back after this card was made. Use the newest card in Teams."
        return self._drawing(incident).answer(status, _LATE[outcome], more)

    def _signed_in(self) -> Person | None:
        return self.responder.signed_in(self.request)

    def _drawing(self, incident: Incident) -> Drawing:
        playbook = self.ports.playbooks.get(incident.symptom)
        if playbook is None:
            return Drawing(incident, incident.symptom, self.ports.users)
        causes = {hypothesis.id: hypothesis.title for hypothesis in playbook.hypotheses}
        cause = causes.get(incident.cause or "", "")
        return Drawing(incident, playbook.title, self.ports.users, cause)
