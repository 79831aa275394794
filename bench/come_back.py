"""Simulate that many clients come back at once: with the clients' own retries, and with the provider of the client page."""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from rich.table import Table

from bench.retries.clients import (
    JAVASCRIPT,
    PYTHON,
    Life,
    OfficialClient,
    OurProvider,
    Reply,
    Step,
    StockProvider,
    life_after_a_drop,
)
from shared.tokens.client_rates import ProcessRate, StormWatch

RATE = 1_000  # `connects_per_second` of tokens.yaml
_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_LIFETIME = timedelta(minutes=60)
_ROUND_TRIPS = 0.02, 0.12  # seconds, the shortest and the longest
_ALONE = frozenset({Step.WAIT, Step.RECOVER})
_END = 1_800.0  # who is not back by then is counted as away


@dataclass(frozen=True, slots=True)
class Outage:
    """What happens to the service at second 0, when it drops every line.

    Attributes:
        seconds: until it answers again. It knows no former connection then, so every recovery is refused with 1008.
        takes: how many connects it takes in a second, and refuses the others; None takes all.
    """

    seconds: float
    takes: int | None = None


@dataclass(frozen=True, slots=True)
class _Client:
    dropped: float
    round_trip: float
    life: Life


@dataclass(slots=True)
class Return:
    """How the clients came back.

    Attributes:
        steps: how many recoveries, asks and connects there were in each second.
        last: when the last client was back.
        away: how many never came back.
    """

    steps: dict[Step, Counter[int]] = field(default_factory=lambda: {step: Counter() for step in Step})
    last: float = 0.0
    away: int = 0

    def peak(self, step: Step) -> int:
        """Return the most of one kind in a second."""
        return max(self.steps[step].values(), default=0)


def measure(clients: int) -> Table:
    """Let so many clients lose their lines, in three ways."""
    table = Table(
        title=f"{clients:,} clients lose their lines at once (simulated)",
        box=None,
        title_justify="left",
        caption=f"Negotiate spreads them over {RATE:,} connects a second. Recovery goes straight at the service, whatever the "
        "provider does. The retries are those of the published clients, recorded in bench/retries/times.json.",
        caption_justify="left",
    )
    for column in (
        "what happens",
        "client",
        "provider",
        "recoveries/s",
        "asks/s",
        "connects/s",
        "all back",
        "gave up",
    ):
        table.add_column(
            column, justify="left" if column in {"what happens", "client", "provider"} else "right"
        )
    for words, outage in _OUTAGES.items():
        for client, is_ours in ((JAVASCRIPT, False), (PYTHON, False), (JAVASCRIPT, True)):
            came = come_back(client, outage, clients, is_ours=is_ours)
            peaks = (f"{came.peak(step):,}" for step in (Step.RECOVER, Step.ASK, Step.CONNECT))
            back = "never" if came.away else f"{came.last:,.0f} s"
            table.add_row(words, client.name, "ours" if is_ours else "stock", *peaks, back, f"{came.away:,}")
    return table


_OUTAGES = {
    "away for 10 s": Outage(10),
    "away for 10 s, then takes 2,000 a second": Outage(10, takes=2_000),
    "away for 40 s": Outage(40),
}


def come_back(client: OfficialClient, outage: Outage, clients: int, *, is_ours: bool) -> Return:
    """Drop so many clients at second 0, and return how they came back."""
    dice = random.Random(clients)  # noqa: S311  a storm that can be repeated
    world = _World(outage, dice)
    dropped_clients = []
    for _ in range(clients):
        dropped = dice.uniform(0, 0.1)
        provider = OurProvider(dice.random) if is_ours else StockProvider()
        life = life_after_a_drop(client, provider, dropped)
        dropped_clients.append(_Client(dropped, dice.uniform(*_ROUND_TRIPS), life))
    return world.run(dropped_clients)


class _World:
    def __init__(self, outage: Outage, dice: random.Random) -> None:
        self._outage = outage
        self._storms = StormWatch(_Alone(), "process", lambda work: work(), dice.random)
        self._taken: Counter[int] = Counter()
        self._result = Return()
        self._due: list[tuple[float, int, Step, _Client]] = []
        self._order = count()

    def run(self, clients: Sequence[_Client]) -> Return:
        """Let every client do what it does, in the order of time."""
        for client in clients:
            self._go_on(client, client.dropped, next(client.life))
        while self._due:
            now, _, step, client = heapq.heappop(self._due)
            reply = self._reply(step, now, client.round_trip)
            try:
                self._go_on(client, reply.now, client.life.send(reply))
            except StopIteration as ended:
                self._end(reply.now, is_back=ended.value)
        return self._result

    def _go_on(self, client: _Client, now: float, following: tuple[float, Step]) -> None:
        """Let a client go on to its next step that depends on what the others do."""
        delay, step = following
        now += delay
        while step in _ALONE and now <= _END:
            reply = self._reply(step, now, client.round_trip)
            delay, step = client.life.send(reply)
            now = reply.now + delay
        if now <= _END:
            heapq.heappush(self._due, (now, next(self._order), step, client))
        else:
            self._result.away += 1

    def _end(self, now: float, *, is_back: bool) -> None:
        if is_back:
            self._result.last = max(self._result.last, now)
        else:
            self._result.away += 1

    def _reply(self, step: Step, now: float, round_trip: float) -> Reply:
        if step is Step.WAIT:
            return Reply(now, ok=True)
        self._result.steps[step][int(now)] += 1
        heard, is_up = now + round_trip, now >= self._outage.seconds
        if step is Step.RECOVER:
            return Reply(heard, ok=False, is_refused=is_up)
        if step is Step.ASK:
            turn = self._storms.wait("lobby", RATE, _NOON + timedelta(seconds=now), _LIFETIME)
            return Reply(heard, ok=True, wait=turn.total_seconds())
        return Reply(heard, ok=is_up and self._takes(int(now)))

    def _takes(self, second: int) -> bool:
        if self._outage.takes is not None and self._taken[second] >= self._outage.takes:
            return False
        self._taken[second] += 1
        return True


class _Alone:
    """Implements `shared.tokens.client_rates.ClientRates` for one process."""

    def exchange(self, _resource: str, own: ProcessRate) -> Sequence[ProcessRate]:
        return [own]
