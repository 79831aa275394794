"""Fetch tables from a workspace into a folder, complete, in parts that stay below the limits of one answer."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import IO

from local.exports.owned import owner_filter
from shared.clock import iso
from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.prelude import complete
from shared.queries.run import AT_ONCE
from shared.queries.scope import LOOKBACK, Scope, Window

PART_ROWS = 50_000  # of one query; Azure cuts an answer at 500,000 rows or 100 MB
_BUCKET = timedelta(minutes=5)
_SHORTEST = timedelta(microseconds=1)
_WITHIN = timedelta(minutes=3)


@dataclass(slots=True)
class FetchedTable:
    """What became of one table; `missing` was never received, `failure` says why it could not be read."""

    name: str
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    parts: int = 0
    is_complete: bool = True
    is_missing: bool = False
    failure: str = ""

    def add(self, moments: Sequence[datetime]) -> None:
        """Count the rows of one part by their times."""
        self.rows += len(moments)
        self.parts += 1
        self.first = min([*moments, *filter(None, [self.first])], default=None)
        self.last = max([*moments, *filter(None, [self.last])], default=None)


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetches tables of one scope, from 24 hours before its window on, for that is how far checks look back."""

    logs: Logs
    scope: Scope
    folder: Path
    part_rows: int = PART_ROWS
    observe: Callable[[int, int], None] | None = (
        None  # is told after each part how many tables are done, of how many
    )
    start: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Work out how far back the checks look."""
        object.__setattr__(self, "start", self.scope.window.start - LOOKBACK)

    def tables(self, names: Sequence[str]) -> list[FetchedTable]:
        """Fetch tables, a few at a time, each into its NDJSON file; a missing one gets none."""
        done: list[str] = []

        def fetched(name: str) -> FetchedTable:
            table = self._table(name, lambda: self._tell(len(done), len(names)))
            done.append(name)
            self._tell(len(done), len(names))
            return table

        with ThreadPoolExecutor(AT_ONCE) as executor:
            return list(executor.map(fetched, names))

    def _tell(self, done: int, every: int) -> None:
        if self.observe:
            self.observe(done, every)

    def _table(self, name: str, part_done: Callable[[], None]) -> FetchedTable:
        table = FetchedTable(name)
        path = self.folder / f"{name}.ndjson"
        try:
            parts, counted = self._plan(name)
            with path.open("w", encoding="utf-8") as file:
                for part in parts:
                    self._part(table, part, file)
                    part_done()
            table.is_complete = table.is_complete and table.rows >= counted
        except QueryError as error:
            path.unlink(missing_ok=True)
            if error.failure is Failure.MISSING_TABLE:
                return FetchedTable(name, is_missing=True)
            return FetchedTable(name, is_complete=False, failure=f"{error.failure}: {error}")
        return table

    def _plan(self, name: str) -> tuple[list[Window], int]:
        """Return windows of about as many rows as one query should bring, and the number of rows in all."""
        counts = f"summarize Rows = count() by Bucket = bin(TimeGenerated, {_BUCKET.seconds}s)"
        answer = self._ask(name, Window(self.start, self.scope.window.end), counts)
        buckets = sorted((_moment(row["Bucket"]), int(str(row["Rows"]))) for row in answer.rows)
        bounds, held = [self.start], 0
        for bucket, rows in buckets:
            if held and held + rows > self.part_rows and bucket > bounds[-1]:
                bounds.append(bucket)
                held = 0
            held += rows
        bounds.append(self.scope.window.end)
        windows = [Window(start, end) for start, end in pairwise(bounds)] if buckets else []
        return windows, sum(rows for _, rows in buckets)

    def _part(self, table: FetchedTable, part: Window, file: IO[str]) -> None:
        """Write the rows of a window; one that meets a limit is split until it does not."""
        answer = self._ask(table.name, part, "extend _IngestionTime = ingestion_time()")
        if answer.partial and part.end - part.start > _SHORTEST:
            middle = part.start + (part.end - part.start) / 2
            self._part(table, Window(part.start, middle), file)
            self._part(table, Window(middle, part.end), file)
            return
        rows = sorted(answer.rows, key=lambda row: _moment(row["TimeGenerated"]))
        file.writelines(_lines(rows))
        table.add([_moment(row["TimeGenerated"]) for row in rows])
        table.is_complete = table.is_complete and not answer.partial

    def _ask(self, name: str, part: Window, step: str) -> LogAnswer:
        within = f"TimeGenerated >= datetime({iso(part.start)}) and TimeGenerated < datetime({iso(part.end)})"
        text = f"{name}\n| where {within}\n| where {owner_filter(name)}\n| {step}"
        return self.logs.query(complete(text, self.scope), _WITHIN)


def _lines(rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for row in rows:
        cells = {column: plain(value) for column, value in row.items() if value is not None}
        yield json.dumps(cells, ensure_ascii=False) + "\n"


def plain(value: object) -> object:
    """Return a value as JSON has it: a time as ISO text, and the numbers that JSON lacks as text."""
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
