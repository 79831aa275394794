"""Name the table that a file holds by the file's name, or by the container that it lies in."""

import re
from functools import cache
from pathlib import PurePosixPath

from local.exports.categories import table_of_category
from shared.queries.schema import tables

_WORD = re.compile(r"[A-Za-z0-9]+")
_CONTAINERS = ("insights-logs-", "am-")
_ACTIVITY_CONTAINER = "insights-activity-logs"


def table_of(name: str) -> str | None:
    """Name the table that is called so, whatever the case."""
    return _known().get(name.strip().lower())


def table_in(stem: str) -> str | None:
    """Name the one table that stands as a word in a file's name: a part of an export, or a panel of Grafana."""
    named = {table for word in _WORD.findall(stem) if (table := table_of(word))}
    return named.pop() if len(named) == 1 else None


def container_of(path: PurePosixPath) -> str | None:
    """Return the container of a blob as the storage account calls it, None for a file that lies in none."""
    return next(
        (
            part.lower()
            for part in reversed(path.parts[:-1])
            if part.lower().startswith((*_CONTAINERS, _ACTIVITY_CONTAINER))
        ),
        None,
    )


def category_of(path: PurePosixPath) -> str | None:
    """Return the category, or the table, that a blob's container or the words of its name say."""
    container = container_of(path)
    if container == _ACTIVITY_CONTAINER:
        return "Administrative"
    for prefix in _CONTAINERS:
        if container and container.startswith(prefix):
            return container.removeprefix(prefix)
    by_table = {table: word for word in _WORD.findall(path.stem) if (table := table_of_category(word))}
    return next(iter(by_table.values())) if len(by_table) == 1 else None


@cache
def _known() -> dict[str, str]:
    return {name.lower(): name for name in tables()}
