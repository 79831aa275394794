"""The small rules of the stand-in: roles, group patterns, frames and filters, under any input."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.pubsub.clients.connection import Connection, Protocol
from local.pubsub.clients.frames import BadFrameError, Frame, read_frame, read_payload
from local.pubsub.clients.permissions import Permission, allows
from local.pubsub.keys import AccessKeys
from local.pubsub.rest.filters import BadFilterError, read_filter


@pytest.mark.parametrize(
    ("role", "group", "allowed"),
    [
        ("webpubsub.sendToGroup", "room", True),
        ("webpubsub.sendToGroup.room", "room", True),
        ("webpubsub.sendToGroup.room", "rooms", False),
        ("webpubsub.sendToGroup.*", "room", False),
        ("webpubsub.sendToGroups.room.*", "room.blue", True),
        ("webpubsub.sendToGroups.room.*", "room.blue.left", False),
        ("webpubsub.sendToGroups.room.**", "room.blue.left", True),
        ("webpubsub.sendToGroups.room.?", "room.b", True),
        ("webpubsub.sendToGroups.room.?", "room..", False),
        ("webpubsub.sendToGroups.Room", "room", False),
        ("webpubsub.joinLeaveGroup", "room", False),
    ],
)
def test_a_role_allows_all_groups_one_group_or_a_pattern(role: str, group: str, allowed: bool) -> None:
    assert allowed == allows([role], Permission.SEND, group)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
frames = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["joinGroup", "leaveGroup", "sendToGroup", "event", "sequenceAck", "ping", "x"]
        )
    },
    optional=dict.fromkeys(
        ("group", "ackId", "dataType", "data", "event", "noEcho", "sequenceId"), json_values
    ),
)


@given(st.text() | frames.map(json.dumps), st.booleans())
def test_a_frame_is_read_or_declined_and_nothing_else(text: str, reliable: bool) -> None:
    try:
        frame = read_frame(text, reliable=reliable)
    except BadFrameError:
        return
    assert isinstance(frame, Frame)


@given(st.text())
def test_a_text_frame_keeps_its_text(text: str) -> None:
    frame = read_frame(
        json.dumps({"type": "event", "event": "x", "dataType": "text", "data": text}), reliable=False
    )

    assert frame.payload is not None
    assert text == frame.payload.value()


@given(st.text(max_size=40) | st.lists(st.sampled_from(["userId", "eq", "ne", "'a'", "(", ")", "and", "or", "not", "in", "groups", "null"])).map(" ".join))  # fmt: skip
def test_a_filter_is_read_or_refused_and_nothing_else(text: str) -> None:
    connection = Connection("lobby", Protocol.JSON, Protocol.JSON, "alice", set(), {"room"})
    try:
        test = read_filter(text)
    except BadFilterError:
        return
    assert test(connection) in {True, False}


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/json", b"{"),
        ("application/json", b"\xff"),
        ("text/plain", b"\xff"),
        ("text/html", b"x"),
        ("", b"x"),
    ],
)
def test_a_body_that_is_not_of_its_type_is_no_message(content_type: str, content: bytes) -> None:
    assert read_payload(content_type, content) is None


def test_the_signature_is_the_one_that_the_reference_describes() -> None:
    keys = AccessKeys("primary-key", "secondary-key")

    # printf %s connection-1 | openssl dgst -sha256 -hmac primary-key, and with the other one
    primary = "b9fa7b5cd82d68a76cff693eb8587f529832ca4ed0bd5f6c9f870d7c23b4f9c1"
    secondary = "039ae74a2a70196a6db61ecfcfe01c8e4e07049b952779969f49b08609489370"
    assert f"sha256={primary},sha256={secondary}" == keys.signature_of("connection-1")
