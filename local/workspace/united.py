"""Let one query read several workspaces: each table is the union over those that have it."""

from collections.abc import Sequence

import duckdb

from local.workspace.database import EVER, Timespan, Workspace, cursor_on


class United:
    """What a query over several workspaces reads, as one with `workspaces` in its request does in Azure.

    https://learn.microsoft.com/azure/azure-monitor/logs/api/cross-workspace-queries (implicit)
    """

    def __init__(self, workspaces: Sequence[Workspace]) -> None:
        """Unite workspaces of one group, which were made beside each other.

        Raises:
            ValueError: they are of different groups.
        """
        self._house = workspaces[0].group
        if any(workspace.group is not self._house for workspace in workspaces):
            raise ValueError("workspaces of one query must be made beside each other")
        self._parts = {workspace.shown: workspace.tables for workspace in workspaces}

    @property
    def tables(self) -> frozenset[str]:
        """The tables that any of them has."""
        return frozenset().union(*self._parts.values())

    def cursor(self, timespan: Timespan = EVER) -> duckdb.DuckDBPyConnection:
        """Open a connection of its own for one query, which sees the rows of a timespan."""
        return cursor_on(self._house, self._schema(), timespan)

    def _schema(self) -> str:
        """Return the schema of the united views; they are made once for the same workspaces and tables."""
        key = tuple(sorted(self._parts.items()))
        with self._house.lock:
            if key not in self._house.united:
                self._house.united[key] = self._define()
            return self._house.united[key]

    def _define(self) -> str:
        name = f"united{next(self._house.numbers)}"
        cursor = self._house.database.cursor()
        cursor.execute(f"CREATE SCHEMA {name}")
        for table in self.tables:
            parts = (
                f'SELECT * FROM {schema}."{table}"'  # noqa: S608  names come from the schema
                for schema, has in self._parts.items()
                if table in has
            )
            cursor.execute(f'CREATE VIEW {name}."{table}" AS {" UNION ALL ".join(parts)}')
        return name
