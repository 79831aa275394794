"""Draw a diagnosis as an Adaptive Card that an engineer can act on from a phone at three in the morning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    hole_lines,
    load_of,
    moment,
    span,
    unexplained_heading,
    unexplained_lines,
)
from shared.notices.cards import overview
from shared.notices.cards.actions import actions, resource_page
from shared.notices.cards.changes import changes, declared_lines, is_context
from shared.notices.cards.elements import (
    Card,
    Element,
    card_of,
    fact_set,
    first_fitting,
    full_name_of,
    heading,
    headline_block,
    name_of,
    safe_text,
    subtle_block,
    text_block,
)
from shared.notices.cards.figures import figures
from shared.notices.cards.links import Links
from shared.notices.cards.steps import more_line, steps
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Finding, Verdict
from shared.playbooks.playbook import NumberTitle, Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a card shows. Headline, numbers of the symptom, cause and its first steps stand in every one."""

    numbers: int  # how many numbers of the cause
    names: int  # how many of each kind of finding (ruled out, not examined, ...)
    summary_bytes: int  # for the summary of each finding that is not ruled out; 0 shows its name only
    steps: int  # how many steps
    step_bytes: int  # for what is done in each step, and again for how it is verified
    line_bytes: int  # for each sentence about the symptom, the cause and what to look at next
    load: bool = False  # what the resource had to bear
    query: bool = True  # whether the logs query is linked; the link is whole or not there


# What gives way, in this order: the load, the words about what else was found, its names, numbers, late steps. The
# query goes first where it alone would be too large, and else before the steps that mend the cause.
FULL = Detail(numbers=4, names=20, summary_bytes=600, steps=20, step_bytes=1_200, line_bytes=1_500, load=True)
LEVELS = (
    FULL,
    Detail(numbers=4, names=20, summary_bytes=160, steps=20, step_bytes=1_200, line_bytes=1_500),
    Detail(numbers=4, names=20, summary_bytes=0, steps=20, step_bytes=1_200, line_bytes=1_500),
    Detail(numbers=4, names=20, summary_bytes=600, steps=20, step_bytes=1_200, line_bytes=1_500, query=False),
    Detail(numbers=4, names=20, summary_bytes=160, steps=20, step_bytes=1_200, line_bytes=1_500, query=False),
    Detail(numbers=4, names=20, summary_bytes=0, steps=12, step_bytes=900, line_bytes=900, query=False),
    Detail(numbers=4, names=12, summary_bytes=0, steps=12, step_bytes=600, line_bytes=900, query=False),
    Detail(numbers=2, names=4, summary_bytes=0, steps=5, step_bytes=400, line_bytes=700, query=False),
    Detail(numbers=0, names=2, summary_bytes=0, steps=3, step_bytes=300, line_bytes=500, query=False),
)
_CONTEXT_BYTES = 200  # that each line about changes and declared incidents has at least


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """What a card shows of an incident beside its diagnosis: what has changed, and what its severity asks for."""

    incident: Incident
    change: str = ""
    rules: SeverityRules | None = None
    normals: Mapping[str, str] = field(default_factory=dict)  # what is usual for each broken signal


def draw_diagnosis(
    diagnosis: Diagnosis,
    playbook: Playbook,
    *,
    severity: int | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
    next_look: datetime | None = None,
    news: IncidentNews | None = None,
) -> Card:
    """Draw the card of a diagnosis, as detailed as its message may be.

    The card is a plain Adaptive Card 1.5; `message` wraps it for Teams. `severity` is for a diagnosis that no incident
    stands behind.
    """
    diagnosis = redact_diagnosis(diagnosis, users)
    drawing = _DiagnosisDrawing(
        diagnosis, playbook, _groups(diagnosis), severity, links or Links(), next_look, news
    )
    return first_fitting(drawing.card(detail) for detail in LEVELS)


