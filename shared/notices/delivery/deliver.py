"""Deliver what waits in one lane: its first notice, or after an outage all of an incident's as one card."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from shared.configuration.receivers import Receiver
from shared.errors import LinekeeperError
from shared.incidents.incident import Incident
from shared.isolation import DATA_ERRORS
from shared.notices.cards.envelope import Message, message_in, with_line
from shared.notices.delivery.catch_up import draw_caught_up, is_late
from shared.notices.delivery.fallback import give_up, pass_to
from shared.notices.delivery.lane import Lane
from shared.notices.delivery.ports import Delivery, DeliveryStores, Parcel
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import claim_post, pause_receiver
from shared.notices.notice import Fate, Notice, pending_in
from shared.races import LostRaceError, until_won

_MOST_AT_ONCE = 90  # a transaction of Table Storage changes 100 rows
_FORGOTTEN_AFTER = timedelta(days=1)
_TRIES = 12  # each lost race means that a notice was added, and an incident has few
_REPEAT = "This may be a repeat: the answer to an earlier attempt was lost."

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class _ClaimEndedError(LinekeeperError):
    """Our claim of a lane ended, and another's began; nothing is tried again."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(f"the claim of lane {lane.key} has ended", permanent=False)


class Result(StrEnum):
    """What came of a delivery; none is an error."""

    DELIVERED = "delivered"
    NOTHING = "nothing waits"
    EARLY = "not due yet"
    TAKEN = "another instance works on it"
    RATE_USED_UP = "the receiver's rate is used up"
    LATER = "not taken; it is tried again"
    GIVEN_UP = "refused for good"
    DECIDED_AGAIN = "told to others, for its receiver is no more"
    WITHDRAWN = "withdrawn before it was sent"


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
    lane = delivery.stores.lanes.get(key)
    if lane is None:
        return Result.NOTHING
    if lane.is_claimed(now):
        return Result.TAKEN
    if not lane.is_due(now):
        return Result.EARLY
    try:
        return _deliver_claimed(
            delivery.stores.lanes.save(lane.claimed_by(delivery.claim(), now)), delivery, now
        )
    except (LostRaceError, _ClaimEndedError):
        return Result.TAKEN


def _deliver_claimed(lane: Lane, delivery: Delivery, now: datetime) -> Result:
    notices = delivery.stores.outbox.of(lane.key)
    pending = [notice for notice in notices if notice.fate is Fate.PENDING][:_MOST_AT_ONCE]
    if not pending:
        _settle(lane, delivery.stores, now)
        return Result.NOTHING
    if lane.withdrawn:
        return _let_rest(lane, pending, delivery.stores, now)
    receiver = delivery.receiver(lane.receiver)
    if receiver is None:
        return _without_receiver(lane, pending, delivery, now)
    free = claim_post(delivery.stores.rates, receiver, delivery.clock.now(), lane.urgency)
    if free is not None:
        _change(lane.released_until(free), delivery.stores)
        return Result.RATE_USED_UP
    batch = _batch(lane, notices, pending, delivery, now)
    if isinstance(batch, str):
        return _refuse(lane, pending[:1], receiver, batch, delivery)
    return _send(lane, batch, receiver, delivery)


def _without_receiver(lane: Lane, pending: list[Notice], delivery: Delivery, now: datetime) -> Result:
    """Tell others where the decision is taken again, else wait for a day: the file may name it no more for good."""
    reason = f"no receiver {lane.receiver} is configured"
    for notice in pending:
        successors = delivery.successors(notice)
        if successors is None:
            break
        pass_to(notice, successors, reason, delivery.stores, now)
    else:
        _settle(lane, delivery.stores, now)
        return Result.DECIDED_AGAIN
    if now - pending[0].at > _FORGOTTEN_AFTER:
        return _refuse(lane, pending[:1], Receiver(lane.receiver, ""), reason, delivery)
    return _put_off(lane, PostAnswer(PostOutcome.RETRY, reason), None, delivery)


def _batch(
    lane: Lane, notices: Sequence[Notice], pending: list[Notice], delivery: Delivery, now: datetime
) -> _Batch | str:
    """Return what goes next, or why its message cannot be sent."""
    if is_late(pending, lane.attempts, now):
        incident = delivery.incident(pending[0].incident)
        caught_up = _caught_up(incident, notices, pending, delivery) if incident else None
        if caught_up is not None:
            return _Batch(tuple(pending), caught_up)
    text = delivery.stores.outbox.text(pending[0])
    if text is None:
        return "its document is gone"
    message = message_in(text)
    return "its document is not a message" if message is None else _Batch((pending[0],), message)


