"""Tell whether the rows of a table leave out a part of the window that they would not have left out by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from shared.clock import iso
from shared.playbooks.diagnosis import TableCoverage
from shared.queries.scope import Window

# Rows that Azure returns at most: in Grafana and workbooks, in the portal, by the API
# (azure-monitor-docs, includes/azure-monitor-limits-log-queries.md).
ROW_LIMITS = (10_000, 30_000, 500_000)

_LEAST_ROWS = 20  # fewer say nothing about how often rows come
_LEAST_EXPECTED = 20  # rows that a gap would have held
_LEAST_IN_HOLE = 100  # rows that a gap between others would have held: traffic has lulls
_LEAST_GAP = timedelta(minutes=5)
_USUAL_GAPS = 3  # a gap is one when it is so many times as long as the longest other one


def gap_note(coverage: TableCoverage, slots: Mapping[datetime, int], slot: timedelta, needed: Window) -> str:
    """Say which part of a window a table leaves out, or that an export was cut; "" where it covers all that is needed.

    `slots` are the rows of each stretch of time that holds some, by its start; each is `slot` long.
    """
    notes = [*_limits(coverage), *_gaps(coverage, slots, slot, needed)]
    return ", ".join(notes)


def _limits(coverage: TableCoverage) -> Iterator[str]:
    if coverage.held in ROW_LIMITS:
        yield f"exactly {coverage.held:,} rows, which is a limit of Azure's exports: others may be left out"


def _gaps(
    coverage: TableCoverage, slots: Mapping[datetime, int], slot: timedelta, needed: Window
) -> Iterator[str]:
    """Yield the parts of a window that a table leaves out."""
    if coverage.first is None or coverage.last is None or coverage.rows < _LEAST_ROWS:
        return
    gaps = sorted((later - earlier - slot, earlier + slot) for earlier, later in pairwise(sorted(slots)))
    usual = gaps[-1][0] if gaps else timedelta(0)
    yield from _ends(coverage, slots, needed, usual)
    yield from _holes(coverage, gaps, needed)


def _ends(
    coverage: TableCoverage, slots: Mapping[datetime, int], needed: Window, usual: timedelta
) -> Iterator[str]:
    """Yield the ends of a window at which more rows are missing than come in as much time beside them."""
    first, last = coverage.first or needed.start, coverage.last or needed.end
    head, tail = first - needed.start, needed.end - last
    beside_head = sum(rows for start, rows in slots.items() if start < first + head)
    beside_tail = sum(rows for start, rows in slots.items() if start > last - tail)
    if _is_gap(coverage, head, usual) and beside_head >= _LEAST_EXPECTED:
        yield f"rows only from {clock(first, needed)}"
    if _is_gap(coverage, tail, usual) and beside_tail >= _LEAST_EXPECTED:
        yield f"rows only until {clock(last, needed)}"


def _holes(
    coverage: TableCoverage, gaps: Sequence[tuple[timedelta, datetime]], needed: Window
) -> Iterator[str]:
    """Yield the longest gap between rows, where it stands out from the next one."""
    if len(gaps) < 2:
        return
    (usual, _), (longest, start) = gaps[-2:]
    is_needed = start < needed.end and start + longest > needed.start
    if is_needed and _is_gap(coverage, longest, usual, _LEAST_IN_HOLE):
        yield f"no rows from {clock(start, needed)} to {clock(start + longest, needed)}"


def _is_gap(
    coverage: TableCoverage, gap: timedelta, usual: timedelta, expected: int = _LEAST_EXPECTED
) -> bool:
    if coverage.first is None or coverage.last is None or gap <= _LEAST_GAP or gap < _USUAL_GAPS * usual:
        return False
    spread = max(coverage.last - coverage.first, timedelta(minutes=1))
    return coverage.rows * (gap / spread) >= expected


def clock(moment: datetime, window: Window) -> str:
    """Write a moment as a time of day, with its date where the window does not lie on one day."""
    last = window.end - timedelta(microseconds=1)
    is_one_day = window.start.date() == last.date() == moment.date()
    return f"{moment:%H:%M}" if is_one_day else iso(moment)[:16].replace("T", " ")
