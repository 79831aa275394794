"""The tables of Log Analytics that queries may name, with the Kusto type of each column."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

Columns = Mapping[str, str]

_FILE = Path(__file__).with_name("log-analytics.json")


@cache
def tables() -> Mapping[str, Columns]:
    """Return the columns of every table, as the table reference publishes them: Kusto type by column name."""
    published = json.loads(_FILE.read_text(encoding="utf-8"))["tables"]
    return {name: table["columns"] for name, table in published.items()}


def empty_table(name: str) -> str:
    """Write KQL that stands in for a table which a workspace never received: all its columns, no rows.

    Raises:
        KeyError: no table of this name is in the table reference.
    """
    columns = ", ".join(f"['{column}']:{kind}" for column, kind in tables()[name].items())
    return f"let {name} = datatable({columns})[];"
