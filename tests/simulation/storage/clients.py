"""Clients that stand for those of the SDKs, without their pipelines: the same calls, answers, errors and further tries.

An SDK takes two milliseconds for a request that is answered at once; a night's seeds are a hundred million requests.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableEntity,
    TableErrorCode,
    TableTransactionError,
    UpdateMode,
)
from azure.storage.queue import QueueMessage

from shared.cloud.storage.account import Storage, _Services
from tests.simulation.storage.batch import Operation, creation
from tests.simulation.storage.memory import MemoryAccount, Rest
from tests.simulation.storage.tables import Row
from tests.simulation.storage.wire import Answer, LostError, NotSentError, RefusalError, Request

_T = TypeVar("_T")
_ERRORS: Mapping[int, type[HttpResponseError]] = {
    304: ResourceModifiedError,  # as the SDK has it
    404: ResourceNotFoundError,
    409: ResourceExistsError,
    412: ResourceModifiedError,
}
_AGAIN = {"GET", "HEAD", "PUT", "DELETE"}  # methods that the SDK of tables sends again where no answer came
_TYPE = "@odata.type"
_NOTHING: Mapping[str, str] = {}


@dataclass
class Line:
    """How clients reach an account: each try is carried, and tried again as the SDKs do.

    Attributes:
        carry: carries one try; None lets it through.
        tries: how many at most.
    """

    account: MemoryAccount
    tries: int
    carry: Callable[..., Any] | None = None
    rest: Rest = lambda _: None

    def call(self, service: str, method: str, what: str, identity: object, send: Callable[[], _T]) -> _T:
        """Call a service.

        Raises:
            AzureError: no answer came.
            RefusalError: it refuses, or is busy.
        """
        for left in reversed(range(self.tries)):
            try:
                return self._try(service, f"{method} {service} {what}", (method, what, identity), send)
            except RefusalError as refusal:
                if refusal.status < 500 or not left:
                    raise
            except AzureError:
                if not left or (service == "table" and method not in _AGAIN):
                    raise
            self.rest(0)
        raise AssertionError("one try is the last")

    def _try(self, service: str, what: str, identity: object, send: Callable[[], _T]) -> _T:
        if self.carry is None:
            return send()

        def outcome() -> _T | RefusalError:
            try:
                return send()
            except RefusalError as refusal:
                return refusal

        try:
            answer = self.carry(service, what, identity, outcome, busy=_busy, status=_status)
        except NotSentError as error:
            raise ServiceRequestError(str(error)) from error
        except LostError as error:
            raise ServiceResponseError(str(error)) from error
        if isinstance(answer, RefusalError):
            raise answer
        return answer  # type: ignore[no-any-return]


def _busy() -> RefusalError:
    return RefusalError(503, "ServerBusy")


def _status(answer: object) -> object:
    return answer.status if isinstance(answer, RefusalError | Answer) else 200


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

    def _operation(self, kind: str, entity: Mapping[str, Any], options: Any = _NOTHING) -> Operation:
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
            raise _error(refusal, TableErrorCode) from refusal


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


class QueueInMemory:
    """Stands for `azure.storage.queue.QueueClient`."""

    def __init__(self, line: Line, name: str) -> None:
        self._line = line
        self.queue_name = name

    def create_queue(self) -> None:
        """Make the queue."""
        self._ask("PUT", "")

    def send_message(
        self, content: str, *, time_to_live: int | None = None, visibility_timeout: int | None = None
    ) -> QueueMessage:
        """Put a message."""
        query = _query(messagettl=time_to_live, visibilitytimeout=visibility_timeout)
        return _messages(self._ask("POST", "/messages", query, _xml(content)))[0]

    def receive_messages(
        self,
        *,
        max_messages: int | None = None,
        messages_per_page: int | None = None,
        visibility_timeout: int | None = None,
    ) -> "_Messages":
        """Take messages, one page after the other."""
        query = _query(numofmessages=messages_per_page, visibilitytimeout=visibility_timeout)
        return _Messages(lambda: _messages(self._ask("GET", "/messages", query)), max_messages)

    def peek_messages(self) -> list[QueueMessage]:
        """Look at the next message."""
        return _messages(self._ask("GET", "/messages", {"peekonly": "true"}))

    def update_message(
        self,
        message: Any,
        pop_receipt: str | None = None,
        *,
        visibility_timeout: int | None = None,
        content: str | None = None,
    ) -> None:
        """Hide a message anew, or change its text."""
        text = content or message.content
        query = _query(popreceipt=pop_receipt or message.pop_receipt, visibilitytimeout=visibility_timeout)
        self._ask("PUT", f"/messages/{message.id}", query, _xml(text))

    def delete_message(self, message: Any, pop_receipt: str | None = None) -> None:
        """Delete a message."""
        id_ = message if isinstance(message, str) else message.id
        self._ask("DELETE", f"/messages/{id_}", {"popreceipt": pop_receipt or message.pop_receipt})

    def clear_messages(self) -> None:
        """Delete all messages."""
        self._ask("DELETE", "/messages")

    def get_queue_properties(self) -> Any:
        """Return how many messages there are."""
        answer = self._ask("GET", "", {"comp": "metadata"})
        return SimpleNamespace(
            approximate_message_count=int(answer.headers["x-ms-approximate-messages-count"])
        )

    def _ask(self, method: str, path: str, query: Mapping[str, str] = _NOTHING, body: bytes = b"") -> Answer:
        request = Request(method, f"{self.queue_name}{path}", query, {}, body)
        return _asked(self._line, "queue", request, self._line.account.queues.answer)


class _Messages:
    def __init__(self, take: Callable[[], list[QueueMessage]], most: int | None) -> None:
        self._take, self._most = take, most

    def __iter__(self) -> Iterator[QueueMessage]:
        count = 0
        while self._most is None or count < self._most:
            batch = self._take()
            if not batch:
                return
            count += len(batch)
            yield from batch

    def by_page(self) -> Iterator[list[QueueMessage]]:
        """Yield each page."""
        while batch := self._take():
            yield batch


class ContainerInMemory:
    """Stands for `azure.storage.blob.ContainerClient`."""

    def __init__(self, line: Line, name: str) -> None:
        self._line = line
        self.container_name = name

    def create_container(self) -> None:
        """Make the container."""
        self._ask("PUT", "", {"restype": "container"})

    def upload_blob(
        self,
        name: str,
        data: bytes,
        *,
        overwrite: bool = False,
        metadata: Mapping[str, str] = _NOTHING,
        content_settings: object = None,
        **conditions: Any,
    ) -> None:
        """Write a blob."""
        headers = {} if overwrite else {"if-none-match": "*"}
        headers |= {f"x-ms-meta-{key}": text for key, text in metadata.items()}
        self._ask("PUT", f"/{name}", body=data, headers=headers | _conditions(**conditions))

    def download_blob(self, name: str, **conditions: Any) -> Any:
        """Read a blob."""
        answer = self._ask("GET", f"/{name}", headers=_conditions(**conditions))
        meta = "x-ms-meta-"
        metadata = {
            key.removeprefix(meta): text for key, text in answer.headers.items() if key.startswith(meta)
        }
        moment = parsedate_to_datetime(answer.headers["last-modified"])
        properties = SimpleNamespace(etag=answer.headers["etag"], metadata=metadata, last_modified=moment)
        return SimpleNamespace(readall=lambda: answer.body, properties=properties)

    def delete_blob(self, name: str) -> None:
        """Delete a blob."""
        self._ask("DELETE", f"/{name}")

    def list_blobs(self, *, name_starts_with: str = "") -> Iterator[Any]:
        """Yield blobs by their names."""
        answer = self._ask("GET", "", {"comp": "list", "prefix": name_starts_with})
        for blob in ET.fromstring(answer.body).iter("Blob"):
            moment = parsedate_to_datetime(blob.findtext("Properties/Last-Modified", ""))
            yield SimpleNamespace(name=blob.findtext("Name"), last_modified=moment)

    def get_container_properties(self) -> Any:
        """Return that it is there."""
        return self._ask("GET", "", {"restype": "container"})

    def get_blob_client(self, name: str) -> "BlobInMemory":
        """Return one of its blobs."""
        return BlobInMemory(self, name)

    def snapshot(self, name: str, **conditions: Any) -> None:
        """Keep a blob as it is."""
        self._ask("PUT", f"/{name}", {"comp": "snapshot"}, headers=_conditions(**conditions))

    def size(self, name: str) -> int:
        """Return how large a blob is."""
        return int(self._ask("HEAD", f"/{name}").headers["content-length"])

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        headers: Mapping[str, str] = _NOTHING,
    ) -> Answer:
        request = Request(method, f"{self.container_name}{path}", query, headers, body)
        return _asked(self._line, "blob", request, self._line.account.blobs.answer)


@dataclass(frozen=True)
class BlobInMemory:
    """Stands for `azure.storage.blob.BlobClient`."""

    container: ContainerInMemory
    blob_name: str

    def upload_blob(self, data: bytes, **options: Any) -> None:
        """Write it."""
        self.container.upload_blob(self.blob_name, data, **options)

    def download_blob(self) -> Any:
        """Read it."""
        return self.container.download_blob(self.blob_name)

    def exists(self) -> bool:
        """Tell whether it is there."""
        try:
            self.get_blob_properties()
        except ResourceNotFoundError:
            return False
        return True

    def create_snapshot(self, **conditions: Any) -> None:
        """Keep it as it is."""
        self.container.snapshot(self.blob_name, **conditions)

    def delete_blob(self) -> None:
        """Delete it."""
        self.container.delete_blob(self.blob_name)

    def get_blob_properties(self) -> Any:
        """Return its size."""
        return SimpleNamespace(size=self.container.size(self.blob_name))


def storage_without_sdk(line: Line) -> Storage:
    """Return the app's storage over an account in memory, without the SDKs."""
    tables = SimpleNamespace(
        create_table_if_not_exists=lambda name: _made_table(line, name),
        get_table_client=lambda name: TableInMemory(line, name),
    )
    queues = SimpleNamespace(get_queue_client=lambda name: QueueInMemory(line, name))
    blobs = SimpleNamespace(get_container_client=lambda name: ContainerInMemory(line, name))
    return Storage(_Services(tables, queues, blobs))  # type: ignore[arg-type]  # they stand for the SDKs'


