"""Ask how many rows each table holds of a resource, from when to when: one query for all tables of a run."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.playbooks.coverage.gaps import gap_note
from shared.playbooks.diagnosis import TableCoverage
from shared.queries.categories import CATEGORIES
from shared.queries.logs import LogAnswer
from shared.queries.run import Outcome
from shared.queries.scope import Window

NEAR, FAR = timedelta(days=1), timedelta(days=30)  # how far around the window rows are looked for

_SLOT = timedelta(minutes=5)
_MOST_SLOTS = 288  # of a window; a longer one than a day has longer slots
_OF_TABLE = """\
({table}
    | where TimeGenerated >= windowStart - {reach}h and TimeGenerated < windowEnd + {reach}h
    | summarize Rows = count(), First = min(TimeGenerated), Last = max(TimeGenerated)
        by _ResourceId, Slot = bin(TimeGenerated, {slot}s), IsNow = ofWindow(TimeGenerated)
    | extend IsOurs = {ours}
    | extend IsSeen = IsOurs and IsNow
    | summarize Held = sum(Rows), Ours = sumif(Rows, IsOurs), Seen = sumif(Rows, IsSeen),
        Oldest = min(iff(IsOurs, First, datetime(null))), Newest = max(iff(IsOurs, Last, datetime(null))),
        First = min(iff(IsSeen, First, datetime(null))), Last = max(iff(IsSeen, Last, datetime(null))),
        Slots = tostring(make_list(iff(IsSeen, bag_pack("at", Slot, "rows", Rows), dynamic(null))))
    | project Table = "{table}", Held, Ours, Seen, First, Last, Oldest, Newest, Slots)"""


def coverage_query(tables: Iterable[str], window: Window, reach: timedelta = NEAR) -> str:
    """Write the query that tells of each table how many rows it holds of the resource, and when."""
    slot = int(slot_of(window).total_seconds())
    hours = reach // timedelta(hours=1)
    legs = (
        _OF_TABLE.format(table=table, ours=_ours(table), reach=hours, slot=slot) for table in sorted(tables)
    )
    return "union\n" + ",\n".join(legs)


def coverage_of(
    outcome: Outcome, window: Window, breach: Window | None = None
) -> tuple[TableCoverage, ...] | None:
    """Read the answer to a coverage query; None where it was not answered.

    `breach` is the part of the window that the rows must cover; None where that is all of it.
    """
    if not isinstance(outcome, LogAnswer):
        return None
    coverages = (_read(row, window, breach or window) for row in outcome.rows)
    return tuple(sorted(coverages, key=lambda coverage: coverage.table))


def slot_of(window: Window) -> timedelta:
    """Return the length of the slots in which a window is searched for gaps."""
    return max(_SLOT, timedelta(seconds=-(-(window.end - window.start).total_seconds() // _MOST_SLOTS)))


def _ours(table: str) -> str:
    """Return the condition for rows that tell of the resource; the Activity Log holds few, and all of them tell."""
    if table.startswith("App"):
        return "ofApps(_ResourceId)"
    return "ofResource(_ResourceId)" if table in CATEGORIES else "true"


def _read(row: Mapping[str, object], window: Window, breach: Window) -> TableCoverage:
    table = str(row["Table"])
    coverage = TableCoverage(
        table=table,
        rows=_count(row["Seen"]),
        first=_moment(row["First"]),
        last=_moment(row["Last"]),
        oldest=_moment(row["Oldest"]),
        newest=_moment(row["Newest"]),
        held=_count(row["Held"]),
    )
    if table not in CATEGORIES:  # a change or a trace comes when it comes
        return coverage
    return replace(coverage, note=gap_note(coverage, _slots(row["Slots"]), slot_of(window), breach))


def _slots(value: object) -> Mapping[datetime, int]:
    """Return how many rows each slot holds, by its start."""
    counts: Counter[datetime] = Counter()
    for slot in json.loads(str(value or "[]")):
        start = datetime.fromisoformat(slot["at"])
        counts[start.replace(tzinfo=start.tzinfo or UTC)] += _count(slot["rows"])
    return counts


def _count(value: object) -> int:
    return int(float(str(value or 0)))


def _moment(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
