"""Deliver dead letters of notices again, and put those of alerts back into their queue."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.health.deadletters import DeadLetter, DeadLetters
from shared.notices.delivery.lane import Lanes
from shared.notices.notice import Fate, Outbox

QUEUE = "notices"


@dataclass(frozen=True, slots=True)
class Redelivery:
    """The outcome for one letter, in a few words; `is_kept` where nothing could be done and the letter stays."""

    letter: DeadLetter
    outcome: str
    is_kept: bool = False


def redeliver(letters: DeadLetters, outbox: Outbox, lanes: Lanes, now: datetime) -> list[Redelivery]:
    """Make every dead letter of notices pending again and ask for its delivery; safe to repeat."""
    redeliveries = [_redeliver_letter(letter, outbox, lanes, now) for letter in letters.read(QUEUE)]
    for redelivery in redeliveries:
        if not redelivery.is_kept:
            letters.remove(redelivery.letter)
    return redeliveries


def requeue_alerts(letters: DeadLetters, queue: str, send: Callable[[str], object]) -> list[Redelivery]:
    """Send every dead letter of a queue of alerts to it again; safe to repeat, for an alert is taken into an incident once."""
    redeliveries = []
    for letter in letters.read(queue):
        if not isinstance(_ids(letter.text).get("alert"), str):
            redeliveries.append(Redelivery(letter, "it names no alert", is_kept=True))
            continue
        send(letter.text)
        letters.remove(letter)
        redeliveries.append(Redelivery(letter, "asked for again"))
    return redeliveries


def _redeliver_letter(letter: DeadLetter, outbox: Outbox, lanes: Lanes, now: datetime) -> Redelivery:
    ids = _ids(letter.text)
    if isinstance(ids.get("stream"), str):
        if lanes.get(ids["stream"]) is None:
            return Redelivery(letter, "all of its stream was delivered meanwhile")
        outbox.wake(ids["stream"])
        return Redelivery(letter, "its stream was asked for")
    notice = outbox.get(ids["notice"]) if isinstance(ids.get("notice"), str) else None
    if notice is None:
        return Redelivery(letter, "it names no notice that is kept", is_kept=True)
    if notice.fate not in {Fate.DEAD, Fate.PENDING}:
        return Redelivery(letter, f"it is {notice.fate}")
    pending = replace(notice, fate=Fate.PENDING, reason="", settled_at=None)
    outbox.settle([pending])
    outbox.ask(pending, now)
    return Redelivery(letter, "pending again")


def _ids(text: str) -> dict[str, str]:
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return ids if isinstance(ids, dict) else {}