def _made_table(line: Line, name: str) -> TableInMemory:
    table = TableInMemory(line, name)
    table.create()
    return table


def _asked(line: Line, service: str, request: Request, answer: Callable[[Request], Answer]) -> Answer:
    def send() -> Answer:
        told = answer(request)
        if told.status >= 300:
            raise RefusalError(told.status, told.headers["x-ms-error-code"])
        return told

    identity = (tuple(sorted(request.query.items())), request.body)
    try:
        return line.call(service, request.method, request.path, identity, send)
    except RefusalError as refusal:
        raise _error(refusal) from refusal


def _error(refusal: RefusalError, codes: Any = str) -> HttpResponseError:
    error = _ERRORS.get(refusal.status, HttpResponseError)(f"{refusal.text}\nErrorCode:{refusal.code}")
    error.status_code = refusal.status
    try:
        error.error_code = codes(refusal.code)  # type: ignore[attr-defined]  # as the SDKs do
    except ValueError:
        error.error_code = refusal.code  # type: ignore[attr-defined]
    if refusal.code == "PopReceiptMismatch":
        error.__class__ = HttpResponseError
    return error


def _transaction_error(refusal: RefusalError) -> AzureError:
    plain = _error(refusal, TableErrorCode)
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


def _conditions(*, etag: str | None = None, match_condition: MatchConditions | None = None) -> dict[str, str]:
    if etag is None or match_condition is None:
        return {}
    name = "if-match" if match_condition is MatchConditions.IfNotModified else "if-none-match"
    return {name: etag}


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


def _query(**named: object) -> dict[str, str]:
    return {name: str(value) for name, value in named.items() if value is not None}


def _xml(text: str) -> bytes:
    element = ET.Element("QueueMessage")
    ET.SubElement(element, "MessageText").text = text
    return ET.tostring(element, encoding="utf-8")


def _messages(answer: Answer) -> list[QueueMessage]:
    messages = []
    for part in ET.fromstring(answer.body):
        message = QueueMessage(content=part.findtext("MessageText"))
        message.id, message.pop_receipt = part.findtext("MessageId"), part.findtext("PopReceipt")
        message.dequeue_count = int(part.findtext("DequeueCount") or 0)
        messages.append(message)
    return messages
