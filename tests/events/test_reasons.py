"""Why a connection ended, from texts that nobody has published."""

from typing import Any

import pytest

from shared.events.reasons import end_reason_of


@pytest.mark.parametrize(
    ("reason", "text", "is_bad"),
    [
        (None, "normal", False),
        ("", "normal", False),
        (7, "normal", False),
        ("Connection ping timeout", "vanished", False),
        ("Connection count reaches limit", "limit reached", True),
        ("Message count reaches limit", "limit reached", True),
        ("Throttled", "throttled", True),
        ("SlowClient", "slow client", True),
        ("Internal server transient error", "service transient error", True),
        ("Failed to validate audience. Expected ...", "unauthorized", True),
        ("the lobby closes at ten", "unclassified", False),
    ],
)
def test_words_that_microsoft_uses_elsewhere_decide(reason: Any, text: str, is_bad: bool) -> None:
    end = end_reason_of({"reason": reason})

    assert end is not None
    assert (text, is_bad) == (end.text, end.is_bad)


@pytest.mark.parametrize("reason", ["Service reloading, reconnect", "Service reload"])
def test_a_reload_is_not_counted(reason: str) -> None:
    assert end_reason_of({"reason": reason}) is None


@pytest.mark.parametrize(
    ("mqtt", "text", "is_bad"),
    [
        ({"initiatedByClient": True, "disconnectPacket": {"code": 0x81}}, "normal", False),
        ({"initiatedByClient": False, "disconnectPacket": None}, "vanished", False),
        ({"initiatedByClient": False, "disconnectPacket": {"code": 0x97}}, "limit reached", True),
        ({"initiatedByClient": False, "disconnectPacket": {"code": 0x8E}}, "normal", False),
        ({"initiatedByClient": False, "disconnectPacket": {"code": 0x99}}, "slow client", True),
        ({"initiatedByClient": False, "disconnectPacket": "none"}, "slow client", True),
    ],
)
def test_of_mqtt_the_packet_decides_before_the_text(mqtt: Any, text: str, is_bad: bool) -> None:
    end = end_reason_of({"reason": "slow consumer", "mqtt": mqtt})

    assert end is not None
    assert (text, is_bad) == (end.text, end.is_bad)


def test_a_server_that_shuts_down_is_not_counted() -> None:
    mqtt = {"initiatedByClient": False, "disconnectPacket": {"code": 0x8B}}

    assert end_reason_of({"reason": None, "mqtt": mqtt}) is None
