"""Deliver what a function asked for in that same function, without the wait for its queue; the queue's message stays as a guard."""

from datetime import datetime, timedelta

from shared.isolation import Isolation
from shared.notices.delivery.deliver import Result, deliver
from shared.notices.delivery.ports import Delivery
from shared.notices.notice import Notice

# Within one function: after this no attempt begins. The last one may take as long as a post may, some twenty seconds.
BUDGET = timedelta(seconds=10)
_SLOW = timedelta(seconds=5)  # a post that takes longer
_LEFT_ALONE = timedelta(minutes=2)  # a receiver that was slow, or did not take what it was sent


class JustAsked:
    """The lanes that one call of a function asked for."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}

    def note(self, notice: Notice) -> None:
        """Note a notice whose delivery was asked for, to be sent at once."""
        self._notices[notice.lane] = notice

    def lanes(self) -> list[Notice]:
        """Return the latest notice of each lane, the urgent ones first, of one urgency as they were asked for."""
        return sorted(self._notices.values(), key=lambda notice: notice.urgency)


class SlowReceivers:
    """Which receivers are left to the queue for a while; kept for a process, and shared by its threads."""

    def __init__(self) -> None:
        self._left_alone_until: dict[str, datetime] = {}

    def note(self, receiver: str, now: datetime) -> None:
        """Note that a receiver was slow, or did not take what it was sent."""
        self._left_alone_until[receiver] = now + _LEFT_ALONE

    def are_with(self, receiver: str, now: datetime) -> bool:
        """Tell whether a receiver is one of them; what lies further ahead is of a clock that was wrong."""
        until = self._left_alone_until.get(receiver)
        return until is not None and now < until <= now + _LEFT_ALONE


def deliver_at_once(asked: JustAsked, delivery: Delivery, slow: SlowReceivers) -> list[Result]:
    """Deliver once from each lane that was just asked for, within a budget; return what came of each attempt.

    It is the delivery of the queue, with its claim and its rate. Whatever is not attempted, or fails, is left to the
    queue, whose message was sent before. A receiver that is slow, or busy, holds nobody up: it is left alone.
    """
    began, results, spent = delivery.clock.now(), list[Result](), set[str]()
    isolation = Isolation("deliver at once")
    for notice in asked.lanes():
        before = delivery.clock.now()
        if abs(before - began) > BUDGET:
            break
        if notice.receiver in spent or slow.are_with(notice.receiver, before):
            continue
        tried = len(results)
        with isolation.item(notice.lane):
            results.append(deliver(notice.lane, delivery))
        if len(results) == tried:  # storage fails, or the lane does; the queue has time to try again
            break
        result, after = results[-1], delivery.clock.now()
        if result is Result.RATE_USED_UP:
            spent.add(notice.receiver)
        if result is Result.LATER or after - before > _SLOW:
            slow.note(notice.receiver, after)
    return results
