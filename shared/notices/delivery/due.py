"""Ask for what is due: what was put off, and what a lost or poisoned message of the queue named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from shared.configuration.receivers import Receiver
from shared.isolation import Isolation, Troubles
from shared.notices.delivery.lane import Lane, Lanes
from shared.notices.delivery.rate import FIVE_MINUTES, Rates, RateWindow
from shared.notices.notice import Outbox

SOON = timedelta(seconds=15)  # until somebody asks again
_MINUTES_PER_SEARCH = 30  # for notices in no lane: it reads the whole table
_LEFT_TO_WRITERS = timedelta(minutes=10)


class Turns:
    """Whose turn it is: of each receiver so many lanes as it may be sent posts, the urgent ones first.

    Who asked for all of them each time would let all but a few come in vain, again and again.
    """

    def __init__(self, rates: Rates, receiver: Callable[[str], Receiver | None], now: datetime) -> None:
        self._rates = rates
        self._receiver = receiver
        self._now = now
        self._windows: dict[str, RateWindow] = {}
        self._given: dict[str, int] = {}

    def take(self, lane: Lane) -> bool:
        """Take one post for a lane, and tell whether there was one; lanes come in their order."""
        name, receiver = lane.receiver, self._receiver(lane.receiver)
        if receiver is None:  # it waits for its receiver, and not for a rate
            return True
        if name not in self._windows:
            self._windows[name] = self._rates.get(name)
        given = self._given.get(name, 0)
        free = self._windows[name].free_posts(receiver, self._now, lane.urgency)
        if min(free, _most_at_once(receiver)) <= given:
            return False
        self._given[name] = given + 1
        return True


def _most_at_once(receiver: Receiver) -> int:
    """Return how many lanes of a receiver are asked for: what it takes in a second, or else what it takes until the next time."""
    return max(receiver.per_second, ceil(receiver.per_five_minutes * (SOON / FIVE_MINUTES)))


def ask_for_what_is_due(
    lanes: Lanes, outbox: Outbox, turns: Turns, now: datetime, troubles: Troubles | None = None
) -> int:
    """Ask for the delivery of every lane that is due, not asked for yet, and has its turn; return how many."""
    count = 0
    isolation = Isolation("send_due_notices", troubles)
    for lane in lanes.due(now):
        with isolation.item(lane.key):
            if lane.wants_asking(now) and turns.take(lane):
                # Where the race is lost, somebody works on it, or asked for it.
                lanes.save(replace(lane, asked_at=now))
                outbox.wake(lane.key)
                count += 1
    isolation.end()
    return count


def open_forgotten_lanes(lanes: Lanes, outbox: Outbox, now: datetime) -> int:
    """Open the lane of every notice that waits in none, twice an hour, and return how many those are.

    Whoever writes a notice opens its lane next. One that fell over in between does both again; but where what it told
    of has passed meanwhile, nobody has a reason to.
    """
    if now.minute % _MINUTES_PER_SEARCH:
        return 0
    forgotten = [
        notice for notice in outbox.waiting(now - _LEFT_TO_WRITERS) if lanes.get(notice.lane) is None
    ]
    for notice in forgotten:
        outbox.ask(notice, now)
    return len(forgotten)
