"""An outbox, its lanes and rates kept in memory with the rules of the real ones, and channels that remember.

Each call passes a `gate` before and after its effect. A test's own gate can raise there, as a crash does, or wait.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.configuration.receivers import DEFAULT_RECEIVER, Receiver
from shared.incidents.incident import Incident
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.delivery.deliver import Result, deliver
from shared.notices.delivery.due import Turns
from shared.notices.delivery.lane import Lane
from shared.notices.delivery.ports import Delivery, DeliveryStores, Parcel
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import RateWindow
from shared.notices.notice import Fate, Notice
from shared.notices.urgency import UNKNOWN
from shared.races import LostRaceError

Gate = Callable[[str], None]
FAR = datetime(9999, 1, 1, tzinfo=UTC)


def nothing(_: str) -> None:
    """Let every call pass."""


@dataclass
class StandingClock:
    """A clock that stands until it is moved."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def goes_on(self, by: timedelta) -> None:
        self.moment += by


class FakeLanes:
    """The contract of `Lanes`, in a dictionary."""

    def __init__(self, gate: Gate = nothing) -> None:
        self.kept: dict[str, Lane] = {}
        self.gate = gate
        self._writes = count(1)

    def get(self, key: str) -> Lane | None:
        self.gate("read the lane")
        return self.kept.get(key)

    def touch(
        self,
        key: str,
        receiver: str,
        now: datetime,
        *,
        urgency: int = UNKNOWN,
        after: timedelta = timedelta(0),
    ) -> None:
        self.gate("touch the lane")
        new = Lane(key, receiver, since=now, due_at=now + after, asked_at=None if after else now)
        self._keep(replace(self.kept.get(key, new), urgency=urgency))
        self.gate("touched the lane")

    def save(self, lane: Lane) -> Lane:
        self.gate("write the lane")
        self._expect(lane)
        saved = self._keep(lane)
        self.gate("wrote the lane")
        return saved

    def remove(self, lane: Lane) -> None:
        self.gate("remove the lane")
        self._expect(lane)
        del self.kept[lane.key]
        self.gate("removed the lane")

    def due(self, now: datetime) -> Sequence[Lane]:
        return sorted(
            (lane for lane in self.kept.values() if lane.is_due(now)),
            key=lambda lane: lane.place,
        )

    def _keep(self, lane: Lane) -> Lane:
        self.kept[lane.key] = replace(lane, etag=f"write {next(self._writes)}")
        return self.kept[lane.key]

    def _expect(self, lane: Lane) -> None:
        if lane.key not in self.kept or self.kept[lane.key].etag != lane.etag:
            raise LostRaceError(lane.key)


class FakeOutbox:
    """The contract of `Outbox`, in dictionaries; `asked` is the queue."""

    def __init__(self, lanes: FakeLanes | None = None, gate: Gate = nothing) -> None:
        self.lanes = lanes or FakeLanes(gate)
        self.kept: dict[str, Notice] = {}
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []
        self.gate = gate

    def get(self, key: str) -> Notice | None:
        self.gate("read a notice")
        return self.kept.get(key)

    def of(self, lane: str) -> Sequence[Notice]:
        self.gate("read the notices")
        return sorted(
            (notice for notice in self.kept.values() if notice.lane == lane), key=lambda notice: notice.row
        )

    def text(self, notice: Notice) -> str | None:
        self.gate("read the document")
        return self.texts.get(notice.document)

    def add(self, notice: Notice, text: str) -> None:
        self.gate("write the document")
        self.texts.setdefault(notice.document, text)
        self.gate("write the notice")
        self.kept.setdefault(notice.key, notice)
        self.gate("wrote the notice")

    def settle(self, notices: Sequence[Notice]) -> None:
        self.gate("settle the notices")
        self.kept.update({notice.key: notice for notice in notices})
        self.gate("settled the notices")

    def ask(self, notice: Notice, now: datetime, after: timedelta = timedelta(0)) -> None:
        self.lanes.touch(notice.lane, notice.receiver, now, urgency=notice.urgency, after=after)
        if not after:
            self.wake(notice.lane)

    def withdraw(self, notice: Notice, reason: str, now: datetime) -> None:
        stored, lane = self.kept.get(notice.key), self.lanes.kept.get(notice.lane)
        if stored is None or lane is None or lane.is_claimed(now):
            return
        if stored.fate is Fate.PENDING:
            self.settle([stored.withdrawn(reason, now)])
        self.lanes.remove(lane)

    def ask_again(self, notice: Notice, now: datetime) -> None:
        if self.lanes.get(notice.lane) is None:
            self.ask(notice, now)

    def wake(self, lane: str) -> None:
        self.gate("ask in the queue")
        self.asked.append(lane)
        self.gate("asked in the queue")

    def waiting(self, before: datetime = FAR) -> list[Notice]:
        self.gate("look for what waits")
        return sorted(
            (notice for notice in self.kept.values() if notice.fate is Fate.PENDING and notice.at < before),
            key=lambda notice: (notice.at, notice.key),
        )


