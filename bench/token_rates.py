"""Measure negotiate and the event handler beside the bare call of the SDK, with HTTP around them and without."""

import hashlib
import hmac
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import local
from unittest.mock import patch

import azure.functions as func
import requests
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from rich.table import Table
from starlette.applications import Starlette

from local.azure.azurite import azurite
from local.azure.identity import PATH, Identity
from local.host import Host, functions_of_the_app
from local.host.index import Function
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.pubsub.service import PubSubService
from shared.app.runtime import current, hosted
from shared.clock import SystemClock

CALLERS = 8
_TURNS = 4
_HOST = "lobby.webpubsub.azure.com"
_KEY = "a" * 44
_BACKEND_KEY = "the key of the backend"
_ROLES = ["webpubsub.joinLeaveGroup.agents", "webpubsub.sendToGroup.agents"]
_POLICIES = f"policies: [{{keys: allowed, roles: [{', '.join(_ROLES)}], groups: ['user-{{user}}']}}]"  # as the SDK call
_LOBBY = "/subscriptions/5f/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
_SDK, _NEGOTIATE, _EVENTS = "SDK call", "negotiate", "receive_pubsub_event"


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that is measured.

    Attributes:
        beside: the name of what it is compared with.
        request: the request of one call; each has a number.
        bare: what is called where no HTTP is around it; None calls the function.
    """

    name: str
    beside: str
    request: Callable[[int], "_Request"]
    bare: Callable[[int], object] | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Times:
    """How long calls took, in seconds."""

    each: list[float] = field(default_factory=list)
    whole: float = 0.0  # with several callers less than their sum

    @property
    def per_second(self) -> float:
        """Return how many are answered in a second."""
        return len(self.each) / self.whole

    @property
    def p99_ms(self) -> float:
        """Return what one in a hundred takes longer than."""
        return sorted(self.each)[len(self.each) * 99 // 100] * 1000


def measure(requests_of_each: int) -> Table:
    """Call everything so often, one caller without HTTP and several with it."""
    table = Table(
        title=f"Tokens and events: {requests_of_each:,} of each; without HTTP by one caller, behind HTTP by {CALLERS}",
        box=None,
        title_justify="left",
        caption="The ratio is to the call of the SDK above it, in turn with it. Behind HTTP that call is a function of its "
        "own, behind the same host. Callers, host, Web PubSub's stand-in, the managed identity's endpoint and Azurite share this machine.",
        caption_justify="left",
    )
    for column in ("", "per second", "p99 ms", "ratio", "behind HTTP", "p99 ms", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    with token_app() as app:
        alone, behind = app.alone(requests_of_each), app.behind_http(requests_of_each)
    for contender in app.contenders:
        cells = [contender.name]
        for times in (alone, behind):
            own, beside = times[contender.name], times[contender.beside]
            ratio = own.per_second / beside.per_second
            cells += [f"{own.per_second:,.0f}", f"{own.p99_ms:.2f}", f"{ratio:.2f}"]
        table.add_row(*cells)
    return table


@dataclass(frozen=True, slots=True)
class TokenApp:
    """The functions behind their host, and what they are compared with."""

    contenders: Sequence[Contender]
    host: Host
    address: str

    def alone(self, calls: int) -> dict[str, Times]:
        """Call each in turn, in another order each time: a busy moment hits all, and none is always the one after another."""
        times = {contender.name: Times() for contender in self.contenders}
        functions = {function.name: function.code for function in functions_of_the_app()}
        numbers, dice = count(), random.Random(calls)  # noqa: S311
        for turn in range(calls + 20):  # the first open connections and import modules
            for contender in dice.sample(self.contenders, len(self.contenders)):
                number = next(numbers)
                call = contender.bare or _called(functions, contender.request(number))
                began = time.perf_counter()
                call(number)
                took = time.perf_counter() - began
                if turn >= 20:
                    times[contender.name].each.append(took)
                    times[contender.name].whole += took
        return times

    def behind_http(self, calls: int) -> dict[str, Times]:
        """Post to each in turn, several callers at a time."""
        times = {contender.name: Times() for contender in self.contenders}
        numbers, mine = count(10**6), local()

        def post(request: _Request) -> float:
            if not hasattr(mine, "session"):
                mine.session = requests.Session()
                mine.session.trust_env = False
                mine.session.verify = str(certificate())
            began = time.perf_counter()
            answer = mine.session.post(
                f"{self.address}/api/{request.path}", data=request.body, headers=request.headers, timeout=60
            )
            assert answer.status_code in {200, 204}, (request.path, answer.status_code, answer.text)
            return time.perf_counter() - began

        with ThreadPoolExecutor(CALLERS) as callers:
            for turn in range(_TURNS + 1):  # the first opens connections
                for contender in self.contenders:
                    size = calls // _TURNS if turn else CALLERS
                    batch = [contender.request(next(numbers)) for _ in range(size)]
                    began = time.perf_counter()
                    each = list(callers.map(post, batch))
                    if turn:
                        times[contender.name].whole += time.perf_counter() - began
                        times[contender.name].each += each
        return times


def _called(functions: Mapping[str, Callable[..., object]], request: _Request) -> Callable[[int], object]:
    name, _, rest = request.path.partition("/")
    function = functions[{"negotiate": _NEGOTIATE, "pubsub": _EVENTS}[name]]
    hub, _, event = rest.partition("/")
    parameters = {"hub": hub, "event": event}
    req = func.HttpRequest(
        "POST", f"/api/{request.path}", headers=request.headers, route_params=parameters, body=request.body
    )

    def call(_: int) -> object:
        answer = function(req=req)
        assert isinstance(answer, func.HttpResponse)
        assert answer.status_code in {200, 204}, (request.path, answer.status_code)
        return answer

    return call


@contextmanager
def token_app() -> Iterator[TokenApp]:
    """Run the app until the block ends: one resource signs with its key, one with the managed identity."""
    identity, identity_port, port = Identity(), free_port(), free_port()
    with (
        azurite() as storage,
        PubSubService(certificate(), identity=identity) as board,
        https_server(Starlette(routes=identity.routes()), identity_port, certificate()),
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {**storage.environment_of(0), **_environment(folder)}),
        patch.dict(
            os.environ,
            {"IDENTITY_ENDPOINT": address_of(identity_port) + PATH, "IDENTITY_HEADER": identity.header},
        ),
        hosted(SystemClock()),
    ):
        _write_rules(Path(folder), board.endpoint)
        contenders = _contenders(board.endpoint)
        named = [one for one in functions_of_the_app() if one.name in {_NEGOTIATE, _EVENTS}]
        own = [_function_of(one, f"sdk{number}") for number, one in enumerate(contenders) if one.bare]
        host = Host([*named, *own])
        with https_server(Starlette(routes=[route_of(host)]), port, certificate()):
            yield TokenApp(contenders, host, address_of(port))


def _environment(folder: str) -> dict[str, str]:
    return {
        "CONFIG_FOLDER": folder,
        "NEGOTIATE_KEY": _BACKEND_KEY,
        "WEB_PUBSUB_CONNECTION": f"Endpoint=https://{_HOST};AccessKey={_KEY};Version=1.0;",
        "WEB_PUBSUB_SIGNING_KEY": "primary",
        "WEB_PUBSUB_ENDPOINT": "",
        "REQUESTS_CA_BUNDLE": str(certificate()),
    }


def _write_rules(folder: Path, board: str) -> None:
    limits = "calls_per_minute: 100000, connects_per_second: 1000000"
    (folder / "tokens.yaml").write_text(
        f"web_pubsub:\n  - {{resource: lobby, {limits}, hubs: [{{hub: lobby, {_POLICIES}}}]}}\n"
        f"  - {{resource: board, endpoint: '{board}', {limits}, hubs: [{{hub: board, {_POLICIES}}}]}}\n",
        encoding="utf-8",
    )
    (folder / "events.yaml").write_text(
        f"resources:\n  - resource: {_LOBBY}\n    origins: [{_HOST}]\n    keys: [WEB_PUBSUB_CONNECTION]\n    hubs:\n"
        "      - {hub: lobby, connect: [{users: ['*']}], user_events: [{event: message, handler: acknowledge}]}\n",
        encoding="utf-8",
    )


def _contenders(board: str) -> Sequence[Contender]:
    by_key = WebPubSubServiceClient.from_connection_string(os.environ["WEB_PUBSUB_CONNECTION"], "lobby")
    by_identity = WebPubSubServiceClient(board, "board", current().credential)
    with_key, with_entra = f"{_SDK}, access key", f"{_SDK}, Entra"
    return (
        Contender(with_key, with_key, lambda _: _Request("sdk0"), lambda n: _token(by_key, n)),
        Contender(f"{_NEGOTIATE}, access key", with_key, lambda n: _asking("lobby", n)),
        Contender(with_entra, with_entra, lambda _: _Request("sdk2"), lambda n: _token(by_identity, n)),
        Contender(f"{_NEGOTIATE}, Entra", with_entra, lambda n: _asking("board", n)),
        Contender(f"{_EVENTS}, connect", with_key, lambda n: _event("sys", "connect", n)),
        Contender(f"{_EVENTS}, message of a client", with_key, lambda n: _event("user", "message", n)),
    )


def _token(client: WebPubSubServiceClient, number: int) -> object:
    user = f"user-{number % 5000}"
    return client.get_client_access_token(
        user_id=user, roles=_ROLES, groups=[f"user-{user}"], minutes_to_expire=60
    )


def _function_of(contender: Contender, route: str) -> Function:
    numbers = count()

    def answer(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # called by this name
        content = contender.bare(next(numbers)) if contender.bare else None
        return func.HttpResponse(json.dumps(content), status_code=200, mimetype="application/json")

    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": ["POST"]}
    trigger["authLevel"] = "ANONYMOUS"
    return Function(route, answer, trigger)


def _asking(hub: str, number: int) -> _Request:
    headers = {"x-negotiate-key": _BACKEND_KEY, "x-negotiate-user": f"user-{number % 5000}"}
    return _Request(f"negotiate/{hub}", headers)


def _event(kind: str, name: str, number: int) -> _Request:
    connection = f"connection-{number}"
    digest = hmac.new(_KEY.encode(), connection.encode(), hashlib.sha256).hexdigest()
    headers = {
        "webhook-request-origin": _HOST,
        "content-type": "application/json" if kind == "sys" else "text/plain",
        "ce-specversion": "1.0",
        "ce-type": f"azure.webpubsub.{kind}.{name}",
        "ce-source": f"/hubs/lobby/client/{connection}",
        "ce-id": "1",
        "ce-time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "ce-signature": f"sha256={digest}",
        "ce-userid": "ada",
        "ce-connectionid": connection,
        "ce-hub": "lobby",
        "ce-eventname": name,
    }
    return _Request(f"pubsub/lobby/{name}", headers, b"{}" if kind == "sys" else b"one espresso")
