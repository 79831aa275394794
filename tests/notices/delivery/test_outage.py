"""Teams is down for an hour and throttles afterwards: people still learn everything, in order and within the rate."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.configuration.receivers import DEFAULT_RECEIVER, Receiver
from shared.incidents.incident import Ending, Incident, Milestone
from shared.incidents.lifecycle.states import diagnosed, opened, resolved, seen_again, validating
from shared.notices.cards.sources import CardSources
from shared.notices.delivery.due import ask_for_what_is_due
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import FIVE_MINUTES, SECOND
from shared.notices.notice import Fate
from shared.notices.notify import OutboxNotifier
from shared.objectives.breach import Breach
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.diagnoses import RESOURCE
from tests.notices.fake_outbox import FakeChannels, PostRoom, StandingClock, most_within

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
TICK = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
FAILURES = "web-pubsub-connection-failures"


class Outage(FakeChannels):
    """Down until ten; from then on every third post is throttled, as are all beyond the real rate."""

    def _answer(self, receiver: Receiver) -> PostAnswer:
        now = self.clock.now()
        if now < NINE + 60 * MINUTE:
            return PostAnswer(PostOutcome.RETRY, "Teams answered 503")
        lately = [posted.at for posted in self.tried if posted.at >= now - SECOND]
        if len(self.tried) % 3 == 0 or len(lately) > 4:
            return PostAnswer(PostOutcome.RETRY, "Teams answered 429", timedelta(seconds=30))
        return PostAnswer(PostOutcome.ACCEPTED)


def breach(number: int, at: datetime, ratio: float = 0.2) -> Breach:
    return Breach(
        f"{RESOURCE}-{number:02}", "refused-connects", FAILURES, "limit", at, at + 5 * MINUTE, 90, 900, ratio
    )


class Hour:
    """Thirty incidents that open, are explained, get worse and end, one state every quarter of an hour."""

    def __init__(self) -> None:
        self.clock = StandingClock(NINE)
        self.room = PostRoom(self.clock)
        self.room.channels = Outage(self.clock)
        self.notifier = OutboxNotifier(self.room.outbox, CardSources(FakeDocuments(), {}), self.clock)

    def tell(self, incident: Incident, milestone: Milestone) -> None:
        stored = replace(incident, revision=incident.revision + 1)
        self.room.incidents[incident.id] = stored
        self.notifier.notify(stored, stored.revision, milestone)

    def happens(self, number: int, quarter: int) -> None:
        now = self.clock.now()
        current = {int(incident.resource[-2:]): incident for incident in self.room.incidents.values()}.get(
            number
        )
        if current is None:
            self.tell(opened(breach(number, now), 3, now, None), Milestone.OPENED)
        elif quarter == 1:
            diagnosis = {"conclusion": "supported", "cause": "token-expired", "document": None, "users": 41}
            self.tell(
                diagnosed(
                    current,
                    **diagnosis,
                    next_diagnosis_at=None,
                    is_last=False,
                    now=now,
                    text="401 in 90 of 90",
                ),  # type: ignore[arg-type]
                Milestone.CAUSE_FOUND,
            )
        elif quarter == 2:
            self.tell(seen_again(current, breach(number, now, 0.9), 1, now), Milestone.WORSE)
        elif number % 2:
            self.tell(resolved(validating(current, now), Ending.HELD, now), Milestone.RESOLVED)

    def passes(self) -> None:
        """Let the hour pass, and as much time as it takes until all is told."""
        for tick in range(60 * 4 * 6):
            quarter, since = divmod(tick, 60)
            if since < 30 and quarter < 4:
                self.happens(since, quarter)
            self.room.drain()
            ask_for_what_is_due(self.room.lanes, self.room.outbox, self.room.turns(), self.clock.now())
            self.room.drain()
            self.clock.goes_on(TICK)
            if tick > 240 and not self.room.lanes.kept:
                return


def test_every_incidents_latest_state_and_full_timeline_arrives_in_order_and_within_the_rate() -> None:
    hour = Hour()

    hour.passes()

    cards: dict[str, list[str]] = defaultdict(list)
    for text in hour.room.shown():
        cards[
            re.findall(r'"text": "[^"]*[Ii]ncident ([0-9a-f.a-z\\-]+)"', text)[-1].replace("\\", "")
        ].append(text)
    assert ({}, []) == (hour.room.lanes.kept, hour.room.outbox.waiting())
    assert set(hour.room.incidents) == set(cards)
    for incident in hour.room.incidents.values():
        (card,) = cards[incident.id]
        latest = "Resolved: back within its goal for 30 minutes." if incident.closed_at else "Severity raised"
        assert latest in card
        lines = [f"{entry.at:%H:%M} **{entry.what}**" for entry in incident.timeline]
        places = [card.index(line) for line in lines if "told" not in line]
        assert sorted(places) == places
    sent = [posted.at for posted in hour.room.channels.tried]
    assert most_within(sent, SECOND) <= DEFAULT_RECEIVER.per_second
    assert most_within(sent, FIVE_MINUTES) <= DEFAULT_RECEIVER.per_five_minutes
    fates = [notice.fate for notice in hour.room.outbox.kept.values()]
    assert sent[-1] < NINE + 90 * MINUTE
    assert {Fate.DELIVERED: 30, Fate.MERGED: 75} == {fate: fates.count(fate) for fate in fates}
