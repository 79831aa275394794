"""A storage account in memory, and the transport by which the SDK clients of the app reach it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self

import requests
from azure.core.pipeline.transport import HttpTransport
from azure.core.pipeline.transport._requests_basic import RequestsTransportResponse
from azure.core.rest import HttpRequest as RestRequest
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient
from requests.structures import CaseInsensitiveDict

from shared.cloud.storage.account import Storage, _options, _Services
from tests.simulation.storage.blobs import Blobs
from tests.simulation.storage.queues import Queues
from tests.simulation.storage.tables import Tables
from tests.simulation.storage.wire import Answer, Now, Request

_SERVICES = ("table", "queue", "blob")
# No such host is ever asked. The key is any: nobody checks a signature.
_CONNECTION = "DefaultEndpointsProtocol=https;AccountName=memory;AccountKey=a2V5;" + "".join(
    f"{service.title()}Endpoint=https://{service}.memory.invalid/memory;" for service in _SERVICES
)
_BLOCK = 4096

# Carries out a request, or lets it fail; what it is given answers it.
Rest = Callable[[float], None]  # waits before a further try
Meet = Callable[[str, Request, Callable[[], Answer]], Answer]


@dataclass
class MemoryAccount:
    """Tables, queues and blobs."""

    now: Now
    tables: Tables = field(init=False)
    queues: Queues = field(init=False)
    blobs: Blobs = field(init=False)

    def __post_init__(self) -> None:
        self.tables, self.queues, self.blobs = Tables(self.now), Queues(self.now), Blobs(self.now)

    def answer(self, service: str, request: Request) -> Answer:
        """Answer a request to one of the services, at once and whole."""
        if service == "table":
            return self.tables.answer(request)
        return self.queues.answer(request) if service == "queue" else self.blobs.answer(request)


class MemoryTransport(HttpTransport[Any, Any]):
    """Answers the SDK clients from memory; `meet` stands between, and may let a request fail."""

    def __init__(self, account: MemoryAccount, meet: Meet | None = None, rest: Rest | None = None) -> None:
        self.account = account
        self.meet: Meet = meet or _unhindered
        self.rest: Rest = rest or (lambda _: None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close nothing."""

    def open(self) -> None:
        """Open nothing."""

    def close(self) -> None:
        """Close nothing."""

    def send(self, request: Any, **_: Any) -> Any:
        """Answer a request of an SDK client."""
        service = str(request.url).removeprefix("https://").partition(".")[0]
        asked = Request.to(request.method, request.url, request.headers, _bytes(request))
        answer = self.meet(service, asked, lambda: self.account.answer(service, asked))
        return _response(request, answer)


def memory_storage(transport: MemoryTransport, *, fail_fast: bool = False) -> Storage:
    """Return the app's storage over an account in memory, by the SDK clients and with the options of the product."""
    table, other = _options(fail_fast=fail_fast)
    return Storage(
        _Services(
            TableServiceClient.from_connection_string(_CONNECTION, transport=transport, **table),
            QueueServiceClient.from_connection_string(_CONNECTION, transport=transport, **other),
            BlobServiceClient.from_connection_string(_CONNECTION, transport=transport, **other),
        )
    )


def rest_of(transport: Any, duration: float) -> None:
    """Wait before a further try, by whatever stands for time; takes the place of `HttpTransport.sleep`."""
    while not isinstance(
        transport, MemoryTransport
    ):  # clients of one table or queue wrap that of the account
        transport = transport._transport
    transport.rest(duration)


def _bytes(request: Any) -> bytes:
    body = request.content if isinstance(request, RestRequest) else request.data
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())


def _response(request: Any, answer: Answer) -> Any:
    response = requests.Response()
    response.status_code, response._content, response._content_consumed = answer.status, answer.body, True
    response.headers = CaseInsensitiveDict(answer.headers)
    response.raw, response.encoding = BytesIO(answer.body), "utf-8"
    if isinstance(request, RestRequest):
        rest = RestRequestsTransportResponse(request=request, internal_response=response, block_size=_BLOCK)
        rest.read()
        return rest
    return RequestsTransportResponse(request, response, _BLOCK)


def _unhindered(_service: str, _request: Request, send: Callable[[], Answer]) -> Answer:
    return send()