def _groups(diagnosis: Diagnosis) -> FindingGroups:
    """Sort the findings for a reader; what went on around the symptom has a section of its own."""
    groups = grouped(diagnosis)

    def without(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(finding for finding in findings if not is_context(finding))

    return replace(
        groups,
        also=without(groups.also),
        minor=without(groups.minor),
        unsettled=without(groups.unsettled),
        ruled_out=without(groups.ruled_out),
        unexamined=without(groups.unexamined),
    )


@dataclass(frozen=True, slots=True)
class _DiagnosisDrawing:
    """One diagnosis, ready to be drawn at any detail."""

    diagnosis: Diagnosis
    playbook: Playbook
    groups: FindingGroups
    severity: int | None
    links: Links
    next_look: datetime | None
    news: IncidentNews | None

    def card(self, detail: Detail) -> Card:
        title = self._title()
        body = [
            *self._top(title, detail),
            *self._cause(detail),
            *steps(self._steps(), detail.steps, detail.step_bytes),
            *self._context(detail),
            *self._findings(detail),
            *self._gaps(detail),
        ]
        return card_of(f"{title}. {conclusion(self.diagnosis)}", body, self._actions(detail))

    def _title(self) -> str:
        if self.news is not None:
            return overview.incident_headline(self.news.incident, self.diagnosis.title)
        return f"{wording.diagnosis_headline(self.diagnosis, self.severity)} · {name_of(self.diagnosis.resource)}"

    def _top(self, title: str, detail: Detail) -> list[Element]:
        if self.news is not None:
            sentences, facts = self.news.change, overview.open_facts(self.news.incident)
        else:
            sentences, facts = self.diagnosis.symptom.summary, self._window()
        declared = declared_lines(self.news.incident) if self.news else []
        headline = headline_block(title, [sentences], self._style(), detail.line_bytes)
        return [headline, *fact_set(facts), *declared]

    def _window(self) -> list[tuple[str, str]]:
        return [
            ("Resource", full_name_of(self.diagnosis.resource)),
            ("Window", span(self.diagnosis.window)),
        ]

    def _style(self) -> str:
        if self.diagnosis.symptom.verdict is Verdict.REFUTED and self.news is None:
            return "good"
        if self.diagnosis.conclusion in {Conclusion.NO_DATA, Conclusion.FAILED}:
            return "emphasis"
        severity = self.news.incident.severity if self.news else self.severity
        return "attention" if severity is None or severity <= 1 else "warning"

    def _cause(self, detail: Detail) -> list[Element]:
        elements = [
            text_block(
                safe_text(conclusion(self.diagnosis), 400), weight="Bolder", size="Medium", separator=True
            )
        ]
        cause = self.groups.cause
        if cause is not None:
            elements.append(text_block(safe_text(cause.evidence.summary, detail.line_bytes), spacing="Small"))
            elements.append(subtle_block(safe_text(evidence_line(cause), 200)))
            elements += fact_set(figures(cause.evidence.numbers, self._titles(cause), detail.numbers))
        if self.news is not None:
            examined = f"Examined {span(self.diagnosis.window)}: {self.diagnosis.symptom.summary}"
            elements.append(subtle_block(safe_text(examined, detail.line_bytes)))
        if cause is None or not self._steps():
            next_step = safe_text(self.diagnosis.next_step, detail.line_bytes)
            elements.append(text_block(f"**Look next:** {next_step}", spacing="Small"))
        return elements + ([subtle_block(f"Next look: {moment(self.next_look)}")] if self.next_look else [])

    def _titles(self, cause: Finding) -> Mapping[str, NumberTitle]:
        found = self.playbook.find(cause.hypothesis)
        return found.titles if found else {}

    def _steps(self) -> tuple[str, ...]:
        found = self.playbook.find(self.diagnosis.cause)
        return found.steps if found else ()

    def _context(self, detail: Detail) -> list[Element]:
        elements = changes(self.diagnosis, max(detail.summary_bytes, _CONTEXT_BYTES))
        if not detail.load:
            return elements
        return [*elements, *fact_set(load_of(self.diagnosis)), *self._normals()]

    def _normals(self) -> list[Element]:
        """Say what is usual beside what is promised; the report says it too."""
        normals = list((self.news.normals if self.news else {}).values())
        if not normals:
            return []
        return [heading("What is usual"), *(subtle_block(safe_text(line, 300)) for line in normals)]

    def _findings(self, detail: Detail) -> list[Element]:
        groups = self.groups
        return [
            *self._list("Also supported", groups.also, detail, detail.summary_bytes),
            *self._list("Also there", groups.minor, detail, detail.summary_bytes),
            *self._list("Risks: at work, and no symptom yet", groups.risks, detail, detail.summary_bytes),
            *self._unexplained(detail),
            *self._list("Not settled", groups.unsettled, detail, detail.summary_bytes),
            *self._list("Ruled out", groups.ruled_out, detail, 0),
            *self._list("Not examined", groups.unexamined, detail, 0),
        ]

    def _list(
        self, words: str, findings: tuple[Finding, ...], detail: Detail, limit_bytes: int
    ) -> list[Element]:
        if not findings:
            return []
        lines = [
            text_block(self._line(finding, limit_bytes), spacing="Small")
            for finding in findings[: detail.names]
        ]
        return [heading(words), *lines, *more_line(len(findings) - detail.names, "finding", "in the report")]

    def _unexplained(self, detail: Detail) -> list[Element]:
        words = unexplained_heading(self.diagnosis)
        if not words:
            return []
        title = heading(words)
        lines = unexplained_lines(self.diagnosis, of_strangers=False)[: detail.names]
        limit_bytes = detail.summary_bytes or _CONTEXT_BYTES
        return [title, *(text_block(safe_text(line, limit_bytes), spacing="Small") for line in lines)]

    def _line(self, finding: Finding, limit_bytes: int) -> str:
        title, origin = safe_text(finding.title, 150), follows_from(finding, self.diagnosis)
        if origin:
            title += f", a consequence of: {safe_text(origin, 150)}"
        if limit_bytes and finding.evidence.summary:
            return f"**{title}**. {safe_text(finding.evidence.summary, limit_bytes)}"
        return f"• {title}"

    def _gaps(self, detail: Detail) -> list[Element]:
        elements = []
        if self.diagnosis.missing:
            tables = safe_text(", ".join(self.diagnosis.missing), 300)
            elements.append(text_block(f"**Tables never received:** {tables}", separator=True))
        holes = "; ".join(hole_lines(self.diagnosis))
        if holes:
            elements.append(text_block(f"**The window is not covered:** {safe_text(holes, 300)}"))
        if detail is not FULL:
            left_out = "Some details were" if detail.query else "The query's link and some details were"
            elements.append(subtle_block(f"{left_out} left out to fit the message; the report has them."))
        if self.news is not None:
            elements += footer(self.news)
        return elements

    def _actions(self, detail: Detail) -> list[Element]:
        evidence = self.groups.cause.evidence if self.groups.cause else self.diagnosis.symptom
        query = evidence.query or self.diagnosis.symptom.query
        address = self.links.query(query, self.diagnosis.resource, self.diagnosis.window) if query else None
        places = {"Open the resource": resource_page(self.links, self.diagnosis.resource)}
        query_link = address if detail.query else None
        return actions(self.links, places, query=query_link, playbook=self.diagnosis.playbook)


def footer(news: IncidentNews) -> list[Element]:
    """Draw what ends every card of an incident: what its severity asks for, and its name."""
    expectation = overview.expectation(news.incident, news.rules)
    lines = [subtle_block(safe_text(expectation, 400))] if expectation else []
    return [*lines, subtle_block(f"Incident {safe_text(news.incident.id, 250)}")]
