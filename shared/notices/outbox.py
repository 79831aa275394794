"""Keep what people must be told until it is delivered: each state of an incident is one notice, whoever writes it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.clock import Clock
from shared.errors import InputError
from shared.incidents.incident import Incident, Speaks
from shared.incidents.store import Documents
from shared.notices.card import Card, message
from shared.notices.portal import Links
from shared.notices.state_card import draw_announcement, draw_state
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook
from shared.playbooks.stored import from_text
from shared.redaction import UserIds


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `document` names the blob of its message, and `incident` is empty for an announcement."""

    key: str
    document: str
    at: datetime
    incident: str = ""
    revision: int = 0
    speaks: str = ""
    delivered_at: datetime | None = None


class Outbox(Protocol):
    """The notices that were written. Every call is safe to repeat."""

    def get(self, key: str) -> Notice | None:
        """Return a notice, or None where there is none of this key."""
        ...

    def text(self, notice: Notice) -> str:
        """Return the message of a notice, JSON as it is to be posted."""
        ...

    def add(self, notice: Notice, text: str) -> None:
        """Keep a notice and its message, the message first; one that is kept already stays as it is."""
        ...

    def ask_for_delivery(self, key: str) -> None:
        """Ask for a notice to be delivered; at least once."""
        ...

    def mark_delivered(self, key: str, at: datetime) -> None:
        """Note that the receiver took it; the first time counts."""
        ...

    def pending(self) -> Sequence[Notice]:
        """Return what is not delivered, oldest first."""
        ...


class OutboxVoice:
    """Tells people by writing notices; implements `shared.incidents.store.Voice`."""

    def __init__(
        self,
        outbox: Outbox,
        documents: Documents,
        playbooks: Mapping[str, Playbook],
        clock: Clock,
        *,
        links: Callable[[Incident], Links] | None = None,
        users: UserIds | None = None,
    ) -> None:
        self._outbox = outbox
        self._documents = documents
        self._playbooks = playbooks
        self._clock = clock
        self._links = links
        self._users = users

    def tell(self, incident: Incident, revision: int, speaks: str) -> None:
        """Write the notice of a state durably and ask for its delivery; safe to repeat."""
        key = notice_key(incident.id, revision, speaks)
        notice = Notice(key, f"notices/{key}.json", self._clock.now(), incident.id, revision, speaks)
        self._write(notice, lambda: self._card(incident, Speaks(speaks)))

    def announce(self, key: str, title: str, text: str, at: datetime) -> None:
        """Write a notice without an incident, such as what we are blind to; the same key is told once."""
        hashed = f"{_hash(key)}/announcement"
        notice = Notice(hashed, f"notices/{hashed}.json", at, speaks="announcement")
        self._write(notice, lambda: draw_announcement(title, text))

    def _write(self, notice: Notice, drawn: Callable[[], Card]) -> None:
        known = self._outbox.get(notice.key)
        if known is None:
            self._outbox.add(notice, json.dumps(message(drawn()), ensure_ascii=False))
        if known is None or known.delivered_at is None:
            # Asked again for one that is known: its message may have been lost between the row and the queue.
            self._outbox.ask_for_delivery(notice.key)

    def _card(self, incident: Incident, speaks: Speaks) -> Card:
        return draw_state(
            incident,
            speaks,
            playbook=self._playbooks.get(incident.symptom),
            diagnosis=self._diagnosis(incident),
            links=self._links(incident) if self._links else None,
            users=self._users,
        )

    def _diagnosis(self, incident: Incident) -> Diagnosis | None:
        text = self._documents.get(incident.document) if incident.document else None
        if text is None:
            return None
        try:
            return from_text(text)
        except InputError:
            return None  # of another version of ours; people are told all the same, with less detail


def notice_key(incident_id: str, revision: int, speaks: str) -> str:
    """Return the key of the notice of one state: the same for every instance that tells it."""
    return f"{_hash(incident_id)}/{revision:06d}~{speaks.replace(' ', '-')}"


def notice_of(message: str) -> str:
    """Return the key of the notice that a message of the queue `notices` names.

    Raises:
        InputError: it names none; after five attempts the host moves such a message aside.
    """
    try:
        named = json.loads(message)["notice"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("message of queue notices", f"{message[:80]!r}", '{"notice": "<key>"}') from error
    if not isinstance(named, str):
        raise InputError("message of queue notices", f"the notice is {named!r}", "a key as text")
    return named


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
