"""Deliver dead letters of notices again, and hand those of alerts back to their queue."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.health.deadletters import DeadLetter, DeadLetters
from shared.notices.delivery.lane import Lanes
from shared.notices.notice import Fate, Outbox

QUEUE = "notices"
ALERTS = "alerts"


@dataclass(frozen=True, slots=True)
class Redelivered:
    """What became of one letter."""

    letter: DeadLetter
    done: str  # in a few words
    is_kept: bool = False  # nothing could be done, so the letter stays


def redeliver(letters: DeadLetters, outbox: Outbox, lanes: Lanes, now: datetime) -> list[Redelivered]:
    """Make every dead letter of notices pending again and ask for its delivery; safe to repeat."""
    done = [_redelivered(letter, outbox, lanes, now) for letter in letters.read(QUEUE)]
    for one in done:
        if not one.is_kept:
            letters.remove(one.letter)
    return done


def hand_back_alerts(letters: DeadLetters, send: Callable[[str], object]) -> list[Redelivered]:
    """Send every dead letter of alerts to its queue again; safe to repeat, for an alert that was taken is known."""
    done = []
    for letter in letters.read(ALERTS):
        if not isinstance(_named(letter.text).get("alert"), str):
            done.append(Redelivered(letter, "it names no alert", is_kept=True))
            continue
        send(letter.text)
        letters.remove(letter)
        done.append(Redelivered(letter, "asked for again"))
    return done


def _redelivered(letter: DeadLetter, outbox: Outbox, lanes: Lanes, now: datetime) -> Redelivered:
    named = _named(letter.text)
    if isinstance(named.get("stream"), str):
        if lanes.get(named["stream"]) is None:
            return Redelivered(letter, "all of its stream was delivered meanwhile")
        outbox.wake(named["stream"])
        return Redelivered(letter, "its stream was asked for")
    notice = outbox.get(named["notice"]) if isinstance(named.get("notice"), str) else None
    if notice is None:
        return Redelivered(letter, "it names no notice that is kept", is_kept=True)
    if notice.fate not in {Fate.DEAD, Fate.PENDING}:
        return Redelivered(letter, f"it is {notice.fate}")
    pending = replace(notice, fate=Fate.PENDING, reason="", settled_at=None)
    outbox.settle([pending])
    outbox.ask(pending, now)
    return Redelivered(letter, "pending again")


def _named(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
