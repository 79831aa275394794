"""What strangers cost us, at each route that asks for no key: counted at what the app sends, in requests beside each other."""

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from local.azure.small_azure import small_azure
from local.host import Host, functions_of_the_app
from local.workspace.database import Workspace
from shared.app import readiness
from shared.app.runtime import hosted
from shared.health.readiness import ProbeResult, Report
from tests.contract.served_app import NOW, StillClock

MANY = 40
TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
ENTRA = "https://login.example"
LOBBY = (
    "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/rt/providers/"
    "microsoft.signalrservice/webpubsub/lobby"
)
FILES = {
    "resources": f"resources: [{{id: {LOBBY}, region: westeurope}}]\n",
    "tokens": f"""
issuers: [{{tenant: {TENANT}, audience: "api://rooms"}}]
acs: {{policies: [{{scopes: [chat]}}]}}
web_pubsub: [{{resource: lobby, hubs: [{{hub: chat, policies: [{{groups: [guests]}}]}}]}}]
""",
    "events": f"""
resources:
  - resource: {LOBBY}
    origins: [lobby.webpubsub.azure.com]
    identity: {{tenant: {TENANT}, audiences: ["api://rooms"], ids: [{TENANT}]}}
    hubs: [{{hub: chat}}]
""",
}
KEYS_FETCHED = 10  # in five minutes, by one process, of one issuer


@dataclass
class Street:
    """The app behind its host, and what it sends to others."""

    host: Host
    sent: Counter[str] = field(default_factory=Counter)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> int:
        return self.host.request(method, f"/api/{path}", headers=headers, body=body).status_code

    def ask_many(self, ask: Callable[[int], int]) -> set[int]:
        with ThreadPoolExecutor(MANY) as strangers:
            return set(strangers.map(ask, range(MANY)))


