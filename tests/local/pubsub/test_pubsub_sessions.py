"""What connected clients can do: groups, events, raw frames, recovery."""

import base64
import json
from datetime import timedelta

import pytest
from pubsub_stage import (
    JSON,
    RELIABLE,
    MemoryRows,
    client_address,
    open_client,
    receive,
    receive_kind,
    send,
    token,
    trusting,
    wait_until,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from local.pubsub.hubs import Pace
from local.pubsub.service import PubSubService

TOO_MANY = 1001


def close_code(client: ClientConnection) -> int | None:
    """Read to the end, and return the code of the close frame."""
    try:
        while True:
            client.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def joined(client: ClientConnection, group: str) -> None:
    send(client, type="joinGroup", group=group, ackId=9001)
    assert {"type": "ack", "ackId": 9001, "success": True} == receive_kind(client, "ack")


def test_sends_to_a_group_and_leaves_the_sender_out_where_it_asks_for_that(service: PubSubService) -> None:
    with open_client(service) as alice, open_client(service, access_token=token(service, sub="bob")) as bob:
        joined(alice, "room")
        joined(bob, "room")
        send(alice, type="sendToGroup", group="room", dataType="text", data="hello", noEcho=True)
        send(alice, type="sendToGroup", group="room", dataType="json", data={"n": 1})

        assert ["hello", {"n": 1}] == [receive_kind(bob, "message")["data"] for _ in range(2)]
        assert {"type": "message", "from": "group", "group": "room", "fromUserId": "alice", "dataType": "json", "data": {"n": 1}} == receive_kind(alice, "message")  # fmt: skip


def test_tells_a_client_without_the_role_that_it_has_no_permission(service: PubSubService) -> None:
    with open_client(service, access_token=token(service, role=["webpubsub.joinLeaveGroup.room"])) as client:
        send(client, type="sendToGroup", group="group1", dataType="text", data="x", ackId=1)
        forbidden = receive_kind(client, "ack")
        send(client, type="joinGroup", group="room", ackId=2)

        assert {"name": "Forbidden", "message": "The client has no permission to send message to group 'group1'."} == forbidden["error"]  # fmt: skip
        assert receive_kind(client, "ack")["success"]


def test_carries_out_an_ack_id_once(service: PubSubService) -> None:
    with open_client(service) as client:
        joined(client, "room")
        for _ in range(2):
            send(client, type="sendToGroup", group="room", dataType="text", data="once", ackId=7)
        frames = [receive(client) for _ in range(3)]

        assert 1 == sum(frame["type"] == "message" for frame in frames)
        assert ["Duplicate"] == [frame["error"]["name"] for frame in frames if "error" in frame]


@pytest.mark.parametrize(
    "frame",
    ["", "[]", "nonsense", '{"type":"shout"}', '{"type":"joinGroup"}', '{"type":"joinGroup","group":""}', '{"type":"joinGroup","group":"r","ackId":-1}', '{"type":"sendToGroup","group":"r","dataType":"binary","data":"%"}', '{"type":"event","event":"","data":1}', '{"type":"sequenceAck","sequenceId":1}'],
)  # fmt: skip
def test_declines_a_client_whose_frame_is_not_described(service: PubSubService, frame: str) -> None:
    with open_client(service) as client:
        client.send(frame)

        assert 1007 == close_code(client)


def test_answers_the_ping_of_newer_clients(service: PubSubService) -> None:
    with open_client(service) as client:
        send(client, type="ping")

        assert {"type": "pong"} == receive_kind(client, "pong")


def test_raw_clients_send_to_their_group_and_get_bare_data(service: PubSubService) -> None:
    groups = {"webpubsub.group": ["room"]}
    with (
        open_client(service, protocols=[], access_token=token(service, **groups)) as listener,
        open_client(service, access_token=token(service, **groups)) as framed,
        open_client(service, protocols=[], webpubsub_mode="sendToGroup", group="room") as speaker,
    ):
        receive(framed)
        speaker.send("plain")
        speaker.send(b"\x00\xff")

        assert ["plain", b"\x00\xff"] == [listener.recv(timeout=5) for _ in range(2)]
        assert ["plain", base64.b64encode(b"\x00\xff").decode()] == [
            receive(framed)["data"] for _ in range(2)
        ]


def test_a_raw_client_whose_event_nobody_takes_is_closed_and_its_end_names_no_cause(
    service: PubSubService, rows: MemoryRows
) -> None:
    with open_client(service, protocols=[]) as client:
        client.send("is anybody there?")

        assert 1011 == close_code(client)
    assert ("ConnectionEnded", "") in rows.of("WebPubSubConnectivity", "OperationName", "Message")
    assert [("unpublished/E1",)] == rows.of("WebPubSubMessaging", "Message")


def test_an_event_that_nobody_takes_fails_and_the_client_stays(service: PubSubService) -> None:
    with open_client(service) as client:
        send(client, type="event", event="buy", dataType="text", data="1", ackId=1)
        assert "InternalServerError" == receive_kind(client, "ack")["error"]["name"]
        joined(client, "room")


def recovering(service: PubSubService, greeting: dict[str, str]) -> ClientConnection:
    """Come back as the official clients do: to the old address, with its old token, and the two parameters."""
    query = {"access_token": "long.since.expired", "awps_connection_id": greeting["connectionId"], "awps_reconnection_token": greeting["reconnectionToken"]}  # fmt: skip
    return connect(client_address(service, **query), ssl=trusting(), subprotocols=[Subprotocol(RELIABLE)])


def lost_client(service: PubSubService) -> dict[str, str]:
    """Connect a reliable client that is in a group, and cut its line."""
    with open_client(service, protocols=[RELIABLE]) as client:
        greeting = receive(client)
        joined(client, "room")
        service.cut(greeting["connectionId"])
        assert close_code(client) is None
    return greeting


def test_a_lost_reliable_client_comes_back_and_gets_what_it_missed_in_order(service: PubSubService) -> None:
    greeting = lost_client(service)
    with open_client(service) as speaker:
        joined(speaker, "room")
        for text in ("first", "second"):
            send(
                speaker,
                type="sendToGroup",
                group="room",
                dataType="text",
                data=text,
                noEcho=True,
                ackId=ord(text[0]),
            )
            receive_kind(speaker, "ack")

    with recovering(service, greeting) as client:
        assert greeting["connectionId"] == receive(client)["connectionId"]
        assert [("first", 1), ("second", 2)] == [(frame["data"], frame["sequenceId"]) for frame in (receive(client), receive(client))]  # fmt: skip


def test_messages_that_were_acknowledged_are_not_sent_again(service: PubSubService) -> None:
    with open_client(service, protocols=[RELIABLE]) as client:
        greeting = receive(client)
        joined(client, "room")
        for text in ("first", "second"):
            send(client, type="sendToGroup", group="room", dataType="text", data=text)
        assert [1, 2] == [receive_kind(client, "message")["sequenceId"] for _ in range(2)]
        send(client, type="sequenceAck", sequenceId=1)
        send(client, type="ping")
        receive_kind(client, "pong")
        service.cut(greeting["connectionId"])
        close_code(client)

    with recovering(service, greeting) as client:
        receive(client)
        assert 2 == receive(client)["sequenceId"]


@pytest.mark.parametrize(
    "fault", ["another token", "unknown connection", "recovery off", "closed by the service"]
)
def test_refuses_recovery_with_1008_after_the_upgrade(service: PubSubService, fault: str) -> None:
    greeting = lost_client(service)
    if fault == "another token":
        greeting["reconnectionToken"] = "guessed"
    elif fault == "unknown connection":
        greeting["connectionId"] = "guessed"
    elif fault == "recovery off":
        service.recovers = False
    else:
        service.close(greeting["connectionId"])

    with recovering(service, greeting) as client:
        assert 1008 == close_code(client)


def test_a_lost_client_that_does_not_come_back_is_gone(rows: MemoryRows) -> None:
    with PubSubService(rows_to=rows, pace=Pace(recovery=timedelta(milliseconds=100))) as service:
        greeting = lost_client(service)
        wait_until(lambda: not service.connections())

        with recovering(service, greeting) as client:
            assert 1008 == close_code(client)
    assert ("ConnectionAborted", "unpublished/C1") in rows.of(
        "WebPubSubConnectivity", "OperationName", "Message"
    )


def test_a_reliable_client_that_acknowledges_nothing_is_closed_for_good(service: PubSubService) -> None:
    with open_client(service, protocols=[RELIABLE]) as client:
        greeting = receive(client)
        joined(client, "room")
        frame = json.dumps({"type": "sendToGroup", "group": "room", "dataType": "text", "data": "x"})
        for _ in range(TOO_MANY):
            client.send(frame)

        assert 1008 == close_code(client)
    assert greeting["connectionId"] not in service.connections()


def test_a_reload_closes_everyone_with_the_published_text_and_lets_reliable_clients_back(
    service: PubSubService, rows: MemoryRows
) -> None:
    with (
        open_client(service, protocols=[RELIABLE]) as reliable,
        open_client(service, protocols=[JSON]) as plain,
    ):
        greeting = receive(reliable)
        receive(plain)
        service.reload()

        assert "Service reload" == receive(plain)["message"]
    with recovering(service, greeting) as client:
        assert "connected" == receive(client)["event"]
    texts = rows.of("WebPubSubConnectivity", "OperationName", "Message")
    assert 2 == texts.count(("ConnectionAborted", "Service reloading, reconnect"))
