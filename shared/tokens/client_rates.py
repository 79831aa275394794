"""Know how many clients usually come, and how many processes answer them, from what all processes told lately."""

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.errors import LinekeeperError
from shared.tokens.storm import Surge, interval

_EXCHANGE = timedelta(seconds=15)
_EXCHANGE_IN_A_STORM = timedelta(seconds=3)
_ALIVE = timedelta(minutes=5)  # since a process was heard of, and still counts
_MEMORY_SECONDS = 3600.0  # over which the usual rate is averaged
_MOST_GROWTH = 2.0  # times the usual rate that a storm may teach, so that it does not become usual itself
_MARGIN = timedelta(seconds=30)  # before the end of a token, by which its client has connected

_AT_ONCE = timedelta()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProcessRate:
    """How many clients usually come to one process in a second."""

    process: str
    usual: float
    at: datetime


class ClientRates(Protocol):
    """What all processes tell each other about one resource; each writes only its own."""

    def exchange(self, resource: str, own: ProcessRate) -> Sequence[ProcessRate]:
        """Store the rate of this process, and return those of the last day, this one included.

        Raises:
            LinekeeperError: they cannot be stored or read now.
        """
        ...


@dataclass(slots=True)
class _Line:
    since: datetime
    surge: Surge = field(default_factory=Surge)
    counted: int = 0
    usual: float | None = None  # of this process; None before the first exchange
    lock: threading.Lock = field(default_factory=threading.Lock)


class StormWatch:
    """Tells each client after how long it is to connect; may be used by several threads.

    Nobody waits for the store: it is asked in the background, and without it each process counts for itself.
    """

    def __init__(
        self,
        rates: ClientRates,
        process: str,
        background: Callable[[Callable[[], None]], None],
        random: Callable[[], float],
    ) -> None:
        self._rates = rates
        self._process = process
        self._background = background
        self._random = random
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def wait(self, resource: str, rate: int, now: datetime, lifetime: timedelta) -> timedelta:
        """Count a client of a resource, and return after how long it is to connect, while its token is good."""
        line = self._line(resource, now)
        with line.lock:
            line.counted += 1
            was_storm = line.surge.is_storm
            place = line.surge.arrive(rate, now)
            pause = _EXCHANGE_IN_A_STORM if was_storm else _EXCHANGE
            has_begun = line.surge.is_storm and not was_storm
            own = self._own(line, now) if has_begun or now - line.since >= pause else None
        if own is not None:
            self._background(lambda: self._exchange(resource, line, own))
        return self._spread(place, lifetime) if place else _AT_ONCE

    def expected(self, resource: str, rate: int, now: datetime, lifetime: timedelta) -> timedelta:
        """Return what `wait` would, without counting anybody: for a token that is only kept."""
        line = self._line(resource, now)
        with line.lock:
            place = line.surge.place(rate, now)
        return self._spread(place, lifetime) if place else _AT_ONCE

    def _line(self, resource: str, now: datetime) -> _Line:
        line = self._lines.get(resource)
        if line is None:
            with self._lock:
                line = self._lines.setdefault(resource, _Line(now))
        return line

    def _spread(self, place: float, lifetime: timedelta) -> timedelta:
        start, end = interval(place)
        longest = (lifetime - _MARGIN).total_seconds()
        if end > longest:  # the token would not be good any more
            start, end = min(start, longest / 2), longest
        return timedelta(seconds=start + (end - start) * self._random())

    def _own(self, line: _Line, now: datetime) -> ProcessRate:
        """Return what this process tells, and begin to count anew."""
        seconds = max(1.0, (now - line.since).total_seconds())
        latest, usual = line.counted / seconds, line.usual
        if usual is not None:
            if line.surge.is_storm:
                latest = min(latest, _MOST_GROWTH * usual)
            share = 1 - math.exp(-seconds / _MEMORY_SECONDS)
            line.usual = usual + (latest - usual) * share
        line.counted, line.since = 0, now
        return ProcessRate(self._process, latest if line.usual is None else line.usual, now)

    def _exchange(self, resource: str, line: _Line, own: ProcessRate) -> None:
        try:
            rates = self._rates.exchange(resource, own)
        except LinekeeperError as error:
            _log.warning("rates of %s not exchanged: %s", resource, error.message)
            return
        alive = [rate for rate in rates if own.at - rate.at < _ALIVE]
        earlier = [rate.usual for rate in rates if rate.process != own.process]
        with line.lock:
            if line.usual is None:
                # A process that a storm has started does not take the storm for the usual.
                line.usual = sum(earlier) / len(earlier) if earlier else own.usual
            line.surge.instances = max(1, len(alive))
            line.surge.usual = sum(rate.usual for rate in alive if rate.process != own.process) + line.usual
