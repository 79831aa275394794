"""Draw a diagnosis as an Adaptive Card that an engineer can act on from a phone at three in the morning."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.incidents.wording import (
    Groups,
    conclusion,
    evidence_line,
    follows_from,
    grouped,
    headline,
    load_of,
    moment,
    number,
    resource_name,
    span,
)
from shared.notices.actions import actions
from shared.notices.budget import LIMIT, clipped, size
from shared.notices.markup import for_teams, plain
from shared.notices.portal import Links
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.redacted import redacted
from shared.redaction import UserIds

Card = dict[str, Any]
Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a card tells. Headline, numbers of the symptom, cause and its first steps stand in every one."""

    numbers: int  # how many numbers of the cause
    named: int  # how many of each kind of finding (ruled out, not examined, ...) are named
    said: int  # bytes for what each of them says; 0 names it only
    steps: int  # how many steps
    step: int  # bytes for each step
    line: int  # bytes for each sentence about the symptom, the cause and what to look at next
    load: bool = False  # what the resource had to bear
    query: bool = True  # whether the logs query is linked; the link is whole or not there


# What gives way, in this order: the load and the words about what was ruled out, its names, numbers, late steps. The
# query goes first where it alone would be too large, and else before the steps that mend the cause.
FULL = Detail(numbers=8, named=20, said=600, steps=20, step=1_200, line=1_500, load=True)
LEVELS = (
    FULL,
    Detail(numbers=8, named=20, said=160, steps=20, step=1_200, line=1_500),
    Detail(numbers=6, named=20, said=0, steps=20, step=1_200, line=1_500),
    Detail(numbers=8, named=20, said=600, steps=20, step=1_200, line=1_500, query=False),
    Detail(numbers=8, named=20, said=160, steps=20, step=1_200, line=1_500, query=False),
    Detail(numbers=6, named=12, said=0, steps=12, step=900, line=900, query=False),
    Detail(numbers=4, named=4, said=0, steps=5, step=700, line=700, query=False),
    Detail(numbers=0, named=2, said=0, steps=3, step=500, line=500, query=False),
)


def draw(
    diagnosis: Diagnosis,
    playbook: Playbook,
    *,
    severity: int | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
    next_look: datetime | None = None,
) -> Card:
    """Draw the card of a diagnosis, as detailed as its message may be.

    The card is a plain Adaptive Card 1.5; `message` wraps it for Teams.
    """
    shown = redacted(diagnosis, users)
    drawing = _Drawing(shown, playbook, grouped(shown), severity, links or Links(), next_look)
    card: Card = {}
    for detail in LEVELS:
        card = drawing.card(detail)
        if size(message(card)) <= LIMIT:
            break
    return card


