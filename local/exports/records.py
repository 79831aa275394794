"""Read the records that a diagnostic setting writes to a storage account as rows of their tables.

learn.microsoft.com azure-monitor/platform/resource-logs-schema: an envelope (`time`, `resourceId`, `category`, ...) around
`properties`, which is an object, the text of one, or missing where somebody flattened it.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from local.exports.categories import table_of_category
from local.exports.cells import Cells, Lines
from shared.queries.schema import tables

_ENVELOPE = frozenset(["category", "resourceid", "properties", "operationname"])
_COLUMNS = {
    "time": "TimeGenerated",
    "resourceid": "_ResourceId",
    "duration": "DurationMs",
    "durationms": "DurationMs",
    "type": "",  # of the service, such as ASRS: the column `Type` names the table
}
_ACTIVITY = "AzureActivity"
_OF_ACTIVITY = {
    "operationname": "OperationNameValue",
    "category": "CategoryValue",
    "resulttype": "ActivityStatusValue",
    "resultsignature": "ActivitySubstatusValue",
}
_KINDS_OF_OPERATION = frozenset(["write", "delete", "action"])
_PREFIXES = ("properties.", "properties_")


def is_record(cells: Mapping[str, object]) -> bool:
    """Tell a record of a storage account from a row of a workspace."""
    names = {name.lower() for name in cells}
    return "time" in names and "timegenerated" not in names and bool(names & _ENVELOPE)


def single_records(lines: Lines) -> Lines:
    """Yield the records one by one where they stand in a list, as event hubs and older blobs have them."""
    for line, cells in lines:
        records = cells.get("records")
        if isinstance(records, list) and len(cells) == 1:
            yield from ((line, record) for record in records if isinstance(record, dict))
        else:
            yield line, cells


def table_of_record(record: Mapping[str, object], category: str | None) -> str | None:
    """Name the table of a record; `category` is that of its container, for records that name none."""
    folded = {name.lower(): value for name, value in record.items()}
    named = str(folded.get("category") or category or "")
    return table_of_category(named, str(folded.get("resourceid") or ""))


def row_of_record(table: str, record: Mapping[str, object]) -> Cells:
    """Return the cells of a record by its table's columns: the envelope's, and those inside of `properties`."""
    folded = {_bare(name): value for name, value in record.items()}
    properties = _object(folded.get("properties"))
    inner = properties if isinstance(properties, dict) else {}
    columns = _columns(table)
    row: Cells = {}
    for name, value in (*_folded(inner), *folded.items()):
        column = columns.get(name)
        if column and (value not in (None, "") or column not in row):
            row[column] = value
    if "properties" in columns and properties is not None:
        row[columns["properties"]] = properties
    row["_ResourceId"] = str(folded.get("resourceid") or "").lower() or None
    return _activity(row, folded) if table == _ACTIVITY else row


@cache
def _columns(table: str) -> Mapping[str, str]:
    renamed = {**_COLUMNS, **_OF_ACTIVITY} if table == _ACTIVITY else _COLUMNS
    return {**{name.lower(): name for name in tables()[table]}, **renamed}


def _folded(properties: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    return (
        (str(name).lower(), value) for name, value in properties.items() if str(name).lower() != "properties"
    )


def _bare(name: str) -> str:
    folded = name.lower()
    return next((folded.removeprefix(prefix) for prefix in _PREFIXES if folded.startswith(prefix)), folded)


def _object(value: object) -> object:
    """Read `properties`, which several services write as a text, one of them in Python's own notation."""
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return value


def _activity(row: Cells, record: Mapping[str, object]) -> Cells:
    identity = record.get("identity")
    if isinstance(identity, dict):
        row["Authorization"], row["Claims"] = identity.get("authorization"), identity.get("claims")
        row["Caller"] = next(_callers(identity.get("claims")), None)
    if str(row.get("CategoryValue") or "").lower() in _KINDS_OF_OPERATION:
        row["CategoryValue"] = "Administrative"
    row["ResourceId"] = row["_ResourceId"]
    return row


def _callers(claims: object) -> Iterator[object]:
    if isinstance(claims, dict):
        for name, value in claims.items():
            if name.endswith(("/upn", "/name", "appid")):
                yield value
