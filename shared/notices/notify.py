"""Notify people by writing notices: each milestone of an incident is one notice to each receiver, whoever writes it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.configuration.receivers import DEFAULT_RECEIVER, Routing
from shared.incidents.incident import Incident, Milestone, Notification
from shared.notices.cards.elements import Card, message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.cards.sources import CardSources
from shared.notices.notice import Fate, Notice, Outbox, write
from shared.notices.routing.decide import Circumstances, Decision, decide_receivers, subject_of

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
        cards: CardSources,
        clock: Clock,
        *,
        route: Route = decide_by_default,
        announced_to: Sequence[str] = (DEFAULT_RECEIVER.name,),
    ) -> None:
        self._outbox = outbox
        self._cards = cards
        self._clock = clock
        self._route = route
        self._announced_to = announced_to

    def notify(self, incident: Incident, revision: int, milestone: str) -> Sequence[str]:
        """Write the notices of a milestone durably and ask for their delivery; return who is notified. Safe to repeat."""
        notification = Notification(revision, Milestone(milestone))
        decisions = self._route(incident, notification)
        for decision in decisions:
            self._write(incident, notification, decision)
        return tuple(decision.receiver for decision in decisions if decision.notifies)

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        at: datetime,
        link: str | None = None,
        *,
        silence: str | None = None,
        after: timedelta = timedelta(0),
        severity: int | None = None,
    ) -> None:
        """Write a notice without an incident, such as what we are blind to; once for each key. It is sent `after` that."""

        def card() -> Card:
            return message(draw_announcement(title, text, link, silence))

        for receiver in self._announced_to:
            notice = Notice.about(key, receiver, "announcement", at, severity)
            write(self._outbox, notice, card, at, after)

    def withdraw(self, key: str, reason: str, at: datetime) -> None:
        """Let a notice without an incident rest that was not sent yet."""
        for receiver in self._announced_to:
            self._outbox.withdraw(Notice.about(key, receiver, "announcement", at), reason, at)

    def _write(self, incident: Incident, notification: Notification, decision: Decision) -> None:
        fate = Fate.PENDING if decision.has_own_card else Fate.SUPPRESSED
        notice = Notice.of_milestone(incident, notification, decision.receiver, self._clock.now())
        notice = replace(notice, fate=fate, reason=decision.text)
        write(
            self._outbox,
            notice,
            lambda: message(self._cards.draw(incident, notification.milestone, decision.receiver)),
            notice.at,
        )
