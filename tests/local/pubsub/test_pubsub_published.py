"""Microsoft's published packages hold the stand-in from all sides: its clients, its callers and its event handler."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType, WebPubSubDataType
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from pubsub_stage import (
    ALL_RIGHTS,
    JSON,
    MemoryRows,
    handshake_status,
    open_client,
    receive,
    receive_kind,
    send,
    token,
    wait_until,
)

from local.machine.certificates import certificate
from local.machine.node import node_command
from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub, Pace
from local.pubsub.service import PubSubService

HERE = Path(__file__).parent
PATIENCE_S = 30.0


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[PubSubService]:
    for variable in ("WEBSOCKET_CLIENT_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(certificate()))
    with PubSubService() as service:
        yield service


class Program:
    """A program that prints lines of JSON and takes lines of input."""

    def __init__(self, command: Sequence[str], variable: str) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env={**os.environ, variable: str(certificate())},
        )
        self._lines: queue.Queue[Any] = queue.Queue()
        self._waiting: defaultdict[str, deque[dict[str, Any]]] = defaultdict(deque)
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, event: str) -> dict[str, Any]:
        """The next line about an event; others wait to be asked for."""
        while not self._waiting[event]:
            line = self._lines.get(timeout=PATIENCE_S)
            assert line is not None, f"the program ended before {event}"
            self._waiting[line["event"]].append(line)
        return self._waiting[event].popleft()

    def say(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def do(self, *command: object) -> dict[str, Any]:
        self.say(json.dumps(command))
        return self.next("done")

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)


@contextmanager
def program(*command: str, variable: str) -> Iterator[Program]:
    started = Program(command, variable)
    try:
        yield started
    finally:
        started.end()


@contextmanager
def javascript(script: str, *arguments: str) -> Iterator[Program]:
    with program(*node_command(), str(HERE / script), *arguments, variable="NODE_EXTRA_CA_CERTS") as started:
        yield started


def test_the_python_client_connects_joins_hears_itself_and_comes_back_by_one_new_address(
    service: PubSubService,
) -> None:
    signer = WebPubSubServiceClient.from_connection_string(service.connection_string(), "lobby")
    asked: list[str] = []
    heard: queue.Queue[object] = queue.Queue()
    connected: queue.Queue[str] = queue.Queue()

    def address() -> str:
        asked.append(signer.get_client_access_token(user_id="alice", roles=ALL_RIGHTS)["url"])
        return asked[-1]

    client = WebPubSubClient(WebPubSubClientCredential(address), ack_timeout=2, start_timeout=2)
    client.subscribe(CallbackType.GROUP_MESSAGE, lambda event: heard.put((event.group, event.data)))
    client.subscribe(CallbackType.CONNECTED, lambda event: connected.put(event.connection_id))
    with client:
        first = connected.get(timeout=PATIENCE_S)
        client.join_group("room")
        client.send_to_group("room", {"n": 1}, WebPubSubDataType.JSON)
        assert ("room", {"n": 1}) == heard.get(timeout=PATIENCE_S)
        service.cut(first)
        signer.send_to_group("room", "missed", content_type="text/plain")
        assert (("room", "missed"), 1) == (heard.get(timeout=PATIENCE_S), len(asked))

        service.close_all(reason="recovery is refused")
        assert first != connected.get(timeout=PATIENCE_S)
        wait_until(lambda: signer.group_exists("room"))
        client.send_to_group("room", "again", WebPubSubDataType.TEXT)
        assert (("room", "again"), 2) == (heard.get(timeout=PATIENCE_S), len(asked))


def test_the_python_client_is_told_401_for_a_regenerated_key(service: PubSubService) -> None:
    signer = WebPubSubServiceClient.from_connection_string(service.connection_string(), "lobby")
    service.keys.regenerate("primary")
    client = WebPubSubClient(signer.get_client_access_token()["url"], reconnect_retry_total=0)

    with pytest.raises(Exception, match="401 Unauthorized"):
        client.open()


def test_the_aio_client_connects_joins_hears_itself_and_comes_back(service: PubSubService) -> None:
    command = (sys.executable, str(HERE / "aio_client.py"), service.connection_string(), "lobby")
    with program(*command, variable="SSL_CERT_FILE") as client:
        first = client.next("connected")["connectionId"]
        client.next("done")
        client.say("hello")
        assert "hello" == client.next("group-message")["data"]
        client.next("done")  # else it would send it again
        service.close_all()
        again = client.next("connected")
        assert (True, 2) == (first != again["connectionId"], again["asked"])
        signer = WebPubSubServiceClient.from_connection_string(service.connection_string(), "lobby")
        wait_until(lambda: signer.group_exists("room"))
        client.say("again")
        assert "again" == client.next("group-message")["data"]


@pytest.mark.parametrize("kind", ["reliable", "plain"])
def test_the_javascript_client_connects_joins_hears_itself_and_comes_back(
    service: PubSubService, kind: str
) -> None:
    with javascript("javascript_client.mjs", service.connection_string(), "lobby", kind) as client:
        first = client.next("connected")
        client.do("join", "room")
        client.do("send", "room", "hello", False)
        assert "hello" == client.next("group-message")["data"]
        client.do("sendBinary", "room", [0, 255])
        assert ("binary", [0, 255]) == ((said := client.next("group-message"))["dataType"], said["data"])
        service.close_all()
        again = client.next("connected")
        assert (True, 1, 2) == (
            first["connectionId"] != again["connectionId"],
            first["asked"],
            again["asked"],
        )
        client.do("sendJson", "room", {"n": 2})
        assert {"n": 2} == client.next("group-message")["data"]


def test_the_javascript_client_recovers_a_lost_line_without_a_new_address(service: PubSubService) -> None:
    with javascript("javascript_client.mjs", service.connection_string(), "lobby", "reliable") as client:
        first = client.next("connected")["connectionId"]
        client.do("join", "room")
        service.cut(first)
        signer = WebPubSubServiceClient.from_connection_string(service.connection_string(), "lobby")
        signer.send_to_group("room", "missed", content_type="text/plain")
        assert ("missed", [first]) == (client.next("group-message")["data"], service.connections())


def test_the_javascript_client_is_told_what_it_may_not_do(service: PubSubService) -> None:
    with javascript("javascript_client.mjs", service.connection_string(), "lobby", "reliable") as client:
        client.next("connected")
        client.say(json.dumps(["event", "buy", "1"]))

        assert "InternalServerError" == client.next("failed")["error"]


def test_the_javascript_client_is_refused_with_401(service: PubSubService) -> None:
    connection_string = service.connection_string()
    service.keys.regenerate("primary")
    with javascript("javascript_client.mjs", connection_string, "lobby", "reliable") as client:
        assert "Unexpected server response: 401" == client.next("failed")["error"]


def test_the_rest_client_for_node_gets_every_answer_that_it_expects(service: PubSubService) -> None:
    with open_client(service, access_token=token(service, sub="dave", role=None)) as client:
        connection_id = receive(client)["connectionId"]
        answers = subprocess.run(
            [*node_command(), str(HERE / "rest_caller.mjs"), service.endpoint, service.keys.primary, "lobby", connection_id, "dave"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate())},
        ).stdout  # fmt: skip
        heard = [receive_kind(client, "message")["data"] for _ in range(4)]

    told = dict(json.loads(line) for line in answers.splitlines())
    values = {
        "connectionExists": True,
        "noConnection": False,
        "userExists": True,
        "groupExists": True,
        "hasPermission": True,
        "hasNoPermission": False,
        "members": ["dave"],
        "leftA": False,
        "inB": True,
        "token": f"wss{service.endpoint.removeprefix('https')}/client/hubs/lobby",
    }
    assert [{"n": 1}, "to the user", "AAE=", "to the room"] == heard
    assert {**dict.fromkeys(told), **values} == told


@contextmanager
def express_lobby() -> Iterator[tuple[PubSubService, Program, MemoryRows]]:
    rows = MemoryRows()
    with (
        PubSubService(rows_to=rows, pace=Pace().times(0.005)) as service,
        javascript("express_handler.mjs", str(certificate()), service.endpoint) as handler,
    ):
        template = f"https://127.0.0.1:{handler.next('listening')['port']}/hooks/{{event}}"
        service.hubs["lobby"] = Hub([EventHandler(template, SYSTEM_EVENTS, "*")])
        yield service, handler, rows


def test_the_event_handler_for_node_understands_every_event() -> None:
    with express_lobby() as (service, handler, _):
        with open_client(service, access_token=token(service, floor="2")) as client:
            greeting = receive(client)
            asked = handler.next("connect")
            send(client, type="event", event="buy", dataType="text", data="one", ackId=1)
            reply = receive_kind(client, "message")
            assert receive_kind(client, "ack")["success"]
            members = service.connections("lobby")
            service.close_all(reason="lights out")

        assert ("alice of lobby", "alice", "lobby", greeting["connectionId"], ["2"], [JSON]) == (greeting["userId"], asked["userId"], asked["hub"], asked["connectionId"], asked["claims"]["floor"], asked["subprotocols"])  # fmt: skip
        assert service.keys.signature_of(greeting["connectionId"]) == asked["signature"]
        assert {"userId": "alice of lobby", "states": {"visits": 1}, "event": "connected"} == handler.next(
            "connected"
        )
        assert ("one", "text", {"visits": 1}) == ((user := handler.next("user"))["data"], user["dataType"], user["states"])  # fmt: skip
        assert "lights out" == handler.next("disconnected")["reason"]
        assert ("one heard", [greeting["connectionId"]]) == (reply["data"], members)


def test_the_event_handler_for_node_refuses_a_client_and_fails_an_event() -> None:
    with express_lobby() as (service, _, rows):
        status = handshake_status(service, access_token=token(service, sub="mallory"))
        with open_client(service) as client:
            send(client, type="event", event="fail", dataType="text", data="x", ackId=1)
            assert "InternalServerError" == receive_kind(client, "ack")["error"]["name"]

    assert 401 == status
    assert any("unexpected response with status code 401." in str(text) for (text,) in rows.of("WebPubSubMessaging", "Message"))  # fmt: skip


def test_the_event_handler_for_node_allows_no_other_resource() -> None:
    with (
        javascript("express_handler.mjs", str(certificate()), "https://other.example") as handler,
        PubSubService(pace=Pace().times(0.005)) as service,
    ):
        template = f"https://127.0.0.1:{handler.next('listening')['port']}/hooks/{{event}}"
        service.hubs["lobby"] = Hub([EventHandler(template, SYSTEM_EVENTS)])
        assert 500 == handshake_status(service)
