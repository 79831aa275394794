"""What stands for the SDK's client of tables."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableEntity,
    TableErrorCode,
    TableTransactionError,
    UpdateMode,
)

from tests.simulation.clients.line import NOTHING, Line, error_of
from tests.simulation.storage.batch import Operation, creation
from tests.simulation.storage.tables import Row
from tests.simulation.storage.wire import RefusalError, Request

_T = TypeVar("_T")

_TYPE = "@odata.type"


class TableInMemory:
    """Stands for `azure.data.tables.TableClient`."""

    def __init__(self, line: Line, name: str) -> None:
        self._line = line
        self.table_name = name

    def create(self) -> None:
        """Make the table where it is not there."""
        path = Request("POST", "Tables", {}, {}, b'{"TableName": "%s"}' % self.table_name.encode())
        self._line.call("table", "POST", f"Tables {self.table_name}", None, lambda: self._tables.answer(path))

    def get_entity(self, partition_key: str, row_key: str) -> TableEntity:
        """Return a row."""
        key = (partition_key, row_key)
        return _entity(
            self._call(
                "GET", _named(self.table_name, key), None, lambda: self._tables.get(self.table_name, key)
            )
        )

    def create_entity(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """Create a row."""
        return self._written(creation(self.table_name, _travelling(entity)))

    def update_entity(
        self,
        entity: Mapping[str, Any],
        mode: UpdateMode = UpdateMode.MERGE,
        *,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
    ) -> dict[str, Any]:
        """Merge into a row that is there, or replace it."""
        return self._written(self._update(entity, mode, etag, match_condition))

    def upsert_entity(self, entity: Mapping[str, Any], mode: UpdateMode = UpdateMode.MERGE) -> dict[str, Any]:
        """Merge into a row or replace it, or create it."""
        return self._written(self._upsert(entity, mode))

    def delete_entity(
        self,
        *keys: Any,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
    ) -> None:
        """Delete a row; one that is gone is no error."""
        entity = keys[0] if len(keys) == 1 else {"PartitionKey": keys[0], "RowKey": keys[1]}
        try:
            self._written(self._delete(entity, etag, match_condition))
        except ResourceNotFoundError:
            return

    def query_entities(
        self,
        query_filter: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        select: Sequence[str] | None = None,
        results_per_page: int | None = None,
    ) -> "_Pages":
        """Return the rows that pass a filter, page by page."""
        text = query_filter
        for name, value in sorted((parameters or {}).items(), reverse=True):
            text = text.replace(f"@{name}", _literal(value))
        return _Pages(self, text, select, results_per_page or 1000)

    def list_entities(self) -> "_Pages":
        """Return all rows."""
        return self.query_entities("")

    def submit_transaction(self, operations: Any) -> list[dict[str, Any]]:
        """Carry out all operations or none."""
        changes = [self._operation(*operation) for operation in operations]
        what = "; ".join(
            f"{change.method} {_named(self.table_name, change.key, change.etag)}" for change in changes
        )
        try:
            rows = self._line.call(
                "table", "POST", what, str(changes), lambda: self._tables.transact(changes)
            )
        except RefusalError as refusal:
            raise _transaction_error(refusal) from refusal
        return [{"etag": row.etag} if row else {} for row in rows]

    def page(self, text: str, after: tuple[str, str], most: int) -> tuple[list[Row], tuple[str, str] | None]:
        """Return one page of a query."""
        return self._call(
            "GET",
            f"{self.table_name}() {text}",
            after,
            lambda: self._tables.query(self.table_name, text, after, most),
        )

    @property
    def _tables(self) -> Any:
        return self._line.account.tables

    def _operation(self, kind: str, entity: Mapping[str, Any], options: Any = NOTHING) -> Operation:
        if kind == "create":
            return creation(self.table_name, _travelling(entity))
        given = dict(options)
        if kind == "delete":
            return self._delete(entity, given.get("etag"), given.get("match_condition"))
        mode = given.get("mode", UpdateMode.MERGE)
        if kind == "upsert":
            return self._upsert(entity, mode)
        return self._update(entity, mode, given.get("etag"), given.get("match_condition"))

    def _update(
        self, entity: Mapping[str, Any], mode: UpdateMode, etag: str | None, condition: MatchConditions | None
    ) -> Operation:
        method = "PUT" if mode == UpdateMode.REPLACE else "PATCH"
        return Operation(
            method, self.table_name, _key(entity), _travelling(entity), _expected(etag, condition)
        )

    def _upsert(self, entity: Mapping[str, Any], mode: UpdateMode) -> Operation:
        method = "PUT" if mode == UpdateMode.REPLACE else "PATCH"
        return Operation(method, self.table_name, _key(entity), _travelling(entity))

    def _delete(
        self, entity: Mapping[str, Any], etag: str | None, condition: MatchConditions | None
    ) -> Operation:
        return Operation("DELETE", self.table_name, _key(entity), {}, _expected(etag, condition))

    def _written(self, change: Operation) -> dict[str, Any]:
        what = _named(self.table_name, change.key, change.etag)
        row = self._call(change.method, what, str(change.content), lambda: self._tables.write(change))
        return {"etag": row.etag} if row else {}

    def _call(self, method: str, what: str, identity: object, send: Callable[[], _T]) -> _T:
        try:
            return self._line.call("table", method, what, identity, send)
        except RefusalError as refusal:
            raise error_of(refusal, TableErrorCode) from refusal


class _Pages:
    """The answer to a query: rows, or pages of them; each page is asked for when it is needed."""

    def __init__(self, table: TableInMemory, text: str, select: Sequence[str] | None, most: int) -> None:
        self._table, self._text, self._select, self._most = table, text, select, most
        self._rows = (entity for page in self.by_page() for entity in page)

    def __iter__(self) -> Iterator[TableEntity]:
        return self._rows

    def __next__(self) -> TableEntity:
        return next(self._rows)

    def by_page(self) -> Iterator[Iterator[TableEntity]]:
        """Yield each page."""
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            rows, after = self._table.page(self._text, after, self._most)
            yield iter([_entity(row, self._select) for row in rows])


def _transaction_error(refusal: RefusalError) -> AzureError:
    plain = error_of(refusal, TableErrorCode)
    number = refusal.text.partition(":")[0]
    if not number.isdecimal():
        return plain
    response = SimpleNamespace(
        status_code=refusal.status, reason=refusal.code, headers={}, text=lambda **_: ""
    )
    error = TableTransactionError(message=plain.message, response=response, index=int(number))
    error.status_code, error.error_code = refusal.status, plain.error_code  # type: ignore[attr-defined]
    return error


def _named(table: str, key: tuple[str, str], etag: str | None = None) -> str:
    return f"{table} {key[0]}/{key[1]}{f' if {etag}' if etag not in (None, '*') else ''}"


def _key(entity: Mapping[str, Any]) -> tuple[str, str]:
    return str(entity["PartitionKey"]), str(entity["RowKey"])


def _expected(etag: str | None, condition: MatchConditions | None) -> str:
    return etag if etag and condition is MatchConditions.IfNotModified else "*"


def _travelling(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a row as they travel."""
    content: dict[str, Any] = {}
    for name, value in entity.items():
        if isinstance(value, datetime):
            content[name + _TYPE] = "Edm.DateTime"
            content[name] = value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        elif isinstance(value, bytes):
            content[name + _TYPE], content[name] = "Edm.Binary", b64encode(value).decode()
        elif isinstance(value, tuple):
            content[name + _TYPE], content[name] = EdmType(value[1]).value, str(value[0])
        elif isinstance(value, str):
            content[name] = str(value)
        elif value is not None:
            content[name] = value
    return content


def _entity(row: Row, select: Sequence[str] | None = None) -> TableEntity:
    """Return a row as it is read."""
    entity = TableEntity()
    for name, value in row.properties.items():
        if not name.endswith(_TYPE) and (select is None or name in select):
            entity[name] = _typed(value, row.properties.get(name + _TYPE))
    entity._metadata = {"etag": row.etag, "timestamp": row.timestamp}
    return entity


def _typed(value: Any, kind: str | None) -> Any:
    if kind == "Edm.DateTime":
        return datetime.fromisoformat(value)
    if kind == "Edm.Int64":
        return EntityProperty(int(value), EdmType.INT64)
    return b64decode(value) if kind == "Edm.Binary" else value


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''"))
    if isinstance(value, datetime):
        return f"datetime'{value.astimezone(UTC).isoformat().replace('+00:00', 'Z')}'"
    return str(value).lower() if isinstance(value, bool) else str(value)
