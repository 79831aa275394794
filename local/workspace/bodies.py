"""Write the bodies of the query API: tables cut at Azure's limits, and its errors.

https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format and …/errors
"""

import json
from dataclasses import dataclass
from uuid import uuid4

from local.workspace.kql import Answer
from local.workspace.refusal import RefusedQueryError
from local.workspace.wire import WireValue

Error = dict[str, object]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may hold (https://learn.microsoft.com/azure/azure-monitor/service-limits)."""

    rows: int = 500_000
    bytes: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """An encoded answer, and the number of rows in it."""

    content: bytes
    rows: int


def tables_body(answer: Answer, limits: Limits) -> Body:
    """Encode a result; what is beyond a limit is cut off, and the body says so."""
    parts: list[bytes] = []
    count = size = 0
    exceeded = ""
    for batch in answer.batches:
        fitting = batch[: limits.rows - count]
        if len(fitting) < len(batch):
            exceeded = f"{limits.rows} records"
        encoded = [_encode(row) for row in fitting]
        row_count = _within(encoded, limits.bytes - size)
        if row_count < len(encoded):
            exceeded = f"{limits.bytes} bytes"
        parts += encoded[:row_count]
        count += row_count
        size += sum(map(len, encoded[:row_count]))
        if exceeded:
            break
    columns = json.dumps([{"name": name, "type": kind} for name, kind in answer.columns]).encode()
    table = b'{"name":"PrimaryResult","columns":' + columns + b',"rows":[' + b",".join(parts) + b"]}"
    tail = b',"error":' + json.dumps(_partial(exceeded)).encode() if exceeded else b""
    return Body(b'{"tables":[' + table + b"]" + tail + b"}", count)


def refusal_body(refused: RefusedQueryError) -> Error:
    """Write the 400 of a query that does not compile."""
    kind = "syntax" if refused.kind == "SyntaxError" else "semantic"
    inner = {
        "code": refused.kind,
        "message": f"A {kind} error occurred.",
        "innererror": {"code": refused.code, "message": refused.message},
    }
    return error_body("BadArgumentError", "The request had some invalid properties", innererror=inner)


def error_body(code: str, message: str, **more: object) -> Error:
    """Write an error as the service does."""
    return {"error": {"message": message, "code": code, "correlationId": str(uuid4()), **more}}


def _encode(row: list[WireValue]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def _within(encoded: list[bytes], room: int) -> int:
    for count, row in enumerate(encoded):
        room -= len(row)
        if room < 0:
            return count
    return len(encoded)


def _partial(exceeded: str) -> Error:
    cause = {
        "code": "-2133196797",
        "message": f"The results of this query exceed the set limit of {exceeded}, so not all records were returned"
        " (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003). See https://aka.ms/kustoquerylimits for more information"
        " and possible solutions.",
        "severity": 2,
        "severityName": "Error",
    }
    detail = {
        "code": "EngineError",
        "message": "Something went wrong processing your query on the server.",
        "innererror": cause,
    }
    return {
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [detail],
    }
