"""Prove that an event was sent by a resource that knows one of its access keys.

`ce-signature` is `sha256=<hex>,sha256=<hex>`, of the primary and the secondary key: HMAC-SHA256 over the connection id,
and over nothing else. So it does not prove the body, and whoever has seen one signature of a connection can send again.
Of MQTT the connection id is chosen by the client. A resource without local authentication sends no signature.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events#attributes
"""

import hashlib
import hmac
from collections.abc import Sequence

_PREFIX = "sha256="
_MOST_SIGNATURES = 4
_MOST_CHARACTERS = 1_024


def is_signed(signature: str, connection: str, keys: Sequence[str]) -> bool:
    """Tell whether a signature of the header is that of one of the keys; the time does not tell which, nor how far it fits."""
    given = [_digest(part) for part in signature[:_MOST_CHARACTERS].split(",")[:_MOST_SIGNATURES]]
    is_proved = False
    for key in keys:
        expected = hmac.new(
            key.encode(), connection.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()
        for digest in given:
            is_proved |= hmac.compare_digest(digest, expected.encode())
    return is_proved


def access_key(setting: str) -> str | None:
    """Return the key of a connection string, or the setting itself where it is a key alone; None where there is none."""
    text = setting.strip()
    if "=" not in text.rstrip("=") and ";" not in text:
        return text or None
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "accesskey":
            return value.strip() or None
    return None


def _digest(part: str) -> bytes:
    text = part.strip().lower()
    return text.removeprefix(_PREFIX).encode("utf-8", "replace") if text.startswith(_PREFIX) else b""
