import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from local.recording.peer import ConnectionEnd, Opcode, Peer
from local.recording.ws_closed import Application, AsgiMessage, Receive, Send, WebSocketCloseRecord

CALL = "401f3500-fcb6-4b84-927e-81cd6372560b"
BEARER = "Bearer eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl"
CONNECT: AsgiMessage = {"type": "websocket.connect"}
ACCEPT: AsgiMessage = {"type": "websocket.accept"}
SPOKEN: AsgiMessage = {"type": "websocket.receive", "text": '{"kind":"TranscriptionData"}'}
PING: AsgiMessage = {"type": "websocket.send", "text": "ping"}


def hung_up(code: int | None) -> AsgiMessage:
    return {"type": "websocket.disconnect", "code": code}


class Stopwatch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record)


class Line:
    """A server's end of one connection: what arrives, each after so many seconds, and whether sending still works."""

    def __init__(
        self, *arrivals: tuple[float, AsgiMessage], send_fails_with: Exception | None = None
    ) -> None:
        self.stopwatch = Stopwatch()
        self.records = Records()
        self.sent: list[AsgiMessage] = []
        self.send_fails_with = send_fails_with
        self._arrivals = iter(arrivals)
        self.logger = logging.Logger("ws_closed")  # noqa: LOG001 - this test's own, shared with no other
        self.logger.addHandler(self.records)

    async def receive(self) -> AsgiMessage:
        after, message = next(self._arrivals, (0.0, hung_up(1005)))
        self.stopwatch.now += after
        return message

    async def send(self, message: AsgiMessage) -> None:
        if self.send_fails_with is not None and message["type"] == "websocket.send":
            raise self.send_fails_with
        self.sent.append(message)

    def serve(self, app: Application, scope: AsgiMessage | None = None, **options: Any) -> None:
        options = {"server": "uvicorn/0.34.0", "new_id": lambda: "line-7"} | options
        watched = WebSocketCloseRecord(app, logger=self.logger, monotonic=self.stopwatch, **options)
        asyncio.run(watched(scope or websocket_scope(), self.receive, self.send))

    @property
    def record(self) -> dict[str, str]:
        [only] = self.records.seen
        assert "ws_closed" == only.getMessage()
        standard = vars(logging.makeLogRecord({}))
        return {name: value for name, value in vars(only).items() if name not in standard}

    def shows(self, *names: str) -> tuple[str | None, ...]:
        return tuple(self.record.get(name) for name in names)


def websocket_scope(*headers: tuple[bytes, bytes]) -> AsgiMessage:
    return {
        "type": "websocket",
        "path": "/transcription",
        "query_string": b"code=s3cret",
        "headers": headers
        or ((b"x-ms-call-connection-id", CALL.encode()), (b"authorization", BEARER.encode())),
    }