@pytest.fixture(scope="module")
def street(azurite: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("config")
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    functions = [function for function in functions_of_the_app() if function.kind == "httpTrigger"]
    with small_azure(Workspace()) as azure, pytest.MonkeyPatch.context() as patch:
        settings = {
            **azurite.environment_of(azurite.unused()),
            **azure.environment,
            "CONFIG_FOLDER": str(folder),
            "ENTRA_ENDPOINT": ENTRA,
            "ACS_CONNECTION": f"endpoint=https://acs.example/;accesskey={'q7' * 43}==",
            "WEB_PUBSUB_CONNECTION": f"Endpoint=https://lobby.example;AccessKey={'q7' * 43}==;Version=1.0;",
            "PUBLIC_URL": "https://watch.contoso.com/api",
            "TEAMS_WEBHOOK_URL": "https://teams.example/hook",
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        for name in ("ALERT_AUDIENCE", "WEBSITE_AUTH_ENABLED", "NEGOTIATE_KEY", "HEALTH_KEY"):
            patch.delenv(name, raising=False)
        street = Street(Host(functions))
        _count(patch, street, azure.environment)
        with hosted(StillClock()):
            yield street


def _count(patch: pytest.MonkeyPatch, street: Street, azure: dict[str, str]) -> None:
    send, published = HTTPAdapter.send, _published_keys()

    def counted(adapter: HTTPAdapter, request: PreparedRequest, *given: Any, **named: Any) -> Response:
        parts = urlsplit(str(request.url))
        street.sent[_kind(parts.netloc, parts.path)] += 1
        if parts.netloc.endswith(".example"):
            answer = Response()
            answer.status_code = 200 if parts.netloc in ENTRA else 404
            answer.raw, answer.request = HTTPResponse(io.BytesIO(published), preload_content=False), request
            return answer
        return send(adapter, request, *given, **named)

    patch.setattr(HTTPAdapter, "send", counted)


def _published_keys() -> bytes:
    key: dict[str, object] = RSAAlgorithm.to_jwk(
        rsa.generate_private_key(65537, 2048).public_key(), as_dict=True
    )
    return json.dumps({"keys": [{**key, "kid": "key-1", "use": "sig"}]}).encode()


def _kind(host: str, path: str) -> str:
    if host in ENTRA:
        return "keys of Entra"
    if host.endswith(".example"):
        return "services"
    if path.endswith("/query"):
        return "queries"
    if "metrics" in path:
        return "metrics"
    return "tokens of the identity" if "msi" in path or "identity" in path else "storage"


def _forged(number: int) -> dict[str, str]:
    claims = {
        "iss": f"{ENTRA}/{TENANT}/v2.0",
        "aud": "api://rooms",
        "exp": NOW.timestamp() + 60,
        "oid": TENANT,
    }
    token = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": f"key-of-mine-{number}"})
    return {"authorization": f"Bearer {token}"}


def _event(number: int) -> dict[str, str]:
    return {
        **_forged(number),
        "webhook-request-origin": "lobby.webpubsub.azure.com",
        "ce-type": "azure.webpubsub.sys.connected",
        "ce-eventname": "connected",
        "ce-hub": "chat",
        "ce-connectionid": f"c-{number}",
        "ce-time": NOW.isoformat(),
        "ce-signature": "sha256=" + "0" * 64,
        "ce-specversion": "1.0",
        "ce-id": str(number),
        "ce-source": f"/hubs/chat/client/c-{number}",
    }


BOARD = "board?token=1.{:08x}.board.0.0.1790000000.board." + "a" * 43
LINK = "respond?token=1.{:08x}.resolve.0.3.1790000000.lobby-drops-1." + "a" * 43
# What so many requests at once are answered, and what they may cost all together.
COSTS: dict[str, tuple[Callable[[Street, int], int], set[int], dict[str, int]]] = {
    "is it alive": (lambda street, _: street.ask("GET", "health/live"), {200}, {}),
    "a link that is none": (lambda street, n: street.ask("GET", f"respond?token=guess-{n}"), {403}, {}),
    "a form without a link": (lambda street, _: street.ask("POST", "respond", body=b"x" * 9_000), {403}, {}),
    # Its container, and the blob of the keys once.
    "a forged link": (lambda street, n: street.ask("GET", LINK.format(n)), {403}, {"storage": 2}),
    "the board without a link": (lambda street, n: street.ask("GET", f"board?token=guess-{n}"), {403}, {}),
    "the board by a forged link": (
        lambda street, n: street.ask("GET", BOARD.format(n), {"x-ms-client-principal-name": "eve"}),
        {403},
        {"storage": 2},
    ),
    "a client without a sign-in": (lambda street, _: street.ask("GET", "negotiate/chat"), {403}, {}),
    "a client of no hub": (lambda street, n: street.ask("GET", f"negotiate/room-{n}"), {403}, {}),
    "a client with a forged token": (
        # A key that nobody published is asked for once; whoever names one soon after is told to come again.
        lambda street, n: street.ask("GET", "negotiate/chat", _forged(n)),
        {401, 503},
        {"keys of Entra": KEYS_FETCHED},
    ),
    "a refresh of nothing": (lambda street, _: street.ask("POST", "refresh", body=b"{}"), {400}, {}),
    "a large refresh": (lambda street, _: street.ask("POST", "refresh", body=b"[" * 500_000), {413}, {}),
    "an identity without a sign-in": (lambda street, _: street.ask("POST", "acs/token"), {403}, {}),
    "the next token of nobody": (lambda street, _: street.ask("POST", "acs/token/refresh"), {403}, {}),
    "the end of all tokens of nobody": (lambda street, _: street.ask("POST", "acs/token/revoke"), {403}, {}),
    "a validation of nobody": (lambda street, _: street.ask("OPTIONS", "pubsub/chat/connect"), {403}, {}),
    "a large event": (
        lambda street, n: street.ask("POST", "pubsub/chat/connected", _event(n), b"x" * 3_000_000),
        {413},
        {},
    ),
    "a forged event": (
        lambda street, n: street.ask("POST", "pubsub/chat/connected", _event(n)),
        {401, 503},
        {"keys of Entra": KEYS_FETCHED},
    ),
    # One report: a query for the workspace, a call for the metrics of the one subscription, region and service.
    "is it ready": (
        lambda street, _: street.ask("GET", "health/ready"),
        {503},
        {
            "queries": 1,
            "metrics": 1,
            "storage": 30,
            "services": 4,
            "keys of Entra": 1,
            "tokens of the identity": 4,
        },
    ),
}


@pytest.mark.parametrize("name", COSTS)
def test_strangers_cost_no_more_than_this(street: Street, name: str) -> None:
    ask, statuses, most = COSTS[name]
    street.sent.clear()

    answered = street.ask_many(lambda number: ask(street, number))
    cost = dict(street.sent)

    assert statuses == answered
    assert {kind: count for kind, count in cost.items() if count > most.get(kind, 0)} == {}, cost


def test_every_route_without_a_key_is_counted() -> None:
    functions = [function for function in functions_of_the_app() if function.kind == "httpTrigger"]
    open_ones = {function.name for function in functions if function.text("authLevel").upper() == "ANONYMOUS"}

    assert open_ones == {
        "issue_acs_token",
        "negotiate",
        "receive_pubsub_event",
        "refresh",
        "refresh_acs_token",
        "report_board",
        "report_health",
        "report_readiness",
        "respond_to_incident",
        "revoke_acs_tokens",
    }


def test_who_waits_for_readiness_holds_up_no_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    door = threading.Event()

    def make(_: object) -> Report:
        door.wait()
        return Report((ProbeResult("workspace"),))

    monkeypatch.setattr(readiness, "report", make)
    monkeypatch.setenv("AzureWebJobsStorage", "")
    names = {"report_readiness", "receive_alert"}
    functions = [function for function in functions_of_the_app() if function.name in names]
    host = Host(functions, settings={"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    with hosted(StillClock()), ThreadPoolExecutor(12) as strangers:
        asked = [strangers.submit(host.request, "GET", "/api/health/ready") for _ in range(12)]
        alert = host.request("POST", "/api/alerts", {"x-functions-key": host.key}, b"{}")
        waiting = sum(not answer.done() for answer in asked)
        door.set()

        assert (503, 12) == (alert.status_code, waiting)
        assert {200} == {answer.result(20).status_code for answer in asked}
