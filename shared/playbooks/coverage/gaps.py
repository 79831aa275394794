"""Tell whether the rows of a table leave out a part of the window that they would not have left out by themselves."""

from collections.abc import Iterator, Sequence
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
_LEAST_GAP = timedelta(minutes=5)
_USUAL_GAPS = 3  # a gap is one when it is so many times as long as the longest other one


def gap_note(coverage: TableCoverage, slots: Sequence[int], window: Window, slot: timedelta) -> str:
    """Say which part of the window a table leaves out, or that an export was cut; "" where it covers the window.

    `slots` are the numbers of the parts of the window, each `slot` long, that hold rows.
    """
    if coverage.held in ROW_LIMITS:
        return f"exactly {coverage.held:,} rows, which is a limit of Azure's exports: others may be left out"
    if coverage.first is None or coverage.last is None or coverage.rows < _LEAST_ROWS:
        return ""
    inner = [(later - earlier - 1) * slot for earlier, later in pairwise(slots)]
    longest = max(inner, default=timedelta(0))
    notes = [
        *_ends(coverage, coverage.first, coverage.last, window, longest),
        *_holes(coverage, slots, window, slot),
    ]
    return ", ".join(notes)


def _ends(
    coverage: TableCoverage, first: datetime, last: datetime, window: Window, usual: timedelta
) -> Iterator[str]:
    if _is_gap(coverage, first - window.start, usual):
        yield f"rows only from {clock(first, window)}"
    if _is_gap(coverage, window.end - last, usual):
        yield f"rows only until {clock(last, window)}"


def _holes(coverage: TableCoverage, slots: Sequence[int], window: Window, slot: timedelta) -> Iterator[str]:
    gaps = sorted(((later - earlier - 1) * slot, earlier) for earlier, later in pairwise(slots))
    if len(gaps) < 2:
        return
    (usual, _), (longest, before) = gaps[-2:]
    if longest > _LEAST_GAP and _is_gap(coverage, longest, usual):
        start = window.start + (before + 1) * slot
        yield f"no rows from {clock(start, window)} to {clock(start + longest, window)}"


def _is_gap(coverage: TableCoverage, gap: timedelta, usual: timedelta) -> bool:
    if coverage.first is None or coverage.last is None or gap <= _LEAST_GAP or gap < _USUAL_GAPS * usual:
        return False
    spread = max(coverage.last - coverage.first, timedelta(minutes=1))
    return coverage.rows * (gap / spread) >= _LEAST_EXPECTED


def clock(moment: datetime, window: Window) -> str:
    """Write a moment as a time of day, with its date where the window does not lie on one day."""
    last = window.end - timedelta(microseconds=1)
    is_one_day = window.start.date() == last.date() == moment.date()
    return f"{moment:%H:%M}" if is_one_day else iso(moment)[:16].replace("T", " ")
