"""From a client's WebSocket through the service to our handler and its rows, over TLS."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from starlette.applications import Starlette
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.host import Host, Invocation, functions_of_the_app
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub
from local.pubsub.service import PubSubService
from shared.app import stores
from shared.app.runtime import current, hosted
from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from shared.signals.received import OUTCOMES, count_received
from tests.events.lobby import HOST, LOBBY, RULES, event_headers, signature

OURS = [one for one in functions_of_the_app() if one.name == "receive_pubsub_event"]
PATIENCE = 30  # seconds; on a busy machine too


@dataclass
class Wire:
    """The service and our app, each at its address."""

    address: str
    service: PubSubService
    host: Host
    done: "Queue[Invocation]"

    def client(self, user: str | None, hub: str = "chat") -> ClientConnection:
        """Connect as a client does."""
        sdk = WebPubSubServiceClient.from_connection_string(self.service.connection_string(), hub)
        url = sdk.get_client_access_token(user_id=user)["url"]
        trusting = ssl.create_default_context(cafile=str(certificate()))
        return connect(url, ssl=trusting, open_timeout=PATIENCE)

    def statuses(self, number: int) -> list[tuple[str, int]]:
        """Wait for so many requests; return their methods and what we answered."""
        calls = [self.done.get(timeout=PATIENCE) for _ in range(number)]
        return [(call.reason.split()[0], call.answer.status_code) for call in calls]


@pytest.fixture
def wire(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    (tmp_path / "events.yaml").write_text(RULES, encoding="utf-8")
    monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
    done: Queue[Invocation] = Queue()
    host, listener, trusted = Host(OURS, storage=storage, observe=done.put), free_port(), certificate()
    address = address_of(listener)
    handler = EventHandler(f"{address}/api/pubsub/{{hub}}/{{event}}", SYSTEM_EVENTS, "*")
    hubs = {name: Hub(handlers=[handler], anonymous=True) for name in ("chat", "door", "chatt")}
    with (
        hosted(SystemClock()),
        https_server(Starlette(routes=[route_of(host)]), listener, trusted),
        PubSubService(trusted, hubs=hubs, host=HOST) as service,
    ):
        monkeypatch.setenv("WEB_PUBSUB_CONNECTION", service.connection_string("primary"))
        monkeypatch.setenv("WEB_PUBSUB_CONNECTION_SECONDARY", service.connection_string("secondary"))
        yield Wire(address, service, host, done)


def test_a_client_connects_is_heard_and_leaves(wire: Wire) -> None:
    with wire.client("ada@contoso.com") as client:
        client.send("is anybody there?")
        heard = client.recv(PATIENCE)
    answered = wire.statuses(5)
    (count,) = [
        count
        for count in count_received(stores.events(current().storage), {LOBBY}, current().clock.now())
        if count.signal == OUTCOMES.id
    ]

    assert "is anybody there?" == heard
    assert {("OPTIONS", 200), ("POST", 200), ("POST", 204)} == set(answered)
    assert (0, 4) == (count.bad, count.total)


def test_a_client_that_no_rule_takes_is_told_401(wire: Wire) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        wire.client("banned-eve")

    assert 401 == refusal.value.response.status_code


def test_a_hub_that_is_misspelt_has_no_valid_handler(wire: Wire) -> None:
    with pytest.raises(InvalidStatus):
        wire.client("ada@contoso.com", "chatt")

    assert ("OPTIONS", 403) == wire.statuses(1)[0]


def test_while_one_key_is_regenerated_the_other_proves(wire: Wire) -> None:
    wire.service.keys.regenerate("secondary")
    with wire.client("ada@contoso.com") as client:
        client.send("still there?")

        assert "still there?" == client.recv(PATIENCE)


def test_when_both_keys_are_regenerated_nothing_proves_any_more(wire: Wire) -> None:
    for key in ("primary", "secondary"):
        wire.service.keys.regenerate(key)
    with pytest.raises(InvalidStatus) as refusal:
        wire.client("ada@contoso.com")

    assert 401 == refusal.value.response.status_code
    assert ("POST", 401) in wire.statuses(2)


def test_the_host_passes_what_the_service_needs(wire: Wire) -> None:
    path = "/api/pubsub/chat/validate"
    answer = wire.host.request("OPTIONS", path, {"WebHook-Request-Origin": HOST})
    foreign = wire.host.request("OPTIONS", path, {"WebHook-Request-Origin": "evil.example"})

    assert (200, HOST) == (answer.status_code, answer.headers["WebHook-Allowed-Origin"])
    assert "no-store" == answer.headers["Cache-Control"] == foreign.headers["Cache-Control"]
    assert (403, b"", False) == (
        foreign.status_code,
        foreign.get_body(),
        "WebHook-Allowed-Origin" in foreign.headers,
    )


def test_a_setting_that_is_missing_is_503_and_not_500(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "no connection string")
    monkeypatch.setenv("WEB_PUBSUB_CONNECTION", "AccessKey=key")
    headers = event_headers("sys", "connected")
    unsigned = wire.host.request("POST", "/api/pubsub/chat/connected", headers, b"{}")
    signed = {**headers, "ce-signature": signature("c-1", "key")}
    answer = wire.host.request("POST", "/api/pubsub/chat/connected", signed, b"{}")

    assert (401, 503) == (unsigned.status_code, answer.status_code)
