"""Deliver what waits in one lane: its first notice, or after an outage all of an incident's as one card."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.configuration.receivers import Receiver
from shared.incidents.store import LostRaceError
from shared.notices.cards.envelope import Message, with_line
from shared.notices.delivery.catch_up import draw_caught_up, is_late
from shared.notices.delivery.fallback import give_up
from shared.notices.delivery.lane import Lane
from shared.notices.delivery.ports import Delivery
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import claim, pause_receiver
from shared.notices.notice import Fate, Notice

_MOST_AT_ONCE = 90  # a transaction of Table Storage changes 100 rows
_FORGOTTEN_AFTER = timedelta(days=1)
_REPEAT = "This may be a repeat: the answer to an earlier attempt was lost."

_log = logging.getLogger(__name__)


class Result(StrEnum):
    """What came of a delivery; none is an error."""

    DELIVERED = "delivered"
    NOTHING = "nothing waits"
    EARLY = "not due yet"
    TAKEN = "another instance works on it"
    RATE_USED_UP = "the receiver's rate is used up"
    LATER = "not taken; it is tried again"
    GIVEN_UP = "refused for good"


@dataclass(frozen=True, slots=True)
class _Batch:
    """Notices that go as one message."""

    notices: tuple[Notice, ...]
    message: Message


def deliver(key: str, delivery: Delivery) -> Result:
    """Deliver once from a lane, unless another instance does, or it is not due, or the receiver's rate is used up.

    1. The lane is claimed, so that one instance works on it; a claim ends by itself.
    2. Its first undelivered notice is taken, or all of them as one card.
    3. A post is claimed from the receiver's rate.
    4. That a post begins is noted, durably.
    5. It is posted.
    6. What became of it is noted: of the notices first, then of the lane.

    Whoever falls over in between leaves a claim that ends, and a lane that is asked for again. Only between 4 and 6
    can a card come twice, and the second then says so.
    """
    now = delivery.clock.now()
    lane = delivery.lanes.get(key)
    if lane is None:
        return Result.NOTHING
    if lane.is_claimed(now):
        return Result.TAKEN
    if lane.due_at > now:
        return Result.EARLY
    try:
        return _claimed(delivery.lanes.save(lane.claimed(delivery.claim(), now)), delivery, now)
    except LostRaceError:
        return Result.TAKEN  # or its claim ended while we were slow, and another's began


def _claimed(lane: Lane, delivery: Delivery, now: datetime) -> Result:
    every = delivery.outbox.of(lane.key)
    waiting = [notice for notice in every if notice.fate is Fate.PENDING][:_MOST_AT_ONCE]
    if not waiting:
        _settle(lane, delivery, now)
        return Result.NOTHING
    receiver = delivery.receiver(lane.receiver)
    if receiver is None:
        return _without_receiver(lane, waiting, delivery, now)
    free = claim(delivery.rates, receiver, delivery.clock.now())
    if free is not None:
        _change(lane.later(free), delivery)
        return Result.RATE_USED_UP
    batch = _batch(lane, every, waiting, delivery, now)
    if batch is None:
        return _refuse(lane, waiting[:1], receiver, "its document is gone", delivery)
    return _send(lane, batch, receiver, delivery)


def _without_receiver(lane: Lane, waiting: list[Notice], delivery: Delivery, now: datetime) -> Result:
    """Wait for a day: the file of receivers may be wrong for a while, or name it no more for good."""
    reason = f"no receiver {lane.receiver} is configured"
    if now - waiting[0].at > _FORGOTTEN_AFTER:
        return _refuse(lane, waiting[:1], Receiver(lane.receiver, ""), reason, delivery)
    return _put_off(lane, PostAnswer(PostOutcome.RETRY, reason), None, delivery)


def _batch(
    lane: Lane, every: Sequence[Notice], waiting: list[Notice], delivery: Delivery, now: datetime
) -> _Batch | None:
    """Return what goes next; None where its message is gone."""
    if is_late(waiting, lane.attempts, now):
        incident = delivery.incident(waiting[0].incident)
        if incident is not None:
            return _Batch(tuple(waiting), draw_caught_up(incident, every, waiting, delivery.draw))
    text = delivery.outbox.text(waiting[0])
    return None if text is None else _Batch((waiting[0],), json.loads(text))


def _send(lane: Lane, batch: _Batch, receiver: Receiver, delivery: Delivery) -> Result:
    rows = [notice.row for notice in batch.notices]
    is_repeat = lane.sending in rows
    message = with_line(batch.message, _REPEAT) if is_repeat else batch.message
    begun = _change(lane.begun(rows[0], delivery.clock.now()), delivery)
    answer = delivery.post(receiver, message)
    now = delivery.clock.now()
    if answer.outcome is PostOutcome.ACCEPTED:
        delivery.outbox.settle(_told(batch.notices, now))
        _settle(begun, delivery, now)
        return Result.DELIVERED
    if answer.outcome is PostOutcome.REFUSED:
        return _refuse(begun, batch.notices, receiver, answer.reason, delivery)
    if answer.outcome is PostOutcome.RETRY and not is_repeat:
        begun = replace(begun, sending="")
    return _put_off(begun, answer, receiver, delivery)


def _told(notices: Sequence[Notice], now: datetime) -> list[Notice]:
    *merged, last = notices
    said = f"told on the card of {last.row}"
    earlier = [replace(one, fate=Fate.MERGED, reason=said, settled_at=now) for one in merged]
    return [*earlier, replace(last, fate=Fate.DELIVERED, settled_at=now)]


def _put_off(lane: Lane, answer: PostAnswer, receiver: Receiver | None, delivery: Delivery) -> Result:
    now = delivery.clock.now()
    until = answer.silent_until(now)
    if receiver is not None and until is not None:
        pause_receiver(delivery.rates, receiver, until)  # it asks this of all lanes
    after = _change(lane.failed(now, until), delivery)
    _log.warning(
        "Attempt %s of lane %s failed, the next is at %s: %s",
        after.attempts,
        lane.key,
        after.due_at,
        answer.reason,
    )
    return Result.LATER


def _refuse(
    lane: Lane, notices: Sequence[Notice], receiver: Receiver, reason: str, delivery: Delivery
) -> Result:
    """Give notices up, which does not hold back the next one."""
    now = delivery.clock.now()
    give_up(notices, receiver, reason, delivery, now)
    _settle(lane, delivery, now)
    return Result.GIVEN_UP


def _settle(lane: Lane, delivery: Delivery, now: datetime) -> None:
    """Ask for the next notice of a lane at once, or forget the lane where there is none."""
    while True:
        if any(notice.fate is Fate.PENDING for notice in delivery.outbox.of(lane.key)):
            _change(lane.next(now), delivery)
            delivery.outbox.wake(lane.key)
            return
        try:
            delivery.lanes.remove(lane)
        except LostRaceError:
            lane = _still_ours(lane, delivery)  # a notice was added after we looked
        else:
            return


def _change(lane: Lane, delivery: Delivery) -> Lane:
    """Store a lane that we have claimed; a notice that was added meanwhile changes the row, but not the claim.

    Raises:
        LostRaceError: our claim ended, and another's began.
    """
    while True:
        try:
            return delivery.lanes.save(lane)
        except LostRaceError:
            lane = replace(lane, etag=_still_ours(lane, delivery).etag)


def _still_ours(lane: Lane, delivery: Delivery) -> Lane:
    current = delivery.lanes.get(lane.key)
    if current is None or current.claim != lane.claim:
        raise LostRaceError(f"lane {lane.key}")
    return current