async def listen(scope: AsgiMessage, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


def test_writes_the_numbers_of_a_connection_that_the_peer_closed() -> None:
    line = Line((0.0, CONNECT), (2.0, SPOKEN), (1.5, SPOKEN), (36.5, hung_up(1006)))

    line.serve(listen, ping_interval_s=20, ping_timeout_s=20.0)

    expected = {
        "lifetime_s": "40.000",
        "close_code": "1006",
        "asgi_server": "uvicorn/0.34.0",
        "call_connection_id": CALL,
        "connection_id": "line-7",
        "idle_s": "36.500",
        "messages": "2",
        "max_receive_gap_s": "0.000",
        "ping_interval_s": "20",
        "ping_timeout_s": "20",
        "ended_by": "disconnect",
    }
    assert expected == line.record


def test_every_value_is_text_without_the_url_or_the_bearer_token() -> None:
    line = Line((0.0, CONNECT))

    line.serve(listen, ping_interval_s=20)

    assert all(isinstance(value, str) for value in line.record.values())
    assert not any(secret in str(line.record) for secret in ("s3cret", "eyJ", "/transcription"))


def test_a_header_that_is_no_plain_id_is_left_out() -> None:
    line = Line((0.0, CONNECT))

    line.serve(listen, websocket_scope((b"X-MS-Call-Connection-Id", b"<script>alert(1)</script>")))

    assert "call_connection_id" not in line.record


def test_what_is_not_known_is_left_out() -> None:
    line = Line((0.0, CONNECT))

    line.serve(listen, websocket_scope((b"host", b"app")), ping_interval_s=None)

    assert not {"call_connection_id", "ping_interval_s", "ping_timeout_s"} & set(line.record)


def test_a_close_without_a_code_is_1005() -> None:
    line = Line((0.0, CONNECT), (3.0, hung_up(None)))

    line.serve(listen)

    assert "1005" == line.record["close_code"]


def test_the_lifetime_starts_when_the_handshake_is_accepted() -> None:
    line = Line((0.0, CONNECT), (5.0, hung_up(1000)))

    async def fetch_keys_first(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        line.stopwatch.now += 9.0
        await listen(scope, receive, send)

    line.serve(fetch_keys_first)

    assert ("5.000", "5.000") == (line.record["lifetime_s"], line.record["idle_s"])


def test_the_longest_time_away_from_receive_is_measured_between_two_messages() -> None:
    line = Line((0.0, CONNECT), (1.0, SPOKEN), (1.0, SPOKEN), (1.0, hung_up(1000)))

    async def play_a_prompt_after_each(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for prompt_s in (45.0, 12.0):
            await receive()
            line.stopwatch.now += prompt_s
        await receive()

    line.serve(play_a_prompt_after_each)

    assert "45.000" == line.record["max_receive_gap_s"]


def test_an_application_that_never_receives_again_was_away_until_the_end() -> None:
    line = Line((0.0, CONNECT))

    async def accept_and_play(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        line.stopwatch.now += 30.0

    line.serve(accept_and_play)

    assert "30.000" == line.record["max_receive_gap_s"]


def test_time_before_the_handshake_is_no_time_away_from_receive() -> None:
    line = Line((0.0, CONNECT))

    async def think_then_accept(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        line.stopwatch.now += 8.0
        await send(ACCEPT)
        await receive()

    line.serve(think_then_accept)

    assert "0.000" == line.record["max_receive_gap_s"]


def test_an_application_that_waits_in_receive_while_it_accepts_was_never_away() -> None:
    line = Line((0.0, CONNECT), (50.0, SPOKEN))

    async def accept_meanwhile(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        line.stopwatch.now += 8.0
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await send(ACCEPT)
        line.stopwatch.now += 50.0
        await send({"type": "websocket.close"})
        waiting.cancel()

    arrive = line.receive
    answers = iter((arrive, asyncio.Event().wait))

    async def receive_nothing_after_the_connect() -> Any:
        return await next(answers)()

    line.receive = receive_nothing_after_the_connect  # type: ignore[method-assign]
    line.serve(accept_meanwhile)

    assert ("50.000", "0.000") == (line.record["lifetime_s"], line.record["max_receive_gap_s"])


def test_a_receive_that_is_given_up_counts_as_being_away_from_then_on() -> None:
    line = Line((0.0, CONNECT))

    async def give_up_and_play(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        line.stopwatch.now += 25.0
        await receive()

    silent = line.receive
    answers = iter((silent, asyncio.Event().wait, silent))

    async def receive_nothing_the_second_time() -> Any:
        return await next(answers)()

    line.receive = receive_nothing_the_second_time  # type: ignore[method-assign]
    line.serve(give_up_and_play)

    assert "25.000" == line.record["max_receive_gap_s"]


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        pytest.param({"type": "websocket.close", "code": 1008}, "1008", id="a close with its code"),
        pytest.param({"type": "websocket.close"}, "1000", id="a close with the code that ASGI gives it"),
        pytest.param(
            {"type": "websocket.http.response.start", "status": 401, "headers": []},
            None,
            id="an HTTP answer, which has no close code",
        ),
    ],
)
def test_a_rejected_handshake_has_no_lifetime(refusal: AsgiMessage, expected: str | None) -> None:
    line = Line((0.0, CONNECT))

    async def reject(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(refusal)

    line.serve(reject)

    assert ("rejected", expected) == (line.record["ended_by"], line.record.get("close_code"))
    assert "lifetime_s" not in line.record


def test_a_peer_that_leaves_during_the_handshake_has_no_lifetime() -> None:
    line = Line((0.0, CONNECT), (4.0, hung_up(1006)))

    async def wait_before_accepting(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    line.serve(wait_before_accepting)

    assert ("disconnect", "1006") == (line.record["ended_by"], line.record["close_code"])
    assert "lifetime_s" not in line.record


def test_a_close_by_the_application_counts_until_it_was_asked_for() -> None:
    line = Line((0.0, CONNECT), (7.0, SPOKEN))

    async def close_with_1011(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await receive()
        await send({"type": "websocket.close", "code": 1011})

    deliver = line.send

    async def wait_for_the_peers_close(message: AsgiMessage) -> None:
        await deliver(message)
        line.stopwatch.now += 10.0 if message["type"] == "websocket.close" else 0.0

    line.send = wait_for_the_peers_close  # type: ignore[method-assign]
    line.serve(close_with_1011)

    assert ("app", "1011", "7.000") == line.shows("ended_by", "close_code", "lifetime_s")


def test_a_loss_seen_only_on_send_is_1006_and_reaches_the_application() -> None:
    line = Line((0.0, CONNECT), send_fails_with=ConnectionResetError("gone"))

    async def speak(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        line.stopwatch.now += 41.0
        await send(PING)

    with pytest.raises(ConnectionResetError):
        line.serve(speak)

    assert ("send", "1006", "41.000") == line.shows("ended_by", "close_code", "lifetime_s")


def test_an_error_of_the_application_is_recorded_and_goes_on() -> None:
    line = Line((0.0, CONNECT), (6.0, SPOKEN))

    async def stumble(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await receive()
        raise KeyError("transcriptionData")

    with pytest.raises(KeyError):
        line.serve(stumble)

    assert ("error", "6.000") == (line.record["ended_by"], line.record["lifetime_s"])
    assert "close_code" not in line.record


def test_a_server_that_shuts_down_cancels_the_application_and_leaves_a_record() -> None:
    line = Line((0.0, CONNECT))

    async def stopped(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        line.serve(stopped)

    assert "cancelled" == line.record["ended_by"]


def test_a_log_handler_that_raises_never_reaches_the_application() -> None:
    line = Line((0.0, CONNECT), (1.0, hung_up(1000)))

    class FullDisk(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(28, "No space left on device")

    line.logger.handlers = [FullDisk()]
    line.serve(listen)

    assert [ACCEPT] == line.sent


def test_is_logged_although_the_root_logger_drops_info() -> None:
    logger = logging.Logger("transcription", logging.NOTSET)  # noqa: LOG001 - this test's own
    logger.parent = logging.RootLogger(logging.WARNING)

    WebSocketCloseRecord(listen, logger=logger)

    assert logger.isEnabledFor(logging.INFO)


@pytest.mark.parametrize("kind", ["http", "lifespan"])
def test_other_scopes_pass_untouched(kind: str) -> None:
    line = Line()
    given_to_app: list[Any] = []
    scope: AsgiMessage = {"type": kind}

    async def remember(*handed: Any) -> None:
        given_to_app.extend(handed)

    line.serve(remember, scope)

    assert [scope, line.receive, line.send] == given_to_app
    assert [] == line.records.seen


MOVES = st.lists(
    st.sampled_from(["receive", "accept", "send", "close", "deny"]),
    max_size=12,
)
ARRIVALS = st.lists(
    st.tuples(
        st.floats(0, 60), st.sampled_from([CONNECT, SPOKEN, hung_up(1000), hung_up(1006), hung_up(None)])
    ),
    max_size=12,
)
FAILURES = st.sampled_from([None, ConnectionResetError("gone"), RuntimeError("Unexpected ASGI message")])
FINISHES = st.sampled_from([None, ValueError("a bug"), asyncio.CancelledError(), OSError("its own disk")])
SENT: dict[str, AsgiMessage] = {
    "accept": ACCEPT,
    "send": PING,
    "close": {"type": "websocket.close", "code": 1000},
    "deny": {"type": "websocket.http.response.start", "status": 403},
}


@settings(max_examples=100)
@given(moves=MOVES, arrivals=ARRIVALS, failure=FAILURES, finish=FINISHES, swallows=st.booleans())
def test_exactly_one_record_per_connection_whatever_the_order_of_events(
    moves: list[str],
    arrivals: list[tuple[float, AsgiMessage]],
    failure: Exception | None,
    finish: BaseException | None,
    swallows: bool,
) -> None:
    line = Line(*arrivals, send_fails_with=failure)

    async def wander(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        for move in moves:
            line.stopwatch.now += 1.0
            try:
                await (receive() if move == "receive" else send(SENT[move]))
            except (OSError, RuntimeError):
                if not swallows:
                    raise
        if finish is not None:
            raise finish

    with suppress(OSError, RuntimeError, ValueError, asyncio.CancelledError):
        line.serve(wander)

    assert float(line.record.get("lifetime_s", "0")) >= float(line.record.get("max_receive_gap_s", "0"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        yield bound


async def serve_one_call(
    app: Application, listener: socket.socket, implementation: Any, pongs: int
) -> ConnectionEnd:
    call_ended = asyncio.Event()

    async def until_call_ends(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            call_ended.set()

    config = uvicorn.Config(
        until_call_ends,
        ws=implementation,
        ws_ping_interval=0.2,
        ws_ping_timeout=0.2,
        lifespan="off",
        log_level="critical",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    peer = await Peer.connect(listener.getsockname()[1], "/transcription", CALL, pongs=pongs)
    await peer.send(Opcode.TEXT, b'{"kind":"TranscriptionMetadata"}')
    ending = await peer.until_end()
    # A server that stops first closes the call itself, with 1012.
    await call_ended.wait()
    server.should_exit = True
    await serving
    return ending


@pytest.mark.filterwarnings("ignore:The `websockets` implementation is deprecated")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("implementation", "pongs", "beat_s", "code_in_app"),
    [
        pytest.param("websockets", 0, 0.4, "1006", id="the seed thread's server, first ping unanswered"),
        pytest.param("websockets", 1, 0.6, "1006", id="the seed thread's server, second ping unanswered"),
        pytest.param("websockets-sansio", 0, 0.4, "1005", id="the default since uvicorn 0.50"),
    ],
)
def test_uvicorn_ends_a_peer_that_stops_answering_pings_on_a_beat_of_the_keepalive(
    listener: socket.socket, implementation: str, pongs: int, beat_s: float, code_in_app: str
) -> None:
    line = Line()
    app = WebSocketCloseRecord(listen, logger=line.logger)

    ending = asyncio.run(serve_one_call(app, listener, implementation, pongs))

    assert (1011, "keepalive ping timeout") == (ending.code, ending.reason)
    assert code_in_app == line.record["close_code"]
    assert beat_s == pytest.approx(float(line.record["lifetime_s"]), abs=0.15)
