"""Draw the state of an incident as an Adaptive Card: what changed, the numbers, and what happens next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.incidents.buckets import bucket_of
from shared.incidents.durations import durations
from shared.incidents.incident import Ending, Incident, Speaks
from shared.incidents.wording import moment, number, resource_name
from shared.notices.actions import actions
from shared.notices.budget import LIMIT, clipped, size
from shared.notices.card import Card, Element, draw, message
from shared.notices.portal import Links
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds, redact

_ENDINGS = {
    Ending.HELD: "Resolved: 30 minutes within objective.",
    Ending.UNCONFIRMED: "Closed as unconfirmed: for 24 hours there were too few events to tell whether it is over. "
    'This is not "healthy".',
    Ending.BY_HAND: "Resolved by hand.",
    Ending.ALERTS_OVER: "Resolved: every alert is resolved, and none came for 30 minutes. No count of ours confirms it.",
}
_SAID = {
    Speaks.REOPENED: "The failure came back within 24 hours of its end; its incident is open again.",
    Speaks.CAUSE_FOUND: "The cause is found.",
    Speaks.GIVEN_UP: "The last planned look found no cause.",
}


def draw_state(
    incident: Incident,
    speaks: Speaks,
    *,
    playbook: Playbook | None = None,
    diagnosis: Diagnosis | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
) -> Card:
    """Draw the card of a state; a cause, or that none was found, is drawn from its diagnosis where there is one."""
    if diagnosis is not None and playbook is not None and _is_about(diagnosis, incident, speaks):
        return draw(
            diagnosis,
            playbook,
            severity=incident.severity,
            links=links,
            users=users,
            next_look=incident.next_look_at,
        )
    drawing = _Drawing(incident, speaks, playbook, links or Links(), users or UserIds())
    card: Card = {}
    for most in (20, 8, 3, 0):
        card = drawing.card(most)
        if size(message(card)) <= LIMIT:
            break
    return card


def draw_announcement(title: str, text: str, link: str | None = None) -> Card:
    """Draw a notice which no incident stands behind; `link` leads to what it is about, in Azure."""
    drawn = [_text(clipped(redact(title), 400), size="Large", weight="Bolder")]
    drawn.append(_text(clipped(redact(text), 4_000), spacing="Small"))
    return _card(redact(title), drawn, "emphasis", [], actions(Links(), {"Open in Azure": link}))


def _is_about(diagnosis: Diagnosis, incident: Incident, speaks: Speaks) -> bool:
    if speaks is Speaks.CAUSE_FOUND:
        return diagnosis.cause is not None and diagnosis.cause == incident.cause
    return speaks is Speaks.GIVEN_UP and diagnosis.cause is None


@dataclass(frozen=True, slots=True)
class _Drawing:
    incident: Incident
    speaks: Speaks
    playbook: Playbook | None
    links: Links
    users: UserIds

    def card(self, most: int) -> Card:
        name = self.playbook.title if self.playbook else self.incident.symptom
        title = f"Sev {self.incident.severity}: {name}"
        top = [
            _text(clipped(title, 400), size="Large", weight="Bolder"),
            _text(clipped(self._said(), 600), spacing="Small"),
        ]
        body = [_facts(self._numbers()), *self._signals(most), *self._next()]
        return _card(f"{title}. {self._said()}", top, self._style(), body, self._actions())

    def _said(self) -> str:
        """Say what changed, in a sentence or two."""
        incident = self.incident
        if self.speaks is Speaks.RESOLVED and incident.ending:
            return _ENDINGS[incident.ending]
        if self.speaks is Speaks.OPENED:
            before = f" It follows {incident.follows}." if incident.follows else ""
            return f"New incident.{before}"
        if self.speaks is Speaks.WORSE:
            return f"Severity raised {self._last('severity raised')}."
        if self.speaks is Speaks.ESCALATED:
            return f"It needs somebody: {self._last('escalated')}."
        return _SAID.get(self.speaks, f"{self.speaks}.")

    def _last(self, what: str) -> str:
        texts = (entry.text for entry in reversed(self.incident.timeline) if entry.what == what)
        return next(texts, f"to {self.incident.severity}")

    def _style(self) -> str:
        if self.speaks is Speaks.RESOLVED:
            return "emphasis" if self.incident.ending is Ending.UNCONFIRMED else "good"
        return "attention" if self.incident.severity <= 1 else "warning"

    def _numbers(self) -> list[tuple[str, str]]:
        incident = self.incident
        facts = [
            ("Resource", resource_name(incident.resource)),
            ("Since", moment(incident.onset)),
            ("Last bad", moment(incident.last_bad)),
        ]
        if incident.total > 0:
            share = (
                f"{number(incident.bad)} of {number(incident.total)} ({incident.bad / incident.total:.1%})"
            )
            facts += [("Bad events", share), ("Worst bucket", f"{incident.peak_ratio:.1%}")]
        else:
            facts.append(("Bad events", number(incident.bad)))
        if incident.users is not None:
            facts.append(("Users or connections hit", number(incident.users)))
        if self.speaks is Speaks.RESOLVED:
            facts += durations(incident).told()
        return [*facts, ("Incident", incident.id)]

    def _signals(self, most: int) -> list[Element]:
        if not most or self.speaks is Speaks.RESOLVED:
            return []
        lines = list(self.incident.signals.items())[:most]
        drawn = [_text("What breaks its objective", weight="Bolder", separator=True)]
        return drawn + [
            _text(f"**{clipped(name, 80)}**: {clipped(self._shown(text), 400)}", spacing="Small")
            for name, text in lines
        ]

    def _shown(self, text: str) -> str:
        return self.users.hide_in(redact(text))

    def _next(self) -> list[Element]:
        incident = self.incident
        drawn = [_text(clipped(self._cause(), 400), weight="Bolder", size="Medium", separator=True)]
        if incident.joined_to:
            drawn.append(_text(f"A consequence of {clipped(incident.joined_to, 200)}", spacing="Small"))
        if incident.next_look_at is not None:
            drawn.append(_text(f"Next look: {moment(incident.next_look_at)}", spacing="Small", isSubtle=True))
        return drawn

    def _cause(self) -> str:
        incident = self.incident
        if incident.cause:
            bucket = bucket_of(incident.symptom, incident.cause)
            return f"Cause: {self._title_of(incident.cause)} ({bucket})"
        ended = self.speaks in {Speaks.RESOLVED, Speaks.GIVEN_UP}
        return "Cause not found." if ended else "Cause not yet known."

    def _title_of(self, cause: str) -> str:
        known = self.playbook.hypotheses if self.playbook else ()
        return next((one.title for one in known if one.id == cause), cause)

    def _actions(self) -> list[Element]:
        others = {
            "Open the resource": self.links.resource(self.incident.resource),
            "Playbook": self.links.playbook(self.incident.symptom),
        }
        return actions(self.links, others)


def _card(fallback: str, top: list[Element], style: str, body: list[Element], actions: list[Element]) -> Card:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": clipped(fallback, 500),
        "body": [{"type": "Container", "style": style, "bleed": True, "items": top}, *body],
        "actions": actions,
    }


def _text(text: str, **looks: Any) -> Element:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _facts(facts: Iterable[tuple[str, str]]) -> Element:
    drawn = [{"title": clipped(title, 80), "value": clipped(value, 400)} for title, value in facts]
    return {"type": "FactSet", "facts": drawn}