class FakeRates:
    """The contract of `Rates`, in a dictionary."""

    def __init__(self, gate: Gate = nothing) -> None:
        self.kept: dict[str, RateWindow] = {}
        self.gate = gate
        self._writes = count(1)

    def get(self, receiver: str) -> RateWindow:
        self.gate("read the rate")
        return self.kept.get(receiver, RateWindow())

    def save(self, receiver: str, window: RateWindow) -> None:
        self.gate("write the rate")
        if self.kept.get(receiver, RateWindow()).etag != window.etag:
            raise LostRaceError(receiver)
        self.kept[receiver] = replace(window, etag=f"write {next(self._writes)}")
        self.gate("wrote the rate")


@dataclass(frozen=True)
class Posted:
    """A message that reached a channel."""

    receiver: str
    at: datetime
    message: Mapping[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.message, ensure_ascii=False)


class FakeChannels:
    """Remember what arrived at any receiver; answer as a script says, and else accept."""

    def __init__(self, clock: StandingClock, gate: Gate = nothing) -> None:
        self.clock = clock
        self.gate = gate
        self.shown: list[Posted] = []  # what people see
        self.tried: list[Posted] = []
        self.script: list[PostAnswer] = []
        self.of_receiver: dict[str, PostAnswer] = {}

    def __call__(self, receiver: Receiver, parcel: Parcel) -> PostAnswer:
        self.gate("post")
        posted = Posted(receiver.name, self.clock.now(), parcel.message)
        self.tried.append(posted)
        answer = self._answer(receiver)
        if answer.outcome is PostOutcome.ACCEPTED or answer.reason == "shown, and the answer lost":
            self.shown.append(posted)
        self.gate("posted")
        return answer

    def _answer(self, receiver: Receiver) -> PostAnswer:
        if receiver.name in self.of_receiver:
            return self.of_receiver[receiver.name]
        return self.script.pop(0) if self.script else PostAnswer(PostOutcome.ACCEPTED)


@dataclass
class FakeDead:
    """The contract of `DeadLetterBox`, in a dictionary."""

    kept: dict[str, str] = field(default_factory=dict)

    def put(self, notice: Notice, reason: str, at: datetime) -> None:
        self.kept.setdefault(notice.key, reason)


@dataclass
class PostRoom:
    """Dependencies of a delivery, in memory."""

    clock: StandingClock
    receivers: tuple[Receiver, ...] = (DEFAULT_RECEIVER,)
    incidents: dict[str, Incident] = field(default_factory=dict)
    gate: Gate = nothing
    successors: Sequence[str] | None = None  # who is told instead of a receiver that is no more

    def __post_init__(self) -> None:
        self.lanes = FakeLanes(self.gate)
        self.outbox = FakeOutbox(self.lanes, self.gate)
        self.rates = FakeRates(self.gate)
        self.channels = FakeChannels(self.clock, self.gate)
        self.dead = FakeDead()
        self._claims = count(1)

    def delivery(self) -> Delivery:
        return Delivery(
            stores=DeliveryStores(
                outbox=self.outbox, lanes=self.lanes, rates=self.rates, dead_letters=self.dead
            ),
            post=self.channels,
            clock=self.clock,
            receiver={receiver.name: receiver for receiver in self.receivers}.get,
            incident=self.incidents.get,
            draw=lambda incident, milestone, _receiver: draw_milestone(incident, milestone),
            claim=lambda: f"claim {next(self._claims)}",
            successors=lambda _: self.successors,
        )

    def turns(self) -> Turns:
        return Turns(
            self.rates, {receiver.name: receiver for receiver in self.receivers}.get, self.clock.now()
        )

    def drain(self) -> list[Result]:
        """Deliver until the queue is empty."""
        results = []
        while self.outbox.asked:
            results.append(deliver(self.outbox.asked.pop(0), self.delivery()))
        return results

    def shown(self, receiver: str = DEFAULT_RECEIVER.name) -> list[str]:
        return [posted.text for posted in self.channels.shown if posted.receiver == receiver]


def most_within(moments: list[datetime], window: timedelta) -> int:
    """Return the most moments in any window, its edges included."""
    return max((sum(start <= moment <= start + window for moment in moments) for start in moments), default=0)
