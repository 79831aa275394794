"""Draw a diagnosis as an Adaptive Card that an engineer can act on from a phone at three in the morning."""

from dataclasses import dataclass
from datetime import datetime

from shared.configuration.severity import SeverityRules
from shared.incidents import wording
from shared.incidents.incident import Incident
from shared.incidents.wording import (
    FindingGroups,
    conclusion,
    evidence_line,
    follows_from,
    grouped,
    load_of,
    moment,
    span,
)
from shared.notices.cards import overview
from shared.notices.cards.actions import actions, resource_page
from shared.notices.cards.changes import changes, is_context
from shared.notices.cards.elements import (
    Card,
    Element,
    card_of,
    fact_set,
    fitting,
    full_name_of,
    heading,
    message,
    name_of,
    said,
    subtle,
    text_block,
    top,
)
from shared.notices.cards.figures import figures
from shared.notices.cards.links import Links
from shared.notices.cards.steps import more, steps
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Finding, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds

__all__ = ["Card", "Element", "IncidentNews", "draw", "message"]


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a card tells. Headline, numbers of the symptom, cause and its first steps stand in every one."""

    numbers: int  # how many numbers of the cause
    named: int  # how many of each kind of finding (ruled out, not examined, ...) are named
    told: int  # bytes for what each of those says that are not ruled out; 0 names it only
    steps: int  # how many steps
    step: int  # bytes for what is done in each step, and for how it is verified
    line: int  # bytes for each sentence about the symptom, the cause and what to look at next
    load: bool = False  # what the resource had to bear
    query: bool = True  # whether the logs query is linked; the link is whole or not there


# What gives way, in this order: the load, the words about what else was found, its names, numbers, late steps. The
# query goes first where it alone would be too large, and else before the steps that mend the cause.
FULL = Detail(numbers=4, named=20, told=600, steps=20, step=1_200, line=1_500, load=True)
LEVELS = (
    FULL,
    Detail(numbers=4, named=20, told=160, steps=20, step=1_200, line=1_500),
    Detail(numbers=4, named=20, told=0, steps=20, step=1_200, line=1_500),
    Detail(numbers=4, named=20, told=600, steps=20, step=1_200, line=1_500, query=False),
    Detail(numbers=4, named=20, told=160, steps=20, step=1_200, line=1_500, query=False),
    Detail(numbers=4, named=20, told=0, steps=12, step=900, line=900, query=False),
    Detail(numbers=4, named=12, told=0, steps=12, step=600, line=900, query=False),
    Detail(numbers=2, named=4, told=0, steps=5, step=400, line=700, query=False),
    Detail(numbers=0, named=2, told=0, steps=3, step=300, line=500, query=False),
)
_CONTEXT = 200  # bytes that each line about changes and declared incidents has at least


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """What a card tells of an incident beside its diagnosis: what has changed, and what its severity asks for."""

    incident: Incident
    news: str = ""
    rules: SeverityRules | None = None


def draw(
    diagnosis: Diagnosis,
    playbook: Playbook,
    *,
    severity: int | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
    next_look: datetime | None = None,
    told: IncidentNews | None = None,
) -> Card:
    """Draw the card of a diagnosis, as detailed as its message may be.

    The card is a plain Adaptive Card 1.5; `message` wraps it for Teams. `severity` is for a diagnosis that no incident
    stands behind.
    """
    shown = redact_diagnosis(diagnosis, users)
    drawing = _DiagnosisDrawing(shown, playbook, _grouped(shown), severity, links or Links(), next_look, told)
    return fitting(drawing.card(detail) for detail in LEVELS)


def _grouped(diagnosis: Diagnosis) -> FindingGroups:
    """Sort the findings for a reader; what went on around the symptom has a section of its own."""
    groups = grouped(diagnosis)

    def without(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(found for found in findings if not is_context(found))

    others = (groups.also, groups.unsettled, groups.ruled_out, groups.unexamined)
    return FindingGroups(groups.cause, *map(without, others))


@dataclass(frozen=True, slots=True)
class _DiagnosisDrawing:
    """One diagnosis, ready to be drawn at any detail."""

    diagnosis: Diagnosis
    playbook: Playbook
    groups: FindingGroups
    severity: int | None
    links: Links
    next_look: datetime | None
    told: IncidentNews | None

    def card(self, detail: Detail) -> Card:
        title = self._title()
        body = [
            *self._top(title, detail),
            *self._cause(detail),
            *steps(self._mending(), detail.steps, detail.step),
            *self._around(detail),
            *self._findings(detail),
            *self._limits(detail),
        ]
        return card_of(f"{title}. {conclusion(self.diagnosis)}", body, self._actions(detail))

    def _title(self) -> str:
        if self.told is not None:
            return overview.incident_headline(self.told.incident, self.diagnosis.title)
        return f"{wording.diagnosis_headline(self.diagnosis, self.severity)} · {name_of(self.diagnosis.resource)}"

    def _top(self, title: str, detail: Detail) -> list[Element]:
        if self.told is not None:
            sentences, facts = self.told.news, overview.known(self.told.incident)
        else:
            sentences, facts = self.diagnosis.symptom.summary, self._window()
        return [top(title, [sentences], self._style(), detail.line), *fact_set(facts)]

    def _window(self) -> list[tuple[str, str]]:
        return [
            ("Resource", full_name_of(self.diagnosis.resource)),
            ("Window", span(self.diagnosis.window)),
        ]

    def _style(self) -> str:
        if self.diagnosis.symptom.verdict is Verdict.REFUTED and self.told is None:
            return "good"
        if self.diagnosis.conclusion in {Conclusion.NO_DATA, Conclusion.FAILED}:
            return "emphasis"
        severity = self.told.incident.severity if self.told else self.severity
        return "attention" if severity is None or severity <= 1 else "warning"

    def _cause(self, detail: Detail) -> list[Element]:
        drawn = [
            text_block(said(conclusion(self.diagnosis), 400), weight="Bolder", size="Medium", separator=True)
        ]
        cause = self.groups.cause
        if cause is not None:
            drawn.append(text_block(said(cause.evidence.summary, detail.line), spacing="Small"))
            drawn.append(subtle(said(evidence_line(cause), 200)))
            drawn += fact_set(figures(cause.evidence.numbers, detail.numbers))
        if self.told is not None:
            seen = f"Examined {span(self.diagnosis.window)}: {self.diagnosis.symptom.summary}"
            drawn.append(subtle(said(seen, detail.line)))
        if cause is None or not self._mending():
            next_step = said(self.diagnosis.next_step, detail.line)
            drawn.append(text_block(f"**Look next:** {next_step}", spacing="Small"))
        return drawn + ([subtle(f"Next look: {moment(self.next_look)}")] if self.next_look else [])

    def _mending(self) -> tuple[str, ...]:
        return self.playbook.hypothesis(self.diagnosis.cause).steps if self.diagnosis.cause else ()

    def _around(self, detail: Detail) -> list[Element]:
        drawn = changes(self.diagnosis, max(detail.told, _CONTEXT))
        return drawn + (fact_set(load_of(self.diagnosis)) if detail.load else [])

    def _findings(self, detail: Detail) -> list[Element]:
        groups = self.groups
        return [
            *self._listed("Also supported", groups.also, detail, detail.told),
            *self._listed("Not settled", groups.unsettled, detail, detail.told),
            *self._listed("Ruled out", groups.ruled_out, detail, 0),
            *self._listed("Not examined", groups.unexamined, detail, 0),
        ]

    def _listed(self, words: str, findings: tuple[Finding, ...], detail: Detail, limit: int) -> list[Element]:
        if not findings:
            return []
        lines = [text_block(self._line(found, limit), spacing="Small") for found in findings[: detail.named]]
        return [heading(words), *lines, *more(len(findings) - detail.named, "finding", "in the report")]

    def _line(self, found: Finding, limit: int) -> str:
        title, origin = said(found.title, 150), follows_from(found, self.diagnosis)
        if origin:
            title += f", a consequence of: {said(origin, 150)}"
        if limit and found.evidence.summary:
            return f"**{title}**. {said(found.evidence.summary, limit)}"
        return f"• {title}"

    def _limits(self, detail: Detail) -> list[Element]:
        drawn = []
        if self.diagnosis.missing:
            tables = said(", ".join(self.diagnosis.missing), 300)
            drawn.append(text_block(f"**Tables never received:** {tables}", separator=True))
        if detail is not FULL:
            left_out = "Some details were" if detail.query else "The query's link and some details were"
            drawn.append(subtle(f"{left_out} left out to fit the message; the report has them."))
        if self.told is not None:
            drawn += closing(self.told)
        return drawn

    def _actions(self, detail: Detail) -> list[Element]:
        asked = self.groups.cause.evidence if self.groups.cause else self.diagnosis.symptom
        query = asked.query or self.diagnosis.symptom.query
        address = self.links.query(query, self.diagnosis.resource, self.diagnosis.window) if query else None
        others = {"Open the resource": resource_page(self.links, self.diagnosis.resource)}
        shown = address if detail.query else None
        return actions(self.links, others, query=shown, playbook=self.diagnosis.playbook)


def closing(told: IncidentNews) -> list[Element]:
    """Draw what ends every card of an incident: what its severity asks for, and its name."""
    asked = overview.expected(told.incident, told.rules)
    lines = [subtle(said(asked, 400))] if asked else []
    return [*lines, subtle(f"Incident {said(told.incident.id, 250)}")]
