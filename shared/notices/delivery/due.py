"""Ask for what is due: what was put off, and what a lost or poisoned message of the queue named."""

from dataclasses import replace
from datetime import datetime

from shared.isolation import Isolation, Troubles
from shared.notices.delivery.lane import Lanes
from shared.notices.notice import Outbox


def ask_for_what_is_due(lanes: Lanes, outbox: Outbox, now: datetime, troubles: Troubles | None = None) -> int:
    """Ask for the delivery of every lane that is due and not asked for yet, and return how many."""
    count = 0
    isolation = Isolation("send_due_notices", troubles)
    for lane in lanes.due(now):
        with isolation.item(lane.key):
            if lane.wants_asking(now):
                # Where the race is lost, somebody works on it, or asked for it.
                lanes.save(replace(lane, asked_at=now))
                outbox.wake(lane.key)
                count += 1
    isolation.end()
    return count
