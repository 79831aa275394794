"""Whatever instances do in whatever order, and wherever they die: nothing is lost, doubled or out of order."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread, current_thread

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.configuration.receivers import Receiver
from shared.incidents.incident import Milestone, Notification
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.deliver import deliver
from shared.notices.delivery.due import ask_for_what_is_due
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import FIVE_MINUTES, SECOND
from shared.notices.notice import Fate, Notice
from tests import drawn
from tests.notices.delivery.turns import Turns
from tests.notices.fake_outbox import FakeChannels, PostRoom, StandingClock, most_within
from tests.notices.milestones import opened

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEAM = Receiver("team", "TEAM_URL", per_second=2, per_five_minutes=6)
DROPS = opened(symptom="web-pubsub-connection-drops")
INCIDENTS = {incident.id: incident for incident in (opened(), DROPS)}
ACCEPTED = PostAnswer(PostOutcome.ACCEPTED)
ANSWERS = [
    ACCEPTED,
    PostAnswer(PostOutcome.RETRY, "Teams answered 503"),
    PostAnswer(PostOutcome.RETRY, "Teams answered 429", timedelta(seconds=40)),
    PostAnswer(PostOutcome.UNKNOWN, "shown, and the answer lost"),
    PostAnswer(PostOutcome.UNKNOWN, "nobody knows"),
    PostAnswer(PostOutcome.REFUSED, "Teams answered 400"),
]


@dataclass
class Seen:
    """A card that people saw: the notices that it told, and whether its answer came back."""

    incident: str
    rows: list[str]
    says_repeat: bool
    is_in_doubt: bool


class WatchedChannel(FakeChannels):
    """Notes, at the moment at which people see a card, which notices it tells."""

    def __init__(self, room: PostRoom) -> None:
        super().__init__(room.clock, room.gate)
        self.room = room
        self.seen: list[Seen] = []
        self.by_thread: dict[Thread, Seen] = {}

    def _answer(self, receiver: Receiver) -> PostAnswer:
        answer = super()._answer(receiver)
        is_lost = answer.reason == "shown, and the answer lost"
        if answer.outcome is PostOutcome.ACCEPTED or is_lost:
            self.seen.append(self._seen(self.tried[-1].text, is_lost))
            self.by_thread[current_thread()] = self.seen[-1]
        return answer

    def _seen(self, text: str, is_lost: bool) -> Seen:
        incident = next(name for name in INCIDENTS if name in text)
        pending = [notice.row for notice in self.room.outbox.waiting() if notice.incident == incident]
        match = re.search(r"for (\d+) cards at once", text)
        rows = (
            sorted(pending)[: int(match[1])]
            if match
            else [f"{text.split('revision ')[1][:6]}~severity-raised"]
        )
        return Seen(incident, rows, "This may be a repeat" in text, is_lost)


class Deliveries(RuleBasedStateMachine):
    """Instances that tell, deliver, ask and die; a receiver that answers as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns()
        self.room = PostRoom(StandingClock(NINE), (TEAM,), INCIDENTS, self.turns.gate)
        self.channel = self.room.channels = WatchedChannel(self.room)
        self.revisions: Counter[str] = Counter()
        self.told: Counter[str] = Counter()  # the revision up to which some instance is done with telling

    @rule(incident=st.sampled_from(sorted(INCIDENTS)))
    def tell(self, incident: str) -> None:
        """A state comes to be, and an instance tells all that may be untold, as the auditor does."""
        self.revisions[incident] += 1
        self.turns.start(self._telling(incident))

    @precondition(lambda self: self.room.outbox.asked)
    @rule(is_doubled=st.booleans())
    def take_a_message(self, is_doubled: bool) -> None:
        """The host gives an instance the next message of the queue, sometimes twice."""
        key = self.room.outbox.asked[0] if is_doubled else self.room.outbox.asked.pop(0)
        self.turns.start(lambda: deliver(key, self.room.delivery()))

    @precondition(lambda self: self.turns.runners)
    @rule(number=st.integers(0, 9), calls=st.integers(1, 15))
    def step(self, number: int, calls: int) -> None:
        for _ in range(calls):
            if self.turns.runners:
                self.turns.step(number)

    @precondition(lambda self: self.turns.runners)
    @rule(number=st.integers(0, 9))
    def kill(self, number: int) -> None:
        runner = self.turns.runners[number % len(self.turns.runners)]
        if runner.place in {"posted", "settle the notices"} and runner.thread in self.channel.by_thread:
            self.channel.by_thread[runner.thread].is_in_doubt = True  # it was taken; only this instance knew
        self.turns.kill(number)

    @precondition(lambda self: len(self.channel.script) < 5)
    @rule(answer=st.sampled_from(ANSWERS))
    def plan_an_answer(self, answer: PostAnswer) -> None:
        self.channel.script.append(answer)

    @precondition(lambda self: not self.turns.runners)  # no instance is slower than its claim lasts
    @rule(seconds=st.sampled_from([0.3, 5, 20, 150, 660]))
    def time_passes(self, seconds: float) -> None:
        self.room.clock.goes_on(timedelta(seconds=seconds))

    @rule()
    def timer_fires(self) -> None:
        ask_for_what_is_due(self.room.lanes, self.room.outbox, self.room.turns(), self.room.clock.now())

    @invariant()
    def the_rate_is_kept(self) -> None:
        sent = [posted.at for posted in self.channel.tried]
        assert most_within(sent, SECOND) <= 2
        assert most_within(sent, FIVE_MINUTES) <= 6

    @invariant()
    def cards_come_in_order_and_once_unless_an_answer_was_lost(self) -> None:
        latest: dict[str, Seen] = {}
        for card in self.channel.seen:
            before = latest.get(card.incident)
            if before is not None and card.rows[0] <= before.rows[-1]:
                assert before.is_in_doubt
                assert card.says_repeat
            latest[card.incident] = card

    def teardown(self) -> None:
        """All that runs ends, the receiver is well, the auditor tells what is untold: then nothing may be left."""
        self.turns.finish()
        self.channel.script.clear()
        for incident, revision in self.revisions.items():
            if self.told[incident] < revision:
                self._telling(incident)()
        for _ in range(400):
            self.room.drain()
            if not self.room.lanes.kept:
                break
            self.room.clock.goes_on(timedelta(seconds=15))
            self.timer_fires()
        self._nothing_is_lost()
        self.the_rate_is_kept()
        self.cards_come_in_order_and_once_unless_an_answer_was_lost()

    def _nothing_is_lost(self) -> None:
        assert ([], {}) == (self.room.outbox.waiting(), self.room.lanes.kept)
        notices = self.room.outbox.kept.values()
        assert sum(self.revisions.values()) == len(notices)
        sights = {(card.incident, row) for card in self.channel.seen for row in card.rows}
        for notice in notices:
            assert ((notice.incident, notice.row) in sights) or notice.fate is Fate.DEAD
            assert notice.fate is not Fate.DEAD or notice.key in self.room.dead.kept

    def _telling(self, incident: str) -> Callable[[], None]:
        first, last = self.told[incident] + 1, self.revisions[incident]

        def told() -> None:
            for revision in range(first, last + 1):
                self._tell(incident, revision)
            self.told[incident] = max(self.told[incident], last)

        return told

    def _tell(self, incident: str, revision: int) -> None:
        notice = Notice.of_milestone(
            INCIDENTS[incident], Notification(revision, Milestone.WORSE), "team", self.room.clock.now()
        )
        text = json.dumps(message(draw_announcement(f"{incident}: revision {revision:06d}", "")))
        if self.room.outbox.get(notice.key) is None:
            self.room.outbox.add(notice, text)
        if self.room.outbox.kept[notice.key].fate is Fate.PENDING:
            self.room.outbox.ask(notice, notice.at)


TestDeliveries = drawn.runs("interleavings of deliveries", Deliveries, 30, 1000, steps=60)
