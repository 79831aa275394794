"""Post messages to Teams through the webhooks of workflows."""

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from shared.configuration.receivers import Receiver
from shared.notices.delivery.post import PostAnswer, PostOutcome

_TIMEOUTS = (5, 15)  # seconds to connect, and to answer
_TRY_AGAIN = {408, 425, 429}  # and every 5xx
_MEANINGS = {
    400: "it takes no such message, or its trigger expects another",
    401: "its trigger is restricted to signed-in users",
    403: "its trigger is restricted to signed-in users, or its address was signed anew",
    404: "the flow was deleted or turned off, or its address changed",
    410: "the flow is gone",
    413: "the message is too large",
}
_NO_ADDRESS = (
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    exceptions.InvalidURL,
    exceptions.InvalidProxyURL,
)
# Nothing was ever written to the address.
_NOT_SENT = (exceptions.ConnectTimeout, exceptions.ProxyError)

# Connectors of Office 365, which Microsoft switched off in May 2026; workflows took their place.
_CONNECTORS = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
RETIRED = (
    "the setting holds the address of an Office 365 connector, which Microsoft has retired; "
    "expected the address of a workflow (Teams: Workflows, `Send webhook alerts to a channel`)"
)

# Its debug lines hold the address, which carries its own permission.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class TeamsWebhooks:
    """Posts to receivers; implements `shared.notices.delivery.post.Post`. An address stands in no answer, log or repr."""

    def __init__(self, address_of: Callable[[str], str | None]) -> None:
        """Take what returns the address that a setting holds."""
        self._address_of = address_of

    def __call__(self, receiver: Receiver, message: Mapping[str, Any]) -> PostAnswer:
        """Post a message to a receiver; whatever becomes of it is the answer, never an error."""
        address = self._address_of(receiver.setting)
        if not address:
            # Without anybody else to be told, it waits until the setting is there.
            outcome = PostOutcome.REFUSED if receiver.fallback else PostOutcome.RETRY
            return PostAnswer(
                outcome, f"the setting {receiver.setting} of the receiver {receiver.name} is missing"
            )
        return post(address, message)


def post(address: str, message: Mapping[str, Any]) -> PostAnswer:
    """Post a message once, on a connection of its own.

    A kept connection that the service closed meanwhile looks like an answer that was lost.
    """
    if is_retired(address):
        return PostAnswer(PostOutcome.REFUSED, RETIRED)
    try:
        # As a stream: the status is the answer, and a body that never ends is not waited for.
        with requests.post(
            address, json=message, timeout=_TIMEOUTS, allow_redirects=False, stream=True
        ) as answer:
            return _post_answer(answer.status_code, answer.headers.get("Retry-After"))
    except _NO_ADDRESS:
        return PostAnswer(PostOutcome.REFUSED, "the setting holds no address of a webhook")
    except requests.RequestException as error:
        # Only the kind of the error: its text holds the address.
        outcome = PostOutcome.RETRY if _was_not_sent(error) else PostOutcome.UNKNOWN
        words = (
            "could not be reached"
            if outcome is PostOutcome.RETRY
            else "did not answer, or its answer was lost"
        )
        return PostAnswer(outcome, f"Teams {words}: {type(error).__name__}")


def is_retired(address: str) -> bool:
    """Tell whether an address is that of a connector, which nothing answers any more."""
    try:
        host = (urlsplit(address.strip()).hostname or "").rstrip(".")
    except ValueError:  # no address at all
        return False
    return any(host == connector or host.endswith(f".{connector}") for connector in _CONNECTORS)


def _post_answer(status: int, retry_after: str | None) -> PostAnswer:
    if 200 <= status < 300:
        return PostAnswer(PostOutcome.ACCEPTED)
    meaning = f" ({_MEANINGS[status]})" if status in _MEANINGS else ""
    reason = f"Teams answered {status}{meaning}"
    if status in _TRY_AGAIN or status >= 500:
        return PostAnswer(PostOutcome.RETRY, reason, _wait(retry_after))
    return PostAnswer(PostOutcome.REFUSED, reason)


def _wait(header: str | None) -> timedelta | datetime | None:
    """Read a Retry-After: seconds or a date (RFC 9110, 10.2.3); what is neither says nothing."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _was_not_sent(error: requests.RequestException) -> bool:
    if isinstance(error, _NOT_SENT):
        return True
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(cause, SSLError):  # also what breaks while the answer is read
        return bool(cause.args) and isinstance(cause.args[0], ssl.SSLCertVerificationError)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)
