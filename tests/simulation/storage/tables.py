"""Tables in memory: rows with ETags, queries in pages, and transactions that happen whole or not at all."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from urllib.parse import quote

from tests.simulation.storage.batch import Operation, batch_answer, creation, operations_of
from tests.simulation.storage.filters import predicate_of
from tests.simulation.storage.wire import Answer, Now, RefusalError, Request

Key = tuple[str, str]
Properties = dict[str, Any]
# Called with the table, the key, and the row before and after, or None where there is none.
Observer = Callable[[str, Key, Properties | None, Properties | None], None]

_ENTITY = re.compile(r"(\w+)\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)")
_TYPE = "@odata.type"
_UNTYPED = {"Edm.String", "Edm.Double", "Edm.Boolean", "Edm.Int32"}  # are not named in answers
_PAGE = 1000
_MOST_OPERATIONS = 100
_MOST_PROPERTIES = 252
_PROPERTY_BYTES = 64 * 1024  # in UTF-16
_ENTITY_BYTES = 1024 * 1024
_UNFIT = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_JSON = "application/json;odata=minimalmetadata"
_GONE = RefusalError(404, "ResourceNotFound", "The specified resource does not exist.")


@dataclass
class Row:
    """One row; its properties are as answers write them, with the keys among them."""

    properties: Properties
    etag: str
    timestamp: str


@dataclass
class Tables:
    """The tables of an account; `observe` hears of every row that changes."""

    now: Now
    observe: Observer = lambda *_: None
    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)
    _writes: int = 0

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        try:
            return self._answer(request)
        except RefusalError as refusal:
            return _refused(refusal)

    def _answer(self, request: Request) -> Answer:
        if request.path == "Tables":
            return self._create_table(str(json.loads(request.body)["TableName"]))
        if request.path == "$batch":
            return self._transaction(request)
        if match := _ENTITY.fullmatch(request.path):
            table, partition, row = (part.replace("''", "'") for part in match.groups())
            key = (partition, row)
            if request.method == "GET":
                found = self.get(table, key)
                return _json(200, _shown(found), {"etag": found.etag})
            content = json.loads(request.body or b"{}")
            change = Operation(request.method, table, key, content, request.headers.get("if-match"))
            return _written(change, self.write(change))
        if request.method == "POST":
            change = creation(request.path, json.loads(request.body))
            return _written(change, self.write(change))
        return self._query(request.path.removesuffix("()"), request.query)

    def _create_table(self, name: str) -> Answer:
        if name in self.rows:
            raise RefusalError(409, "TableAlreadyExists", "The table specified already exists.")
        self.rows[name] = {}
        return _json(201, {"TableName": name})

    def get(self, table: str, key: Key) -> Row:
        """Return a row."""
        row = self._table(table).get(key)
        if row is None:
            raise _GONE
        return row

    def query(
        self, table: str, text: str, after: Key = ("", ""), most: int = _PAGE
    ) -> tuple[list[Row], Key | None]:
        """Return a page of the rows that pass a filter, and the key with which the next one begins."""
        passes, rows = predicate_of(text or "(RowKey ge '')"), self._table(table)
        timed = "Timestamp" in text
        hits = [key for key in sorted(rows) if key >= after and passes(_filtered(rows[key], timed=timed))]
        return [rows[key] for key in hits[:most]], hits[most] if len(hits) > most else None

    def write(self, operation: Operation) -> Row | None:
        """Carry out one write, and return the row as it then is."""
        table, before, after = self._decided(operation)
        _set(table, operation.key, after)
        self._tell(operation, before, after)
        return after

    def transact(self, operations: list[Operation]) -> list[Row | None]:
        """Carry out all operations or none; the text of a refusal begins with the number of the operation."""
        done: list[tuple[Operation, Row | None, Row | None]] = []
        try:
            _check_batch(operations)
            for number, operation in enumerate(operations):
                try:
                    table, before, after = self._decided(operation)
                except RefusalError as refusal:
                    raise RefusalError(refusal.status, refusal.code, f"{number}:{refusal.text}") from refusal
                _set(table, operation.key, after)
                done.append((operation, before, after))
        except RefusalError:
            for operation, before, _ in reversed(done):
                _set(self._table(operation.table), operation.key, before)
            raise
        for operation, before, after in done:
            self._tell(operation, before, after)
        return [after for _, _, after in done]

    def _query(self, table: str, query: Mapping[str, str]) -> Answer:
        after = (query.get("NextPartitionKey", ""), query.get("NextRowKey", ""))
        rows, following = self.query(
            table, query.get("$filter", ""), after, min(int(query.get("$top", _PAGE)), _PAGE)
        )
        chosen = query["$select"].split(",") if query.get("$select") else None
        headers = {}
        if following is not None:
            headers = {
                "x-ms-continuation-NextPartitionKey": following[0],
                "x-ms-continuation-NextRowKey": following[1],
            }
        return _json(200, {"value": [_shown(row, chosen) for row in rows]}, headers)

    def _transaction(self, request: Request) -> Answer:
        operations = operations_of(request)
        try:
            rows = self.transact(operations)
        except RefusalError as refusal:
            return batch_answer(request, [_refused(refusal)])
        pairs = zip(operations, rows, strict=True)
        return batch_answer(request, [_written(operation, row, brief=True) for operation, row in pairs])

    def _decided(self, operation: Operation) -> tuple[dict[Key, Row], Row | None, Row | None]:
        """Return the table, and the row before and after an operation."""
        table = self._table(operation.table)
        before = table.get(operation.key)
        if operation.method == "POST":
            if before is not None:
                raise RefusalError(409, "EntityAlreadyExists", "The specified entity already exists.")
            return table, None, self._row(operation, {})
        expected = operation.etag
        if before is None and expected is not None:
            raise _GONE
        if before is not None and expected not in (None, "*", before.etag):
            raise RefusalError(
                412,
                "UpdateConditionNotSatisfied",
                "The update condition specified in the request was not satisfied.",
            )
        if operation.method == "DELETE":
            return table, before, None
        merges = operation.method in ("PATCH", "MERGE") and before is not None
        return table, before, self._row(operation, before.properties if before and merges else {})

    def _row(self, operation: Operation, base: Mapping[str, Any]) -> Row:
        properties = dict(base)
        for name in operation.content:
            properties.pop(name + _TYPE, None)
        properties |= _stored(operation.content)
        properties["PartitionKey"], properties["RowKey"] = operation.key
        _check_row(properties)
        self._writes += 1
        moment = f"{self.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{self._writes:07d}Z"
        return Row(properties, f"W/\"datetime'{quote(moment)}'\"", moment)

    def _table(self, name: str) -> dict[Key, Row]:
        if name not in self.rows:
            raise RefusalError(404, "TableNotFound", "The table specified does not exist.")
        return self.rows[name]

    def _tell(self, operation: Operation, before: Row | None, after: Row | None) -> None:
        self.observe(
            operation.table,
            operation.key,
            before.properties if before else None,
            after.properties if after else None,
        )


def _filtered(row: Row, *, timed: bool) -> Properties:
    return {**row.properties, "Timestamp": row.timestamp} if timed else row.properties


def _set(table: dict[Key, Row], key: Key, row: Row | None) -> None:
    if row is None:
        table.pop(key, None)
    else:
        table[key] = row


def _stored(plain: Properties) -> Properties:
    """Return properties as they are kept: without the types that answers do not name."""
    return {name: value for name, value in plain.items() if not (name.endswith(_TYPE) and value in _UNTYPED)}


def _check_row(properties: Mapping[str, Any]) -> None:
    own = {name: value for name, value in properties.items() if not name.endswith(_TYPE)}
    if len(own) - 2 > _MOST_PROPERTIES:
        raise RefusalError(400, "TooManyProperties", "The entity contains more properties than allowed.")
    sizes = [2 * len(value) if isinstance(value, str) else 8 for value in own.values()]
    if max(sizes) > _PROPERTY_BYTES:
        raise RefusalError(
            400,
            "PropertyValueTooLarge",
            "The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is "
            "UTF-16 encoded and the maximum number of characters should be 32K or less.",
        )
    if sum(sizes) > _ENTITY_BYTES:
        raise RefusalError(413, "EntityTooLarge", "The entity is larger than the maximum allowed size (1MB).")
    if any(_UNFIT.search(str(own[name])) for name in ("PartitionKey", "RowKey")):
        raise RefusalError(400, "InvalidInput", "An error occurred while processing this request.")


def _check_batch(operations: list[Operation]) -> None:
    if len(operations) > _MOST_OPERATIONS:
        raise RefusalError(
            400, "InvalidInput", "99:The batch request operation exceeds the maximum 100 changes."
        )
    if len({(operation.table, operation.key[0]) for operation in operations}) > 1:
        raise RefusalError(
            400,
            "CommandsInBatchActOnDifferentPartitions",
            "1:All commands in a batch must operate on same entity group.",
        )
    keys: set[Key] = set()
    for number, operation in enumerate(operations):
        if operation.key in keys:
            raise RefusalError(
                400,
                "InvalidDuplicateRow",
                f"{number}:A command with RowKey '{operation.key[1]}' is already present in the batch. "
                "An entity can appear only once in a batch.",
            )
        keys.add(operation.key)


def _shown(row: Row, chosen: list[str] | None = None) -> Properties:
    names: Iterator[str] | list[str] = list(row.properties) if chosen is None else chosen
    shown: Properties = {"odata.etag": row.etag}
    for name in names:
        if chosen is not None and name + _TYPE in row.properties:
            shown[name + _TYPE] = row.properties[name + _TYPE]
        if name in row.properties:
            shown[name] = row.properties[name]
    if chosen is None or "Timestamp" in chosen:
        shown["Timestamp"] = row.timestamp
    return shown


def _written(operation: Operation, after: Row | None, *, brief: bool = False) -> Answer:
    if after is None:
        return Answer(204)
    if operation.method == "POST" and not brief:
        return _json(201, _shown(after), {"etag": after.etag, "preference-applied": "return-content"})
    return Answer(204, {"etag": after.etag})


def _json(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": _JSON, **(headers or {})}, json.dumps(content).encode())


def _refused(refusal: RefusalError) -> Answer:
    error = {"code": refusal.code, "message": {"lang": "en-US", "value": refusal.text}}
    headers = {"x-ms-error-code": refusal.code}
    return _json(refusal.status, {"odata.error": error}, headers)
