"""The connections that one query is run on, all of which see the same rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import duckdb

from local.workspace.database import EVER, Tables, Timespan, show_empty


class Cursors:
    """Opens the connections of one query; another thread may interrupt them."""

    def __init__(self, tables: Tables, timespan: Timespan = EVER) -> None:
        """Take what the query reads, and the timespan of its rows."""
        self._tables = tables
        self._timespan = timespan
        self._opened: list[duckdb.DuckDBPyConnection] = []
        self._schema = ""

    def open(self, empty: Sequence[str] = ()) -> duckdb.DuckDBPyConnection:
        """Open a connection, which sees these tables as ones without rows."""
        cursor = self._tables.cursor(self._timespan)
        self._opened.append(cursor)
        for table in empty:
            show_empty(table, cursor)
        if self._schema:
            (path,) = cursor.execute("SELECT current_setting('search_path')").fetchone() or ("",)
            cursor.execute(f"SET search_path = '{self._schema},{path}'")
        return cursor

    def interrupt(self) -> None:
        """End what the connections are running."""
        for cursor in self._opened:
            cursor.interrupt()

    @contextmanager
    def schema(self) -> Iterator[None]:
        """Let the connections that are opened in the block share tables, which are dropped at its end."""
        self._schema = f"query_{uuid4().hex}"
        cursor = self._tables.cursor()
        cursor.execute(f"CREATE SCHEMA {self._schema}")
        try:
            yield
        finally:
            cursor.execute(f"DROP SCHEMA {self._schema} CASCADE")
            self._schema = ""
