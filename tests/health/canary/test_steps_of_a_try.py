"""A try of the line goes through all steps, and where one fails it names that step and what the service said."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from starlette.responses import Response
from websockets.sync.server import ServerConnection, serve

from local.machine.certificates import certificate
from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub
from local.pubsub.service import PubSubService
from shared.cloud.web_pubsub.line import SUBPROTOCOL, WebSocketLine
from shared.errors import LinekeeperError
from shared.health.canary.steps import LIMITS, TriedSteps, TryStep, tried
from tests.local.pubsub.pubsub_stage import RecordingHandler, client_address, token, wait_until

GROUP = "board"
SOON = timedelta(seconds=0.3)
CONNECTED = {"type": "system", "event": "connected", "connectionId": "c1"}
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 39\r\n\r\nPublic network access is not allowed.  \n"


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))


@pytest.fixture(scope="module")
def service() -> Iterator[PubSubService]:
    with PubSubService(certificate()) as running:
        yield running


def try_at(address: str) -> TriedSteps:
    return tried(lambda _: address, WebSocketLine)


def try_of(service: PubSubService, hub: str = "lobby", **claims: object) -> TriedSteps:
    """Try with a token that is right in all but what the claims say."""

    def address_of(group: str) -> str:
        roles = [f"webpubsub.joinLeaveGroup.{group}", f"webpubsub.sendToGroup.{group}"]
        access_token = token(service, hub, **{"role": roles, **claims})
        return client_address(service, hub, access_token=access_token)

    return tried(address_of, WebSocketLine)


def failed(outcome: TriedSteps) -> tuple[str, str]:
    return outcome.failed_step, outcome.failure


def trusted_socket() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate())
    return context


@contextmanager
def speaking(speech: Callable[[ServerConnection], None]) -> Iterator[str]:
    """Serve a WebSocket whose other end a test plays; yield its address."""
    with serve(speech, "127.0.0.1", 0, ssl=trusted_socket(), subprotocols=[SUBPROTOCOL]) as server:  # type: ignore[list-item]
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"wss://127.0.0.1:{server.socket.getsockname()[1]}/client/hubs/lobby"


@contextmanager
def answering(answer: bytes, *, over_tls: bool = True) -> Iterator[str]:
    """Answer one connection with bytes; yield the address."""

    def run() -> None:
        plain, _ = listener.accept()
        with plain:
            opened = trusted_socket().wrap_socket(plain, server_side=True) if over_tls else plain
            opened.recv(4096)
            opened.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=run, daemon=True).start()
        yield f"wss://127.0.0.1:{listener.getsockname()[1]}/client/hubs/lobby"


def play(line: ServerConnection, *, acks: int, then: Callable[[ServerConnection], None]) -> None:
    """Do what the service does up to so many acks, and then something else."""
    line.send(json.dumps(CONNECTED))
    for number in range(1, acks + 1):
        assert number == json.loads(line.recv())["ackId"]
        line.send(json.dumps({"type": "ack", "ackId": number, "success": True}))
    then(line)


def test_a_line_that_is_up_is_tried_to_its_end_and_every_step_is_timed(service: PubSubService) -> None:
    outcome = try_of(service)

    assert ("", "") == failed(outcome)
    assert list(TryStep) == list(outcome.took)
    assert all(milliseconds >= 0 for milliseconds in outcome.took.values())
    wait_until(lambda: service.connections() == [])


def test_who_gives_no_token_is_named() -> None:
    def nobody(_: str) -> str:
        raise LinekeeperError("Web PubSub lobby answers 403: no role", permanent=False)

    assert ("negotiate", "Web PubSub lobby answers 403: no role") == failed(tried(nobody, WebSocketLine))


def test_who_gives_a_token_too_late_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, TryStep.NEGOTIATE, SOON)  # type: ignore[arg-type]
    never = Event()

    outcome = tried(lambda _: str(never.wait(2)), WebSocketLine)

    assert ("negotiate", "no answer within 0.3 s") == failed(outcome)
    assert outcome.took["negotiate"] < 1500


def test_a_host_without_an_address_is_named() -> None:
    step, failure = failed(try_at("wss://lobby.invalid/client/hubs/lobby"))

    assert ("DNS", True) == (step, failure.startswith("lobby.invalid has no address: "))


def test_a_port_at_which_nobody_listens_is_named() -> None:
    assert ("TCP", "Connection refused") == failed(try_at("wss://127.0.0.1:9/client/hubs/lobby"))


def test_a_certificate_that_is_not_trusted_is_named(
    service: PubSubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    assert ("TLS", "the certificate is not trusted: self-signed certificate") == failed(try_of(service))


def test_what_speaks_no_tls_is_named() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", over_tls=False) as address:
        assert "TLS" == try_at(address).failed_step


def test_an_address_without_tls_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outcome = try_at(f"ws://127.0.0.1:{listener.getsockname()[1]}/client/hubs/lobby")

    assert ("TLS", "the address asks for no TLS") == failed(outcome)


@pytest.mark.parametrize(
    ("claims", "answer"),
    [
        pytest.param({"aud": "https://former.example/client/hubs/lobby"}, "401 Unauthorized", id="audience"),
        pytest.param({"exp": 1}, "401 Unauthorized", id="expired"),
    ],
)
def test_a_token_that_is_refused_is_told_with_its_status(
    service: PubSubService, claims: dict[str, object], answer: str
) -> None:
    assert ("handshake", answer) == failed(try_of(service, **claims))


def test_a_refusal_is_told_with_the_words_of_the_service() -> None:
    with answering(REFUSAL) as address:
        outcome = try_at(address)

    assert ("handshake", "403 Forbidden: Public network access is not allowed.") == failed(outcome)


def test_a_secret_in_a_refusal_is_not_kept() -> None:
    body = b"no such token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    with answering(head + body) as address:
        step, failure = failed(try_at(address))

    assert ("handshake", True, False) == (step, "redacted" in failure, "eyJ" in failure)


def test_a_full_hub_is_told_with_its_status(service: PubSubService) -> None:
    service.hubs["full"] = Hub(quota=0)

    assert ("handshake", "429 Too Many Requests") == failed(try_of(service, "full"))


def test_what_the_event_handler_refuses_and_delays_is_the_handshake(
    service: PubSubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = RecordingHandler()
    with handler.serving() as template:
        service.hubs["asked"] = Hub([EventHandler(template, SYSTEM_EVENTS)])
        handler.answer = lambda _: Response(status_code=403)
        assert ("handshake", "403 Forbidden") == failed(try_of(service, "asked"))

        monkeypatch.setitem(LIMITS, TryStep.HANDSHAKE, SOON)  # type: ignore[arg-type]
        handler.slow_s = 0.6
        assert ("handshake", "no answer within 0.3 s") == failed(try_of(service, "asked"))


def test_what_is_not_a_handshake_is_named() -> None:
    with answering(b"Hello\r\n\r\n") as address:
        step, failure = failed(try_at(address))

    assert ("handshake", "the answer is not a handshake: did not receive a valid HTTP response") == (
        step,
        failure,
    )


def test_a_service_that_says_nothing_after_the_handshake_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, TryStep.CONNECTED, SOON)  # type: ignore[arg-type]
    over = Event()
    with speaking(lambda _: over.wait(5) and None) as address:
        outcome = try_at(address)
        over.set()

    assert ("connected", "no answer within 0.3 s") == failed(outcome)


def test_a_close_is_told_with_its_code_and_the_reason_that_came_before() -> None:
    def closing(line: ServerConnection) -> None:
        line.send(json.dumps({"type": "system", "event": "disconnected", "message": "Server is overloaded"}))
        line.close(1011)

    with speaking(lambda line: play(line, acks=0, then=closing)) as address:
        outcome = try_at(address)

    assert ("join", "closed by the service with 1011: Server is overloaded") == failed(outcome)


def test_a_join_that_is_refused_is_told_with_its_reason(service: PubSubService) -> None:
    step, failure = failed(try_of(service, role=None))

    assert ("join", True) == (
        step,
        failure.startswith("refused: Forbidden: The client has no permission to join"),
    )


def test_a_message_that_is_refused_is_told_with_its_reason(service: PubSubService) -> None:
    step, failure = failed(try_of(service, role=["webpubsub.joinLeaveGroup"]))

    assert ("send", True) == (
        step,
        failure.startswith("refused: Forbidden: The client has no permission to send"),
    )


def test_a_message_that_does_not_come_back_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, TryStep.RECEIVE, SOON)  # type: ignore[arg-type]
    over = Event()

    def another(line: ServerConnection) -> None:
        line.send(
            json.dumps({"type": "message", "from": "group", "dataType": "text", "data": "of somebody else"})
        )
        over.wait(5)

    with speaking(lambda line: play(line, acks=2, then=another)) as address:
        outcome = try_at(address)
        over.set()

    assert ("receive", "no answer within 0.3 s") == failed(outcome)


def test_a_message_that_comes_before_its_ack_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, TryStep.RECEIVE, SOON)  # type: ignore[arg-type]

    def early(line: ServerConnection) -> None:
        data = json.loads(line.recv())["data"]
        line.send(json.dumps({"type": "message", "from": "group", "dataType": "text", "data": data}))
        line.send(json.dumps({"type": "ack", "ackId": 2, "success": True}))
        for _ in line:
            pass

    with speaking(lambda line: play(line, acks=1, then=early)) as address:
        assert ("", "") == failed(try_at(address))


def test_a_connection_that_is_lost_without_a_close_is_named() -> None:
    with speaking(
        lambda line: play(line, acks=1, then=lambda line: line.socket.shutdown(socket.SHUT_RDWR))
    ) as address:
        assert ("send", "closed by the service without a word") == failed(try_at(address))


def test_a_frame_that_is_none_is_named() -> None:
    with speaking(lambda line: line.send("lobby")) as address:
        outcome = try_at(address)

    assert ("connected", "the service sent what is not a frame of the subprotocol") == failed(outcome)


def test_a_service_that_does_not_say_goodbye_is_named() -> None:
    def vanish(line: ServerConnection) -> None:
        data = json.loads(line.recv())["data"]
        line.send(json.dumps({"type": "ack", "ackId": 2, "success": True}))
        line.send(json.dumps({"type": "message", "from": "group", "dataType": "text", "data": data}))
        line.socket.shutdown(socket.SHUT_RDWR)

    with speaking(lambda line: play(line, acks=1, then=vanish)) as address:
        assert ("close", "the connection was lost before the service closed it") == failed(try_at(address))
