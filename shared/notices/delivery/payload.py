"""Write a notice as JSON, for receivers that are no channel of Teams; docs/webhook.md has every field."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.clock import Clock
from shared.incidents.incident import Incident
from shared.incidents.store import Documents, stored_diagnosis
from shared.incidents.wording import resource_name
from shared.isolation import DATA_ERRORS
from shared.notices.cards.elements import anonymize
from shared.notices.cards.links import Links
from shared.notices.cards.markup import plain_text
from shared.notices.delivery.ports import Parcel
from shared.notices.notice import Notice
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds

VERSION = 1  # of the payload; a field that is added does not change it
TEST = "test"  # the milestone of what proves a receiver

Payload = dict[str, Any]

_MOST_PARAGRAPHS = 40
_MOST_SIGNALS = 20
_MOST_STEPS = 12
_MOST_LETTERS = 1_000  # of one text
# A backslash before one of these is an escape (CommonMark 0.31.2, 2.4).
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Payloads:
    """Writes payloads from what is stored when they are sent.

    Attributes:
        incident: returns an incident as it is stored; None where there is none.
        documents: returns where diagnoses are kept; asked where a cause is told.
        links: returns where the links about an incident lead.
    """

    incident: Callable[[str], Incident | None]
    documents: Callable[[], Documents]
    playbooks: Mapping[str, Playbook]
    links: Callable[[Incident], Links]
    users: UserIds
    clock: Clock

    def payload(self, parcel: Parcel) -> Payload:
        """Return the payload that tells what a card would; the latest notice names it, at each try the same."""
        latest = parcel.notices[-1]
        card = parcel.message["attachments"][0]["content"]
        incident = self.incident(latest.incident) if latest.incident else None
        return {
            "version": VERSION,
            "id": latest.key,
            "type": _type(latest),
            "milestone": latest.milestone,
            "milestones": [notice.milestone for notice in parcel.notices],
            "receiver": latest.receiver,
            "written_at": _time(latest.at),
            "sent_at": _time(self.clock.now()),
            "repeat": parcel.is_repeat,
            "title": _plain(str(card.get("fallbackText", ""))),
            "text": list(_paragraphs(card.get("body", ())))[:_MOST_PARAGRAPHS],
            "incident": None if incident is None else self._incident(incident),
        }

    def _incident(self, incident: Incident) -> Payload:
        playbook, links = self.playbooks.get(incident.symptom), self.links(incident)
        acknowledgement, silence = incident.acknowledgement, incident.silence
        return {
            "id": incident.id,
            "resource": self._text(incident.resource),
            "resource_name": self._text(resource_name(incident.resource)),
            "symptom": incident.symptom,
            "symptom_title": playbook.title if playbook else None,
            "state": str(incident.state),
            "is_open": incident.is_open,
            "severity": incident.severity,
            "revision": incident.revision,
            "opened_at": _time(incident.opened_at),
            "onset": _time(incident.onset),
            "last_bad": _time(incident.last_bad),
            "closed_at": _time(incident.closed_at),
            "ending": str(incident.ending) if incident.ending else None,
            "reopened": incident.reopened,
            "bad": incident.bad,
            "total": incident.total,
            "peak_share": incident.peak_ratio,
            "users": incident.users,
            "signals": {
                name: self._text(numbers) for name, numbers in list(incident.signals.items())[:_MOST_SIGNALS]
            },
            "conclusion": incident.conclusion,
            "cause": self._cause(incident, playbook),
            "next_look_at": _time(incident.next_diagnosis_at),
            "acknowledged": acknowledgement
            and {"by": self._text(acknowledgement.by), "at": _time(acknowledgement.at)},
            "silenced": silence and {"by": self._text(silence.by), "until": _time(silence.until)},
            "declared": [
                {"tracking_id": one.tracking_id, "title": self._text(one.title), "link": one.link}
                for one in incident.declared
            ],
            "follows": incident.follows,
            "joined_to": incident.joined_to,
            "links": {
                "resource": links.resource(incident.resource),
                "playbook": links.playbook(incident.symptom),
                "report": links.report,
                "acknowledge": links.acknowledge,
                "silence": links.silence,
                "resolve": links.resolve,
            },
        }

    def _cause(self, incident: Incident, playbook: Playbook | None) -> Payload | None:
        """Return the cause with its evidence and steps; what cannot be read of them is left out."""
        if incident.cause is None:
            return None
        hypothesis = playbook.find(incident.cause) if playbook else None
        steps = hypothesis.steps[:_MOST_STEPS] if hypothesis else ()
        return {
            "id": incident.cause,
            "title": hypothesis.title if hypothesis else None,
            "evidence": self._evidence(incident, incident.cause),
            "steps": [_cut(plain_text(step)) for step in steps],
        }

    def _evidence(self, incident: Incident, cause: str) -> str | None:
        try:
            diagnosis = stored_diagnosis(self.documents(), incident)
            return self._text(diagnosis.finding(cause).evidence.summary) if diagnosis else None
        except DATA_ERRORS:  # it found another cause since, or is of another version
            return None

    def _text(self, text: str) -> str:
        return _cut(anonymize(text, self.users))


def _type(notice: Notice) -> str:
    if notice.milestone == TEST:
        return "test"
    return "incident" if notice.incident else "announcement"


def _paragraphs(elements: Any) -> Iterator[str]:
    """Yield the paragraphs of a card in the order in which they are read; what is no paragraph is left out."""
    for element in elements if isinstance(elements, list) else ():
        if not isinstance(element, dict):
            continue
        if element.get("type") == "TextBlock":
            yield _cut(str(element.get("text", "")))
        for fact in element.get("facts", ()) if element.get("type") == "FactSet" else ():
            yield _cut(f"**{fact['title']}**: {fact['value']}")
        yield from _paragraphs(element.get("items"))


def _plain(markdown: str) -> str:
    return _ESCAPED.sub(r"\1", markdown)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC).replace(microsecond=0):%Y-%m-%dT%H:%M:%SZ}"
