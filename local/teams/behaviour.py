"""Behaviours of a channel that a test plans, request by request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one request is met.

    Attributes:
        status: the answer; anything but 202 is a refusal.
        retry_after: the header of a refusal, in seconds.
        fails_later: the message is accepted, and the flow's run fails: no one ever sees the card.
        delay: seconds between what is done and the answer.
        is_lost: the connection is reset in place of the answer.
    """

    status: int = 202
    retry_after: int | None = None
    fails_later: bool = False
    delay: float = 0
    is_lost: bool = False


# Called with the number of the request, from 1, and the time at which it came.
BehaviourPlan = Callable[[int, datetime], Behaviour]

SOUND = Behaviour()
FAILS_LATER = Behaviour(fails_later=True)
ANSWER_LOST = Behaviour(is_lost=True)
UNAVAILABLE = Behaviour(503)
GONE = Behaviour(404)  # the flow was deleted or switched off, or the address is an old one


def throttled(retry_after: int | None = None) -> Behaviour:
    """Refuse as too busy, with or without the header that says until when."""
    return Behaviour(429, retry_after)


def refused(status: int) -> Behaviour:
    """Refuse with a status: 400, 401, 403, 404 and 410 are for good, 5xx passes."""
    return Behaviour(status)


def slow(seconds: float) -> Behaviour:
    """Take the message and show it, but answer late."""
    return Behaviour(delay=seconds)


def always_sound(_number: int, _at: datetime) -> Behaviour:
    """Do nothing wrong."""
    return SOUND


def in_turn(*behaviours: Behaviour) -> BehaviourPlan:
    """Use up each behaviour once, in this order, then do nothing wrong."""
    remaining = iter(behaviours)
    return lambda _number, _at: next(remaining, SOUND)


def until(end: datetime, behaviour: Behaviour) -> BehaviourPlan:
    """Show a behaviour before a time, and none of it from then on."""
    return lambda _number, at: behaviour if at < end else SOUND
