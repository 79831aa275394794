"""Catch up after an outage: one card with an incident's latest milestone, and what happened since the last card."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from shared.incidents.incident import Entry, Incident, Milestone
from shared.incidents.wording import moment
from shared.notices.cards.budget import size
from shared.notices.cards.elements import Card, Element, message, safe_text
from shared.notices.cards.envelope import Message, with_line
from shared.notices.cards.people.short_card import is_short
from shared.notices.notice import Fate, Notice

LATE_AFTER = timedelta(minutes=10)
_TIMELINE_BYTES = 9_000  # of a card
_TEXT_BYTES = (300, 160, 80, 0)  # of each entry; how it gives way
_FIRST = 5  # entries that stay where even the bare words are too many


def is_late(pending: Sequence[Notice], attempts: int, now: datetime) -> bool:
    """Tell whether the notices that wait about one incident are better sent as one."""
    first = pending[0]
    return len(pending) > 1 and bool(first.incident) and (attempts > 0 or now - first.at > LATE_AFTER)


def draw_caught_up(
    incident: Incident,
    notices: Sequence[Notice],
    pending: Sequence[Notice],
    draw: Callable[[Incident, Milestone], Card],
) -> Message:
    """Draw an incident as it is stored, at the latest milestone of it that waits, with its timeline since the last card.

    `notices` are all notices of the lane, `pending` those that wait.
    """
    milestones = ", ".join(notice.milestone for notice in pending)
    line = f"Sent late, for {len(pending)} cards at once ({milestones}); the first waited since {moment(pending[0].at)}."
    entries = _since(incident, notices)
    return with_line(message(draw(incident, _shown(incident, pending))), line, _timeline(entries))


def _shown(incident: Incident, pending: Sequence[Notice]) -> Milestone:
    """Return the latest milestone that a whole card tells; who has it stands there, too."""
    waiting = [Milestone(notice.milestone) for notice in pending]
    whole = [milestone for milestone in waiting if not is_short(incident, milestone)]
    return (whole or waiting)[-1]


def _since(incident: Incident, notices: Sequence[Notice]) -> list[Entry]:
    arrivals = [notice.at for notice in notices if notice.fate in {Fate.DELIVERED, Fate.MERGED}]
    last = max(arrivals, default=None)
    # An entry "told" says that a notice was written. The reader sees that by now.
    return [
        entry
        for entry in incident.timeline
        if (last is None or entry.at >= last) and not entry.what.startswith("told")
    ]


def _timeline(entries: Sequence[Entry]) -> list[Element]:
    if not entries:
        return []
    heading = {**_text(f"Timeline since {moment(entries[0].at)}"), "weight": "Bolder", "separator": True}
    lines: list[Element] = []
    for limit_bytes in _TEXT_BYTES:
        lines = [_line(entry, limit_bytes) for entry in entries]
        if size(lines) <= _TIMELINE_BYTES:
            return [heading, *lines]
    return [heading, *_folded(lines)]


def _folded(lines: list[Element]) -> list[Element]:
    """Leave out the middle, as many entries as it takes."""
    newest = lines[_FIRST:]
    while newest and size([*lines[:_FIRST], *newest]) > _TIMELINE_BYTES:
        newest = newest[1:]
    left_out = f"{len(lines) - _FIRST - len(newest)} entries are left out here; the report has them."
    return [*lines[:_FIRST], _text(left_out), *newest]


def _line(entry: Entry, limit_bytes: int) -> Element:
    more = f": {safe_text(entry.text, limit_bytes)}" if limit_bytes and entry.text else ""
    return _text(f"{entry.at.astimezone(UTC):%H:%M} **{safe_text(entry.what, 80)}**{more}")


def _text(text: str) -> Element:
    return {"type": "TextBlock", "text": text, "wrap": True, "spacing": "Small"}
