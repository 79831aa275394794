"""Messages of the queue `alerts`: an alert with its payload, or the key of one that is kept, or what was refused."""

import json
import re
from dataclasses import dataclass
from typing import Any

from shared.alerts.refusals import Refusal, RefusalKind
from shared.errors import InputError

# A message has at most 64 KB, https://learn.microsoft.com/rest/api/storageservices/put-message
MOST_BYTES = 40 * 1024
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXPECTED = '{"alert": "<key>"}'


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert that is to be handled; without a body its payload is kept under its key."""

    key: str
    body: bytes | None = None

    def without_body(self) -> str:
        """Return the message as it is where the payload is kept."""
        return json.dumps({"alert": self.key})


def text_with_payload(key: str, body: bytes) -> str | None:
    """Return the message of an alert with its payload, JSON as it came; None where that does not fit a message."""
    if len(body) > MOST_BYTES:
        return None
    payload = body.decode("utf-8-sig")
    if _NOT_IN_XML.search(payload):  # in which messages travel
        return None
    return f'{{"alert": {json.dumps(key)}, "payload": {payload}}}'


def text_of_refusal(refusal: Refusal) -> str:
    """Return the message of something that was refused."""
    return json.dumps({"refused": {"kind": refusal.kind, "reason": refusal.reason, "rule": refusal.rule}})


def read_message(message: str) -> AlertMessage | Refusal:
    """Return what a message is about.

    Raises:
        InputError: it is about nothing; after five attempts the host moves such a message aside.
    """
    try:
        fields = json.loads(message)
        if "refused" in fields:
            return _refusal(fields["refused"])
        key = fields["alert"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("message of queue alerts", f"{message[:80]!r}", _EXPECTED) from error
    if not isinstance(key, str):
        raise InputError("message of queue alerts", f"the alert is {key!r}", "a key as text")
    return AlertMessage(key, _payload(message) if "payload" in fields else None)


def _payload(message: str) -> bytes:
    """Return the payload as it came: what stands between the key and the last bracket."""
    _, _, rest = message.partition('"payload": ')
    return rest.rstrip()[:-1].encode()


def _refusal(fields: Any) -> Refusal:
    return Refusal(RefusalKind(fields["kind"]), str(fields["reason"]), str(fields["rule"]))