def _caught_up(
    incident: Incident, notices: Sequence[Notice], pending: list[Notice], delivery: Delivery
) -> Message | None:
    """Return all that waits as one card; None where what is stored cannot be drawn, and they go one by one."""
    try:
        return draw_caught_up(
            incident,
            notices,
            pending,
            lambda incident, milestone: delivery.draw(incident, milestone, pending[0].receiver),
        )
    except DATA_ERRORS:
        _log.exception("%s could not be drawn", incident.id)
        return None


def _send(lane: Lane, batch: _Batch, receiver: Receiver, delivery: Delivery) -> Result:
    rows = [notice.row for notice in batch.notices]
    is_repeat = lane.sending in rows
    message = with_line(batch.message, _REPEAT) if is_repeat else batch.message
    lane = _change(lane.with_post_begun(rows[0], delivery.clock.now()), delivery.stores)
    answer = delivery.post(receiver, Parcel(batch.notices, message, is_repeat))
    now = delivery.clock.now()
    if answer.outcome is PostOutcome.ACCEPTED:
        delivery.stores.outbox.settle(_with_fates(batch.notices, now))
        _settle(lane, delivery.stores, now)
        return Result.DELIVERED
    if answer.outcome is PostOutcome.REFUSED:
        return _refuse(lane, batch.notices, receiver, answer.reason, delivery)
    if answer.outcome is PostOutcome.RETRY and not is_repeat:
        lane = replace(lane, sending="")
    return _put_off(lane, answer, receiver, delivery)


def _with_fates(notices: Sequence[Notice], now: datetime) -> list[Notice]:
    *merged, last = notices
    reason = f"told on the card of {last.row}"
    earlier = [replace(notice, fate=Fate.MERGED, reason=reason, settled_at=now) for notice in merged]
    return [*earlier, replace(last, fate=Fate.DELIVERED, settled_at=now)]


def _put_off(lane: Lane, answer: PostAnswer, receiver: Receiver | None, delivery: Delivery) -> Result:
    now = delivery.clock.now()
    until = answer.silent_until(now)
    if receiver is not None and until is not None:
        pause_receiver(delivery.stores.rates, receiver, until)  # it asks this of all lanes
    after = _change(lane.released_after_failure(now, until), delivery.stores)
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
    give_up(notices, receiver, reason, delivery.stores, now)
    _settle(lane, delivery.stores, now)
    return Result.GIVEN_UP


def _let_rest(lane: Lane, notices: Sequence[Notice], stores: DeliveryStores, now: datetime) -> Result:
    """End what an instance began that withdrew the notice of a lane and fell over, or stood still."""
    stores.outbox.settle([notice.withdrawn(lane.withdrawn, now) for notice in notices])
    _settle(lane, stores, now)
    return Result.WITHDRAWN


def _settle(lane: Lane, stores: DeliveryStores, now: datetime) -> None:
    """Ask for the next notice of a lane at once, or forget the lane where there is none."""

    def settle_once(lane: Lane) -> None:
        if pending_in(stores.outbox, lane.key):
            stores.lanes.save(lane.released_for_next(now))
            stores.outbox.wake(lane.key)
        else:
            stores.lanes.remove(lane)

    _write_claimed(lane, stores, settle_once)


def _change(lane: Lane, stores: DeliveryStores) -> Lane:
    return _write_claimed(lane, stores, stores.lanes.save)


def _write_claimed(lane: Lane, stores: DeliveryStores, write: Callable[[Lane], _T]) -> _T:
    """Write a lane that we have claimed; a notice that was added meanwhile changes the row, but not the claim.

    Raises:
        LostRaceError: notices were added, again and again.
        _ClaimEndedError: our claim ended, and another's began.
    """
    try:
        return write(lane)
    except LostRaceError:
        return until_won(lambda: write(_with_current_etag(lane, stores)), tries=_TRIES - 1)


def _with_current_etag(lane: Lane, stores: DeliveryStores) -> Lane:
    current = stores.lanes.get(lane.key)
    if current is None or current.claim != lane.claim:
        raise _ClaimEndedError(lane)
    return replace(lane, etag=current.etag, urgency=current.urgency)