def message(card: Card) -> dict[str, Any]:
    """Wrap a card as a Workflows webhook takes it; the full width is Teams' own addition to the card."""
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {**card, "msteams": {"width": "Full"}},
            }
        ],
    }


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One diagnosis, ready to be drawn at any detail."""

    diagnosis: Diagnosis
    playbook: Playbook
    groups: Groups
    severity: int | None
    links: Links
    next_look: datetime | None

    def card(self, detail: Detail) -> Card:
        title = headline(self.diagnosis, self.severity)
        return {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": "1.5",
            "fallbackText": clipped(f"{title}. {conclusion(self.diagnosis)}", 500),
            "body": [
                *self._top(title, detail),
                *self._cause(detail),
                *self._steps(detail),
                *self._findings(detail),
                *self._limits(detail),
            ],
            "actions": self._actions(detail),
        }

    def _top(self, title: str, detail: Detail) -> list[Element]:
        said = self.diagnosis.symptom.summary
        lines = [_text(clipped(title, 400), size="Large", weight="Bolder")]
        lines += [_text(clipped(said, detail.line), spacing="Small")] if said else []
        facts = [
            ("Resource", resource_name(self.diagnosis.resource)),
            ("Window", span(self.diagnosis.window)),
        ]
        facts += load_of(self.diagnosis) if detail.load else []
        return [{"type": "Container", "style": self._style(), "bleed": True, "items": lines}, _facts(facts)]

    def _style(self) -> str:
        if self.diagnosis.symptom.verdict is Verdict.REFUTED:
            return "good"
        if self.diagnosis.conclusion in {Conclusion.NO_DATA, Conclusion.FAILED}:
            return "emphasis"
        return "attention" if self.severity is None or self.severity <= 1 else "warning"

    def _cause(self, detail: Detail) -> list[Element]:
        drawn = [
            _text(clipped(conclusion(self.diagnosis), 400), weight="Bolder", size="Medium", separator=True)
        ]
        cause = self.groups.cause
        if cause is not None:
            drawn.append(_text(clipped(cause.evidence.summary, detail.line), spacing="Small"))
            drawn.append(_text(clipped(evidence_line(cause), 200), spacing="Small", isSubtle=True))
            drawn += _numbers(cause.evidence, detail.numbers)
        if cause is None or not self._mending():
            drawn.append(
                _text(f"**Look next:** {clipped(self.diagnosis.next_step, detail.line)}", spacing="Small")
            )
        if self.next_look is not None:
            drawn.append(_text(f"Next look: {moment(self.next_look)}", spacing="Small", isSubtle=True))
        return drawn

    def _mending(self) -> tuple[str, ...]:
        return self.playbook.hypothesis(self.diagnosis.cause).steps if self.diagnosis.cause else ()

    def _steps(self, detail: Detail) -> list[Element]:
        steps = self._mending()
        if not steps:
            return []
        drawn = [_text("What to do, one change at a time", weight="Bolder", separator=True)]
        drawn += [
            _text(f"**{place}.** {_step(step, detail.step)}", spacing="Small")
            for place, step in enumerate(steps[: detail.steps], start=1)
        ]
        return drawn + _more(len(steps) - detail.steps, "step", "in the playbook")

    def _findings(self, detail: Detail) -> list[Element]:
        groups = self.groups
        return [
            *self._listed("Also supported", groups.also, detail),
            *self._listed("Not settled", groups.unsettled, detail),
            *self._listed("Ruled out", groups.ruled_out, detail),
            *self._listed("Not examined", groups.unexamined, detail),
        ]

    def _listed(self, heading: str, findings: tuple[Finding, ...], detail: Detail) -> list[Element]:
        if not findings:
            return []
        lines = [_text(heading, weight="Bolder", separator=True)]
        lines += [
            _text(self._line(found, detail.said), spacing="Small") for found in findings[: detail.named]
        ]
        return lines + _more(len(findings) - detail.named, "finding", "in the report")

    def _line(self, found: Finding, said: int) -> str:
        line = f"**{clipped(found.title, 150)}**"
        origin = follows_from(found, self.diagnosis)
        if origin:
            line += f", a consequence of: {clipped(origin, 150)}"
        return f"{line}. {clipped(found.evidence.summary, said)}" if said and found.evidence.summary else line

    def _limits(self, detail: Detail) -> list[Element]:
        drawn = []
        if self.diagnosis.missing:
            tables = ", ".join(self.diagnosis.missing)
            drawn.append(_text(f"**Tables never received:** {clipped(tables, 300)}", separator=True))
        if detail is not FULL:
            left_out = "Some details were" if detail.query else "The query's link and some details were"
            drawn.append(
                _text(
                    f"{left_out} left out to fit the message; the report has them.",
                    isSubtle=True,
                    separator=True,
                )
            )
        return drawn

    def _actions(self, detail: Detail) -> list[Element]:
        told = self.groups.cause.evidence if self.groups.cause else self.diagnosis.symptom
        query = told.query or self.diagnosis.symptom.query
        address = self.links.query(query, self.diagnosis.resource, self.diagnosis.window) if query else None
        others = {
            "Open the resource": self.links.resource(self.diagnosis.resource),
            "Playbook": self.links.playbook(self.diagnosis.playbook),
        }
        return actions(self.links, others, address if detail.query else None)


def _step(step: str, limit: int) -> str:
    drawn = for_teams(step)
    # A cut could fall inside a link or between two marks; a long step loses its marks first.
    return drawn if size(drawn) <= limit else clipped(plain(step), limit)


def _numbers(evidence: Evidence, most: int) -> list[Element]:
    facts = [(_spaced(name), number(value)) for name, value in list(evidence.numbers.items())[:most]]
    return [_facts(facts)] if facts else []


def _spaced(name: str) -> str:
    """Write a column's name as words: `FailedConnects` is `Failed connects`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).split(" ")
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def _more(count: int, what: str, where: str) -> list[Element]:
    if count <= 0:
        return []
    return [_text(f"{count} more {what}{'s' if count > 1 else ''} {where}", spacing="Small", isSubtle=True)]


def _text(text: str, **looks: Any) -> Element:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _facts(facts: Iterable[tuple[str, str]]) -> Element:
    drawn = [{"title": clipped(title, 80), "value": clipped(value, 400)} for title, value in facts]
    return {"type": "FactSet", "facts": drawn}
