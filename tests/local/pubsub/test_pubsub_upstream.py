"""How event handlers are validated and called, and what becomes of their answers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from pubsub_stage import (
    JSON,
    RELIABLE,
    MemoryRows,
    RecordingHandler,
    handshake_status,
    open_client,
    receive,
    receive_kind,
    send,
    token,
    wait_until,
)
from starlette.responses import JSONResponse, PlainTextResponse, Response
from websockets.exceptions import ConnectionClosed

from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub, Pace
from local.pubsub.service import PubSubService

QUICK = Pace().times(0.005)
CONNECT_404 = (
    "Sending message during operation hub:lobby,event:connect,type:sys,category:connections,"
    "requestType:Connect got unexpected response with status code 404."
)
TARGET_INVALID = (
    "Sending message during operation handshake got unexpected response with status code 500. "
    "Detail: Get error from upstream: 'Request is denied as target server is invalid'"
)


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


class Stage:
    """A service whose lobby has one handler."""

    def __init__(self, stack: ExitStack, pace: Pace = QUICK) -> None:
        self.handler = RecordingHandler()
        self.rows = MemoryRows()
        self.clock = SetClock()
        self.template = stack.enter_context(self.handler.serving())
        hub = Hub([EventHandler(self.template, SYSTEM_EVENTS, "*")])
        self.service = stack.enter_context(
            PubSubService(hubs={"lobby": hub}, rows_to=self.rows, clock=self.clock, pace=pace)
        )

    @property
    def origin(self) -> str:
        return self.service.endpoint.removeprefix("https://")

    def texts(self) -> list[object]:
        return [text for (text,) in self.rows.of("WebPubSubMessaging", "Message")]

    def refusal(self) -> int:
        return handshake_status(self.service)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def stage(stack: ExitStack) -> Stage:
    return Stage(stack)


def test_connect_tells_of_the_client_and_is_signed_with_both_keys(stage: Stage) -> None:
    with open_client(stage.service, access_token=token(stage.service, floor="2"), room="blue") as client:
        connection_id = receive(client)["connectionId"]

    headers, content = stage.handler.of("connect")
    body = json.loads(content)
    digests = [hmac.new(key.encode(), connection_id.encode(), hashlib.sha256).hexdigest() for key in (stage.service.keys.primary, stage.service.keys.secondary)]  # fmt: skip
    expected = {
        "ce-specversion": "1.0",
        "ce-awpsversion": "1.0",
        "ce-type": "azure.webpubsub.sys.connect",
        "ce-source": f"/hubs/lobby/client/{connection_id}",
        "ce-id": "0",
        "ce-signature": f"sha256={digests[0]},sha256={digests[1]}",
        "ce-userid": "alice",
        "ce-connectionid": connection_id,
        "ce-hub": "lobby",
        "ce-eventname": "connect",
        "ce-subprotocol": JSON,
        "webhook-request-origin": stage.origin,
    }
    assert expected == {name: headers[name] for name in expected}
    assert (["2"], ["blue"], [JSON], False) == (body["claims"]["floor"], body["query"]["room"], body["subprotocols"], "access_token" in body["query"])  # fmt: skip


def test_connected_and_disconnected_follow_with_ids_of_their_own(stage: Stage) -> None:
    with open_client(stage.service) as client:
        connection_id = receive(client)["connectionId"]
        stage.handler.of("connected")
        stage.service.close(connection_id, "lights out")

    headers, body = stage.handler.of("disconnected")
    assert ("2", {"reason": "lights out"}) == (headers["ce-id"], json.loads(body))


def test_what_connect_answers_replaces_what_the_token_says(stage: Stage) -> None:
    answer = {"userId": "carol", "roles": [], "groups": ["room"], "subprotocol": RELIABLE}
    stage.handler.answer = lambda _: JSONResponse(answer)
    with open_client(stage.service, protocols=[JSON, RELIABLE]) as client:
        greeting = receive(client)
        send(client, type="joinGroup", group="other", ackId=1)
        refused = receive_kind(client, "ack")["error"]["name"]

    assert ("carol", "Forbidden", RELIABLE) == (greeting["userId"], refused, client.subprotocol)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_client_gets_the_status_that_connect_was_answered(stage: Stage, status: int) -> None:
    stage.handler.answer = lambda _: PlainTextResponse("secret detail", status)

    assert status == stage.refusal()
    assert [CONNECT_404.replace("404", str(status))] == stage.texts()
    assert ["connect"] == stage.handler.events()


@pytest.mark.parametrize("status", [408, 500, 503])
def test_an_event_is_sent_again_three_times_with_the_same_id_and_body(stage: Stage, status: int) -> None:
    stage.handler.answer = lambda _: Response(status_code=status)
    stage.refusal()

    repeats = {(headers["ce-id"], headers["ce-connectionid"], body) for _, event, headers, body in stage.handler.requests if event == "connect"}  # fmt: skip
    assert (4, 1) == (stage.handler.events().count("connect"), len(repeats))


def test_a_handler_that_is_gone_refuses_clients_with_500(stack: ExitStack) -> None:
    stage = Stage(stack)
    stage.service.hubs["lobby"].handlers[0] = EventHandler("https://127.0.0.1:1/hooks/{event}", SYSTEM_EVENTS)

    assert 500 == stage.refusal()
    assert ["unpublished/V1", TARGET_INVALID] == stage.texts()


def test_a_handler_that_is_too_slow_refuses_clients_with_500_and_is_not_asked_again(stack: ExitStack) -> None:
    stage = Stage(stack, Pace(handler=timedelta(milliseconds=300)))
    stage.handler.slow_s = 1.0
    assert 500 == stage.refusal()
    assert (["unpublished/E3"], ["connect"]) == (stage.texts(), stage.handler.events())


@pytest.mark.parametrize(
    ("allowed", "status", "text"),
    [
        pytest.param(None, 200, "Abuse protection for '{url}' missing allowed origins: .", id="without the header"),
        pytest.param("other.example", 200, "Abuse protection for '{url}' missing allowed origins: other.example.", id="for another origin"),
        pytest.param("*", 401, "Abuse protection for '{url}' failed: 401.", id="refused"),
    ],
)  # fmt: skip
def test_a_handler_that_does_not_allow_our_origin_gets_no_event(
    stage: Stage, allowed: str | None, status: int, text: str
) -> None:
    stage.handler.allowed, stage.handler.validation_status = allowed, status

    assert 500 == stage.refusal()
    url = stage.template.replace("{event}", "validate")
    assert ([text.format(url=url), TARGET_INVALID], []) == (stage.texts(), stage.handler.events())


def test_allowing_exactly_our_origin_in_any_case_is_enough(stage: Stage) -> None:
    stage.handler.allowed = stage.origin.upper()
    with open_client(stage.service) as client:
        assert "connected" == receive(client)["event"]


def test_a_list_of_origins_is_refused_even_with_ours_in_it(stage: Stage) -> None:
    stage.handler.allowed = f"other.example, {stage.origin}"

    assert 500 == stage.refusal()


def test_a_validation_without_an_options_route_is_asked_by_get(stage: Stage) -> None:
    stage.handler.validation_status = 404
    stage.refusal()

    validations = [method for method, event, _, _ in stage.handler.requests if event == "validate"]
    assert ["OPTIONS", "GET"] == validations


def test_a_passed_validation_is_remembered_for_a_minute(stage: Stage) -> None:
    for minutes, requests in ((0, 1), (0, 1), (2, 2)):
        stage.clock.time += timedelta(minutes=minutes)
        with open_client(stage.service) as client:
            receive(client)
        assert requests == stage.service.validations


def test_a_failed_validation_is_asked_again_after_a_second_and_then_after_two(stack: ExitStack) -> None:
    stage = Stage(stack, Pace())
    stage.handler.allowed = None
    for seconds, requests in ((0, 1), (0.5, 1), (0.6, 2), (1.1, 2), (1.0, 3)):
        stage.clock.time += timedelta(seconds=seconds)
        stage.refusal()
        assert requests == stage.service.validations


def test_a_user_event_carries_the_bytes_of_the_client_and_its_answer_goes_back(stage: Stage) -> None:
    stage.handler.answer = lambda event: PlainTextResponse(f"{event} taken") if event == "buy" else Response()
    with open_client(stage.service) as client:
        send(
            client,
            type="event",
            event="buy",
            dataType="binary",
            data=base64.b64encode(b"\x00\x01").decode(),
            ackId=5,
        )
        reply, acked = receive_kind(client, "message"), receive_kind(client, "ack")

    headers, body = stage.handler.of("buy")
    assert {"type": "message", "from": "server", "dataType": "text", "data": "buy taken"} == reply
    assert (b"\x00\x01", "application/octet-stream", "azure.webpubsub.user.buy", True) == (body, headers["content-type"], headers["ce-type"], acked["success"])  # fmt: skip


def test_a_failed_user_event_may_be_sent_again_with_its_ack_id(stage: Stage) -> None:
    stage.handler.answer = lambda event: Response(status_code=400 if event == "buy" else 204)
    with open_client(stage.service) as client:
        send(client, type="event", event="buy", dataType="text", data="1", ackId=5)
        assert "InternalServerError" == receive_kind(client, "ack")["error"]["name"]
        stage.handler.answer = lambda _: Response(status_code=204)
        send(client, type="event", event="buy", dataType="text", data="1", ackId=5)
        assert receive_kind(client, "ack")["success"]
        send(client, type="event", event="buy", dataType="text", data="1", ackId=5)
        assert "Duplicate" == receive_kind(client, "ack")["error"]["name"]
    assert 2 == stage.handler.events().count("buy")


def test_a_raw_client_whose_event_failed_is_closed_with_1011(stage: Stage) -> None:
    with open_client(stage.service, protocols=[]) as client:
        stage.handler.answer = lambda _: Response(status_code=400)
        client.send("hello")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=5)

    assert closed.value.rcvd is not None
    assert 1011 == closed.value.rcvd.code


def test_cookies_and_state_of_connect_come_back_with_later_events(stage: Stage) -> None:
    def answer(event: str) -> Response:
        response = Response(status_code=204)
        if event == "connect":
            response.set_cookie("seat", "12", secure=True)
            response.headers["ce-connectionState"] = "eyJhIjoxfQ=="
        return response

    stage.handler.answer = answer
    with open_client(stage.service) as client:
        receive(client)
    headers, _ = stage.handler.of("connected")
    assert ("seat=12", "eyJhIjoxfQ==") == (headers["cookie"], headers["ce-connectionstate"])


def test_user_ids_and_event_names_in_any_language_reach_the_handler(stage: Stage) -> None:
    with open_client(stage.service, access_token=token(stage.service, sub="żółw")) as client:
        send(client, type="event", event="köp", dataType="text", data="1", ackId=1)
        assert receive_kind(client, "ack")["success"]
    headers, _ = stage.handler.of("köp")
    assert "żółw" == headers["ce-userid"].encode("latin-1").decode()


def test_without_local_authentication_events_are_not_signed_and_carry_the_identitys_token(
    stage: Stage,
) -> None:
    stage.service.hubs["lobby"].anonymous = True
    stage.service.hubs["lobby"].handlers[0] = EventHandler(
        stage.template, SYSTEM_EVENTS, bearer=lambda: "of.entra.x"
    )
    stage.service.keys.enabled = False
    with open_client(stage.service, access_token="") as client:
        receive(client)
    headers, _ = stage.handler.of("connect")
    assert ("Bearer of.entra.x", False) == (headers["authorization"], "ce-signature" in headers)


@pytest.mark.parametrize("answer", [b"{", b"[]", b'{"userId":1}', b'{"roles":"all"}', b'{"groups":[1]}', b'{"groups":[""]}'])  # fmt: skip
def test_an_answer_to_connect_that_is_not_described_refuses_the_client(stage: Stage, answer: bytes) -> None:
    stage.handler.answer = lambda _: Response(answer, media_type="application/json")

    assert 500 == stage.refusal()


def test_the_first_handler_that_takes_an_event_gets_it(stack: ExitStack) -> None:
    stage = Stage(stack)
    second = RecordingHandler()
    template = stack.enter_context(second.serving())
    stage.service.hubs["lobby"].handlers[:] = [EventHandler(stage.template, user_events="buy, Sell"), EventHandler(template, user_events="*")]  # fmt: skip
    with open_client(stage.service) as client:
        for number, event in enumerate(("sell", "ask"), 1):
            send(client, type="event", event=event, dataType="text", data="1", ackId=number)
            receive_kind(client, "ack")

    assert (["sell"], ["ask"]) == (stage.handler.events(), second.events())


def test_disconnected_of_a_lost_reliable_client_waits_for_its_recovery_to_end(stack: ExitStack) -> None:
    stage = Stage(stack, Pace(recovery=timedelta(seconds=1)))
    with open_client(stage.service, protocols=[RELIABLE]) as client:
        connection_id = receive(client)["connectionId"]
        stage.handler.of("connected")
        stage.service.cut(connection_id)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)
        assert "disconnected" not in stage.handler.events()
    wait_until(lambda: "disconnected" in stage.handler.events())
