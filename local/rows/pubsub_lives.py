"""Connections of one Web PubSub resource that start and end, as its connectivity logs tell them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.rows.pubsub_log import CONNECTIVITY, PubSubLog

SECOND = 1 / 60  # of a minute, the unit of the log


@dataclass
class Lives:
    """Writes connections into a log; the same seed gives the same lives."""

    log: PubSubLog = field(default_factory=PubSubLog)
    chance: random.Random = field(default_factory=lambda: random.Random(1006))  # noqa: S311  # rows, not secrets
    _count: int = 0

    def one(
        self, start: float | None, end: float | None, message: str = "", operation: str = "ConnectionEnded"
    ) -> str:
        """Write one connection and return its id; a time of None leaves its row out."""
        self._count += 1
        connection = f"c-{self._count}"
        if start is not None:
            self.log.add(
                CONNECTIVITY, start, OperationName="ConnectionStarted", ConnectionId=connection, Message="Connection started"
            )  # fmt: skip
        if end is not None:
            self.log.add(CONNECTIVITY, end, OperationName=operation, ConnectionId=connection, Message=message)
        return connection

    def everyday(self, count: int, first: float = -60, last: float = 60) -> "Lives":
        """Write sessions of a healthy day: uniform starts, lives of all lengths (log-normal, median 8 minutes)."""
        for _ in range(count):
            start = self.chance.uniform(first, last)
            end = start + self.chance.lognormvariate(2.1, 1.1)
            self.one(start, end if end < last else None)
        return self

    def aborted(self, count: int, message: str, first: float = 10, last: float = 50) -> list[str]:
        """Write aborts, spread at random, of connections of many ages."""
        ends = (self.chance.uniform(first, last) for _ in range(count))
        return [self.one(end - self.chance.uniform(1, 90), end, message, "ConnectionAborted") for end in ends]

    def at_age(self, count: int, seconds: float, spread: float = 0.5, operation: str = "ConnectionEnded") -> "Lives":  # fmt: skip
        """Write connections that end in the window, all at about one age."""
        for _ in range(count):
            end = self.chance.uniform(1, 59)
            age = self.chance.gauss(seconds, spread)
            self.one(end - age * SECOND, end, operation=operation)
        return self

    def at_once(
        self, count: int, minute: float, ages: Iterable[float] | None = None, **close: str
    ) -> "Lives":
        """Write connections that all end within three seconds; ages in minutes, of all lengths unless given."""
        remaining_ages = iter(ages) if ages else None
        for _ in range(count):
            end = minute + self.chance.uniform(0, 3) * SECOND
            age = next(remaining_ages) if remaining_ages else self.chance.uniform(3, 200)
            self.one(end - age, end, **close)
        return self
