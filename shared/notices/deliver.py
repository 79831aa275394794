"""Deliver what waits in one stream: its first notice, or after an outage all of an incident's as one card."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.configuration.receivers import Receiver
from shared.incidents.store import LostRaceError
from shared.notices.answer import Answer, Outcome
from shared.notices.caught_up import draw_caught_up, is_late
from shared.notices.envelope import Message, with_line
from shared.notices.fallback import give_up
from shared.notices.notice import Fate, Notice
from shared.notices.office import Office
from shared.notices.slots import claim, close
from shared.notices.streams import Stream

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
    NO_SLOT = "the receiver's rate is used up"
    LATER = "not taken; it is tried again"
    GIVEN_UP = "refused for good"


@dataclass(frozen=True, slots=True)
class _Batch:
    """Notices that go as one message."""

    notices: tuple[Notice, ...]
    message: Message


def deliver(key: str, office: Office) -> Result:
    """Deliver once from a stream, unless another instance does, or it is not due, or no slot is free.

    1. The stream is claimed, so that one instance works on it; a claim ends by itself.
    2. Its first undelivered notice is taken, or all of them as one card.
    3. A slot of the receiver is claimed.
    4. That a post begins is noted, durably.
    5. It is posted.
    6. What became of it is noted: of the notices first, then of the stream.

    Whoever falls over in between leaves a claim that ends, and a stream that is asked for again. Only between 4 and 6
    can a card come twice, and the second then says so.
    """
    now = office.clock.now()
    stream = office.streams.get(key)
    if stream is None:
        return Result.NOTHING
    if stream.is_claimed(now):
        return Result.TAKEN
    if stream.due_at > now:
        return Result.EARLY
    try:
        return _claimed(office.streams.save(stream.claimed(office.claim(), now)), office, now)
    except LostRaceError:
        return Result.TAKEN  # or its claim ended while we were slow, and another's began


def _claimed(stream: Stream, office: Office, now: datetime) -> Result:
    every = office.outbox.of(stream.key)
    waiting = [notice for notice in every if notice.fate is Fate.PENDING][:_MOST_AT_ONCE]
    if not waiting:
        _settle(stream, office, now)
        return Result.NOTHING
    receiver = office.receiver(stream.receiver)
    if receiver is None:
        return _without_receiver(stream, waiting, office, now)
    free = claim(office.slots, receiver, office.clock.now())
    if free is not None:
        _change(stream.later(free), office)
        return Result.NO_SLOT
    batch = _batch(stream, every, waiting, office, now)
    if batch is None:
        return _refuse(stream, waiting[:1], receiver, "its document is gone", office)
    return _send(stream, batch, receiver, office)


def _without_receiver(stream: Stream, waiting: list[Notice], office: Office, now: datetime) -> Result:
    """Wait for a day: the file of receivers may be wrong for a while, or name it no more for good."""
    reason = f"no receiver {stream.receiver} is configured"
    if now - waiting[0].at > _FORGOTTEN_AFTER:
        return _refuse(stream, waiting[:1], Receiver(stream.receiver, ""), reason, office)
    return _put_off(stream, Answer(Outcome.RETRY, reason), None, office)


def _batch(
    stream: Stream, every: Sequence[Notice], waiting: list[Notice], office: Office, now: datetime
) -> _Batch | None:
    """Return what goes next; None where its message is gone."""
    if is_late(waiting, stream.attempts, now):
        incident = office.incident(waiting[0].incident)
        if incident is not None:
            return _Batch(tuple(waiting), draw_caught_up(incident, every, waiting, office.draw))
    text = office.outbox.text(waiting[0])
    return None if text is None else _Batch((waiting[0],), json.loads(text))


def _send(stream: Stream, batch: _Batch, receiver: Receiver, office: Office) -> Result:
    rows = [notice.row for notice in batch.notices]
    is_repeat = stream.sending in rows
    message = with_line(batch.message, _REPEAT) if is_repeat else batch.message
    begun = _change(stream.begun(rows[0], office.clock.now()), office)
    answer = office.post(receiver, message)
    now = office.clock.now()
    if answer.outcome is Outcome.ACCEPTED:
        office.outbox.settle(_told(batch.notices, now))
        _settle(begun, office, now)
        return Result.DELIVERED
    if answer.outcome is Outcome.REFUSED:
        return _refuse(begun, batch.notices, receiver, answer.reason, office)
    if answer.outcome is Outcome.RETRY and not is_repeat:
        begun = replace(begun, sending="")
    return _put_off(begun, answer, receiver, office)


def _told(notices: Sequence[Notice], now: datetime) -> list[Notice]:
    *merged, last = notices
    said = f"told on the card of {last.row}"
    earlier = [replace(one, fate=Fate.MERGED, reason=said, settled_at=now) for one in merged]
    return [*earlier, replace(last, fate=Fate.DELIVERED, settled_at=now)]


def _put_off(stream: Stream, answer: Answer, receiver: Receiver | None, office: Office) -> Result:
    now = office.clock.now()
    until = answer.silent_until(now)
    if receiver is not None and until is not None:
        close(office.slots, receiver, until)  # it speaks for all streams
    after = _change(stream.failed(now, until), office)
    _log.warning(
        "Attempt %s of stream %s failed, the next is at %s: %s",
        after.attempts,
        stream.key,
        after.due_at,
        answer.reason,
    )
    return Result.LATER


def _refuse(
    stream: Stream, notices: Sequence[Notice], receiver: Receiver, reason: str, office: Office
) -> Result:
    """Give notices up, which does not hold back the next one."""
    now = office.clock.now()
    give_up(notices, receiver, reason, office, now)
    _settle(stream, office, now)
    return Result.GIVEN_UP


def _settle(stream: Stream, office: Office, now: datetime) -> None:
    """Ask for the next notice of a stream at once, or forget the stream where there is none."""
    while True:
        if any(notice.fate is Fate.PENDING for notice in office.outbox.of(stream.key)):
            _change(stream.next(now), office)
            office.outbox.wake(stream.key)
            return
        try:
            office.streams.remove(stream)
        except LostRaceError:
            stream = _still_ours(stream, office)  # a notice was added after we looked
        else:
            return


def _change(stream: Stream, office: Office) -> Stream:
    """Store a stream that we have claimed; a notice that was added meanwhile changes the row, but not the claim.

    Raises:
        LostRaceError: our claim ended, and another's began.
    """
    while True:
        try:
            return office.streams.save(stream)
        except LostRaceError:
            stream = replace(stream, etag=_still_ours(stream, office).etag)


def _still_ours(stream: Stream, office: Office) -> Stream:
    current = office.streams.get(stream.key)
    if current is None or current.claim != stream.claim:
        raise LostRaceError(f"stream {stream.key}")
    return current
