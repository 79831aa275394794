"""Read the operations of a transaction of tables, and write its answer: MIME parts within a MIME part."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.simulation.storage.wire import Answer, Request

_ENTITY = re.compile(r"(\w+)\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)")
_BOUNDARY = re.compile(rb"boundary=(changeset_[\w-]+)")
_REASONS = {201: "Created", 204: "No Content", 202: "Accepted"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One write of a row: POST creates, PUT replaces, PATCH merges, DELETE deletes.

    Attributes:
        content: properties as they travel.
        etag: which the row must have; None where it may have any, or not exist.
    """

    method: str
    table: str
    key: tuple[str, str]
    content: Mapping[str, Any]
    etag: str | None = None


def creation(path: str, content: Mapping[str, Any]) -> Operation:
    """Return the creation of a row, whose key stands in its content."""
    key = (str(content["PartitionKey"]), str(content["RowKey"]))
    return Operation("POST", path.removesuffix("()"), key, content)


def operations_of(request: Request) -> list[Operation]:
    """Return the operations of a transaction."""
    match = _BOUNDARY.search(request.body)
    if match is None:
        raise ValueError("the transaction has no changes")
    return [_operation(part) for part in request.body.split(b"--" + match[1])[1:-1]]


def batch_answer(request: Request, answers: Sequence[Answer]) -> Answer:
    """Return the answer to a transaction, with those to its operations or the one that says why there are none."""
    number = request.headers["content-type"].rpartition("batch_")[2].strip('"')
    parts = [_part(answer, f"--changesetresponse_{number}") for answer in answers]
    inner = "\r\n".join([*parts, f"--changesetresponse_{number}--"])
    body = (
        f"--batchresponse_{number}\r\nContent-Type: multipart/mixed; boundary=changesetresponse_{number}\r\n\r\n"
        f"{inner}\r\n--batchresponse_{number}--\r\n"
    )
    return Answer(202, {"content-type": f"multipart/mixed; boundary=batchresponse_{number}"}, body.encode())


def _operation(part: bytes) -> Operation:
    _, _, inner = part.partition(b"\r\n\r\n")
    head, _, body = inner.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, url, _ = first.split(" ")
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    path = unquote(urlsplit(url).path.removeprefix("/").partition("/")[2])
    content = json.loads(body.removesuffix(b"\r\n") or b"{}")
    entity = _ENTITY.fullmatch(path)
    if entity is None:
        return creation(path, content)
    table, partition, row = (part.replace("''", "'") for part in entity.groups())
    return Operation(method, table, (partition, row), content, headers.get("if-match"))


def _part(answer: Answer, boundary: str) -> str:
    headers = "".join(f"{name}: {text}\r\n" for name, text in answer.headers.items())
    reason = _REASONS.get(answer.status, "Refused")
    return (
        f"{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"HTTP/1.1 {answer.status} {reason}\r\n{headers}\r\n{answer.body.decode()}"
    )
