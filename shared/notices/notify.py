"""Notify people by writing notices: each milestone of an incident is one notice to each receiver, whoever writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.clock import Clock
from shared.configuration.receivers import DEFAULT_RECEIVER, Routing
from shared.configuration.severity import SeverityRules
from shared.errors import InputError
from shared.incidents.incident import Incident, Milestone, Notification
from shared.incidents.store import Documents
from shared.notices.cards.elements import Card, message
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.notices.notice import Fate, Notice, Outbox, write
from shared.notices.routing.decide import Circumstances, Decision, decide_receivers, subject_of
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook
from shared.playbooks.stored import decode_diagnosis
from shared.redaction import UserIds

Route = Callable[[Incident, Notification], Sequence[Decision]]


def decide_by_default(incident: Incident, notification: Notification) -> Sequence[Decision]:
    """Decide as without any configuration: the only receiver is notified of everything."""
    return decide_receivers(
        incident, notification.milestone, Circumstances(subject_of(incident, None), Routing())
    )


class OutboxNotifier:
    """Notifies people by writing notices; implements `shared.incidents.store.Notifier`."""

    def __init__(
        self,
        outbox: Outbox,
        documents: Documents,
        playbooks: Mapping[str, Playbook],
        clock: Clock,
        *,
        links: Callable[[Incident], Links] | None = None,
        users: UserIds | None = None,
        route: Route = decide_by_default,
        announced_to: Sequence[str] = (DEFAULT_RECEIVER.name,),
        severity: SeverityRules | None = None,
    ) -> None:
        self._outbox = outbox
        self._documents = documents
        self._playbooks = playbooks
        self._clock = clock
        self._links = links
        self._users = users
        self._route = route
        self._announced_to = announced_to
        self._severity = severity

    def notify(self, incident: Incident, revision: int, milestone: str) -> Sequence[str]:
        """Write the notices of a milestone durably and ask for their delivery; return who is notified. Safe to repeat."""
        notification = Notification(revision, Milestone(milestone))
        decisions = self._route(incident, notification)
        for decision in decisions:
            self._write(incident, notification, decision)
        return tuple(decision.receiver for decision in decisions if decision.notifies)

    def announce(self, key: str, title: str, text: str, at: datetime, link: str | None = None) -> None:
        """Write a notice without an incident, such as what we are blind to; once for each key."""

        def card() -> Card:
            return message(draw_announcement(title, text, link))

        for receiver in self._announced_to:
            notice = Notice.about(key, receiver, "announcement", at)
            write(self._outbox, notice, card, at)

    def draw(self, incident: Incident, milestone: Milestone) -> Card:
        """Draw the card of a milestone of an incident."""
        return draw_milestone(
            incident,
            milestone,
            playbook=self._playbooks.get(incident.symptom),
            diagnosis=self._diagnosis(incident),
            links=self._links(incident) if self._links else None,
            users=self._users,
            rules=self._severity,
        )

    def _write(self, incident: Incident, notification: Notification, decision: Decision) -> None:
        fate = Fate.PENDING if decision.has_own_card else Fate.SUPPRESSED
        notice = Notice.of_milestone(incident, notification, decision.receiver, self._clock.now())
        notice = replace(notice, fate=fate, reason=decision.text)
        write(self._outbox, notice, lambda: message(self.draw(incident, notification.milestone)), notice.at)

    def _diagnosis(self, incident: Incident) -> Diagnosis | None:
        text = self._documents.get(incident.document) if incident.document else None
        if text is None:
            return None
        try:
            return decode_diagnosis(text)
        except InputError:
            return None  # of another version of ours; people are notified all the same, with less detail
