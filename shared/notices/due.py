"""Ask for what is due: what was put off, and what a lost or poisoned message of the queue named."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.store import LostRaceError
from shared.notices.notice import Outbox
from shared.notices.streams import Streams


def ask_for_what_is_due(streams: Streams, outbox: Outbox, now: datetime) -> int:
    """Ask for the delivery of every stream that wants it, and return how many."""
    asked = 0
    for stream in streams.due(now):
        if not stream.wants_asking(now):
            continue
        try:
            streams.save(replace(stream, asked_at=now))
        except LostRaceError:
            continue  # somebody works on it, or asked for it
        outbox.wake(stream.key)
        asked += 1
    return asked
