"""Draw a milestone of an incident as an Adaptive Card: what changed, the numbers, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Ending, Incident, Milestone
from shared.incidents.lifecycle.escalate import call_text
from shared.incidents.lifecycle.sentences import lowered, rise
from shared.incidents.wording import moment
from shared.notices.cards import overview
from shared.notices.cards.actions import actions, resource_page
from shared.notices.cards.changes import declared_lines
from shared.notices.cards.diagnosis_card import IncidentNews, draw_diagnosis, footer
from shared.notices.cards.elements import (
    Card,
    Element,
    anonymize,
    card_of,
    fact_set,
    first_fitting,
    heading,
    headline_block,
    safe_text,
    subtle_block,
    text_block,
)
from shared.notices.cards.links import Links
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook, RootCause
from shared.redaction import UserIds, redact
from shared.signals.tries import CANARY

_ENDINGS = {
    Ending.HELD: "Resolved: 30 minutes within objective.",
    Ending.UNCONFIRMED: "Closed as unconfirmed: for 24 hours there were too few events to tell whether it is over. "
    'This is not "healthy".',
    Ending.BY_HAND: "Resolved by hand.",
    Ending.ALERTS_OVER: "Resolved: every alert is resolved, and none came for 30 minutes. No count of ours confirms it.",
}
_CHANGES = {
    Milestone.REOPENED: "The failure came back within 24 hours of its end; its incident is open again.",
    Milestone.FLAPPING: "It keeps coming back: this is its third return within six hours, or a later one. Further returns "
    "join this incident without a card, until it has been quiet for an hour.",
    Milestone.CAUSE_FOUND: "The cause is found.",
    Milestone.GIVEN_UP: "The last planned look found no cause.",
    Milestone.DECLARED: "Microsoft declared an incident that may be the cause; the diagnosis goes on.",
}
_SIGNALS = (20, 8, 3, 0)  # how many are shown; how they give way
_PARAGRAPHS = 6  # of an announcement; more than these follow in the last
_PARAGRAPH_BYTES = 2_500


def draw_milestone(
    incident: Incident,
    milestone: Milestone,
    *,
    playbook: Playbook | None = None,
    diagnosis: Diagnosis | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
    rules: SeverityRules | None = None,
    normals: Mapping[str, str] | None = None,
) -> Card:
    """Draw the card of a milestone; a cause, or that none was found, is drawn from its diagnosis where there is one."""
    news = IncidentNews(incident, change_sentence(incident, milestone), rules, normals or {})
    if diagnosis is not None and playbook is not None and _is_about(diagnosis, incident, milestone):
        return draw_diagnosis(
            diagnosis, playbook, links=links, users=users, next_look=incident.next_diagnosis_at, news=news
        )
    drawing = _MilestoneDrawing(news, milestone, playbook, links or Links(), users or UserIds())
    return first_fitting(drawing.card(most) for most in _SIGNALS)


def draw_announcement(title: str, text: str, link: str | None = None, silence: str | None = None) -> Card:
    """Draw a notice which no incident stands behind, such as an alert that fits none.

    Empty lines part its paragraphs; `link` leads to what it is about, in Azure, and `silence` to where it is silenced.
    """
    # Redacted whole: a secret may go on in the next paragraph.
    whole = redact(text)
    paragraphs = [paragraph for paragraph in whole.split("\n\n", _PARAGRAPHS - 1) if paragraph.strip()]
    body = [
        headline_block(title, [], "emphasis"),
        *(text_block(safe_text(paragraph, _PARAGRAPH_BYTES)) for paragraph in paragraphs),
    ]
    return first_fitting([card_of(title, body, actions(Links(silence=silence), {"Open in Azure": link}))])


def change_sentence(incident: Incident, milestone: Milestone) -> str:
    """Say what has changed, in a sentence or two."""
    if milestone is Milestone.RESOLVED and incident.ending:
        return _ENDINGS[incident.ending]
    if milestone is Milestone.OPENED and incident.released_from:
        return f"It is a consequence of {incident.released_from}, which has ended; this one goes on."
    if milestone is Milestone.OPENED:
        before = f" It follows {incident.follows}." if incident.follows else ""
        return f"New incident.{before}{lowered(incident)}"
    if milestone is Milestone.WORSE:
        return f"Severity raised {rise(incident)}."
    if milestone is Milestone.ESCALATED:
        call = call_text(incident.unanswered) if incident.unanswered else "nobody acknowledged it"
        return f"It needs somebody: {call}."
    is_correction = milestone is Milestone.CORRECTED
    change = _correction(incident) if is_correction else _CHANGES.get(milestone, f"{milestone}.")
    if milestone is Milestone.DECLARED:
        change += lowered(incident)
    tried = incident.signals.get(CANARY.id) if milestone is Milestone.GIVEN_UP else None
    return f"{change} Our own tries: {tried}." if tried else change


def _correction(incident: Incident) -> str:
    """Retract the cause that an earlier card named."""
    told_at = incident.retracted_cause_at
    earlier = f" of {told_at.astimezone(UTC):%H:%M} UTC" if told_at else ""
    return (
        f"The cause is another one: this corrects the card{earlier}, which named {incident.retracted_cause}."
    )


def _is_about(diagnosis: Diagnosis, incident: Incident, milestone: Milestone) -> bool:
    if milestone in {Milestone.CAUSE_FOUND, Milestone.CORRECTED}:
        return diagnosis.cause is not None and diagnosis.cause == incident.cause
    return milestone is Milestone.GIVEN_UP and diagnosis.cause is None


@dataclass(frozen=True, slots=True)
class _MilestoneDrawing:
    news: IncidentNews
    milestone: Milestone
    playbook: Playbook | None
    links: Links
    users: UserIds

    def card(self, most: int) -> Card:
        incident = self.news.incident
        title = overview.incident_headline(
            incident, self.playbook.title if self.playbook else incident.symptom
        )
        sentence = anonymize(self.news.change, self.users)
        facts = overview.closed_facts(incident) if self._is_over() else overview.open_facts(incident)
        body = [
            headline_block(title, [sentence], self._style()),
            *fact_set(facts),
            *declared_lines(incident),
            *self._next(),
            *self._signals(most),
            *footer(self.news),
        ]
        return card_of(f"{title}. {sentence}", body, self._actions())

    def _is_over(self) -> bool:
        return self.milestone is Milestone.RESOLVED

    def _style(self) -> str:
        if self._is_over():
            return "emphasis" if self.news.incident.ending is Ending.UNCONFIRMED else "good"
        return "attention" if self.news.incident.severity <= 1 else "warning"

    def _signals(self, most: int) -> list[Element]:
        if not most or self._is_over():
            return []
        lines = list(self.news.incident.signals.items())[:most]
        elements = [block for name, text in lines for block in self._signal(name, text)]
        return [heading("What breaks its objective"), *elements]

    def _signal(self, name: str, text: str) -> list[Element]:
        title = name.replace("-", " ").capitalize() if name.islower() and " " not in name else name
        numbers = safe_text(text, 400, self.users)
        line = text_block(f"**{safe_text(title, 80, self.users)}**: {numbers}", spacing="Small")
        normal = self.news.normals.get(name)
        return [line, subtle_block(safe_text(normal, 300))] if normal else [line]

    def _next(self) -> list[Element]:
        incident = self.news.incident
        elements = [text_block(safe_text(self._cause(), 400), weight="Bolder", size="Medium", separator=True)]
        if incident.joined_to:
            elements.append(
                text_block(f"A consequence of {safe_text(incident.joined_to, 200)}", spacing="Small")
            )
        if incident.next_diagnosis_at is not None and not self._is_over():
            elements.append(subtle_block(f"Next look: {moment(incident.next_diagnosis_at)}"))
        return elements

    def _cause(self) -> str:
        incident = self.news.incident
        if incident.cause:
            bucket = self.playbook.root_cause_of(incident.cause) if self.playbook else RootCause.UNKNOWN
            return f"Cause: {self._title_of(incident.cause)} ({bucket})"
        is_final = self.milestone in {Milestone.RESOLVED, Milestone.GIVEN_UP}
        return "Cause not found." if is_final else "Cause not yet known."

    def _title_of(self, cause: str) -> str:
        hypotheses = self.playbook.hypotheses if self.playbook else ()
        return next((hypothesis.title for hypothesis in hypotheses if hypothesis.id == cause), cause)

    def _actions(self) -> list[Element]:
        incident = self.news.incident
        places = {"Open the resource": resource_page(self.links, incident.resource)}
        return actions(self.links, places, playbook=incident.symptom)
