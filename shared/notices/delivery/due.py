"""Ask for what is due: what was put off, and what a lost or poisoned message of the queue named."""

from dataclasses import replace
from datetime import datetime

from shared.notices.delivery.lane import Lanes
from shared.notices.notice import Outbox
from shared.races import LostRaceError


def ask_for_what_is_due(lanes: Lanes, outbox: Outbox, now: datetime) -> int:
    """Ask for the delivery of every lane that is due and not asked for yet, and return how many."""
    count = 0
    for lane in lanes.due(now):
        if not lane.wants_asking(now):
            continue
        try:
            lanes.save(replace(lane, asked_at=now))
        except LostRaceError:
            continue  # somebody works on it, or asked for it
        outbox.wake(lane.key)
        count += 1
    return count
