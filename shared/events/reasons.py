"""Classify why connections ended, from the text of a `disconnected` event.

No page lists the texts. These rules look for words that Microsoft publishes for the same ends elsewhere
(howto-troubleshoot-resource-logs.md, concept-metrics.md, the codes of MQTT 5.0). A text that no rule knows may be a
client's or an application's own, so it is no bad event; the metric `ConnectionCloseCount` and the logs judge those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EndReason:
    """Why a connection ended, in words of ours, and whether users suffered from it."""

    text: str
    is_bad: bool = False


NORMAL, VANISHED, UNCLASSIFIED = EndReason("normal"), EndReason("vanished"), EndReason("unclassified")

# The first that stands in the text decides. None is counted as nothing: a reload is part of normal operation.
_WORDS: tuple[tuple[str, EndReason | None], ...] = (
    ("reload", None),
    ("ping timeout", VANISHED),
    ("keep alive", VANISHED),
    ("count reaches limit", EndReason("limit reached", True)),
    ("quota", EndReason("limit reached", True)),
    ("throttl", EndReason("throttled", True)),
    ("slow", EndReason("slow client", True)),
    ("transient", EndReason("service transient error", True)),
    ("internal server", EndReason("service transient error", True)),
    ("upstream", EndReason("event handler failed", True)),
    ("event handler", EndReason("event handler failed", True)),
    ("audience", EndReason("unauthorized", True)),
    ("unauthorized", EndReason("unauthorized", True)),
)
# Reason codes of a DISCONNECT packet that the service sent (MQTT 5.0, section 3.14.2.1).
_CODES: Mapping[int, EndReason | None] = {
    0x00: NORMAL,
    0x80: EndReason("service transient error", True),
    0x83: EndReason("service transient error", True),
    0x87: EndReason("unauthorized", True),
    0x89: EndReason("throttled", True),
    0x8B: None,  # the server shuts down: a reload
    0x8D: VANISHED,
    0x8E: NORMAL,  # the session was taken over by a newer connection
    0x93: EndReason("slow client", True),
    0x96: EndReason("throttled", True),
    0x97: EndReason("limit reached", True),
    0x98: NORMAL,  # closed by the application
    0x9F: EndReason("limit reached", True),
}


def end_reason_of(body: Mapping[str, Any]) -> EndReason | None:
    """Return why a connection ended, from the body of its event; None for an end that is not counted."""
    mqtt = body.get("mqtt")
    if isinstance(mqtt, dict):
        return _of_mqtt(body.get("reason"), mqtt)
    return _of_text(body.get("reason"))


def _of_mqtt(reason: object, mqtt: Mapping[str, Any]) -> EndReason | None:
    if mqtt.get("initiatedByClient") is True:
        return NORMAL
    packet = mqtt.get("disconnectPacket")
    if packet is None:
        return VANISHED  # nobody said goodbye: the network
    code = packet.get("code") if isinstance(packet, dict) else None
    if isinstance(code, int) and code in _CODES:
        return _CODES[code]
    return _of_text(reason)


def _of_text(reason: object) -> EndReason | None:
    if not isinstance(reason, str) or not reason.strip():
        return NORMAL
    text = reason.lower()
    return next((end for words, end in _WORDS if words in text), UNCLASSIFIED)
