"""Post one message to a receiver's address, and say what the answer means for its notice."""

import logging
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests
from requests import exceptions
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from shared.cloud.answer_in_time import session_in_time
from shared.configuration.receivers import Receiver
from shared.notices.delivery.post import PostAnswer, PostOutcome

_TIMEOUTS = (5, 15)  # seconds to connect, and to answer
_TRY_AGAIN = {408, 425, 429}  # and every 5xx
_NO_ADDRESS = (
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    exceptions.InvalidURL,
    exceptions.InvalidProxyURL,
)
# Nothing was ever written to the address.
_NOT_SENT = (exceptions.ConnectTimeout, exceptions.ProxyError)

# Its debug lines hold the address, which carries its own permission.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


def post_once(
    address: str, body: bytes, headers: Mapping[str, str], *, who: str, meanings: Mapping[int, str]
) -> PostAnswer:
    """Post JSON once, on a connection of its own; `meanings` say what a status means at `who`.

    A kept connection that the service closed meanwhile looks like an answer that was lost.
    """
    headers = {"Content-Type": "application/json", **headers}
    try:
        # As a stream: the status is the answer, and a body that never ends is not waited for.
        with (
            session_in_time() as session,
            session.post(
                address, data=body, headers=headers, timeout=_TIMEOUTS, allow_redirects=False, stream=True
            ) as answer,
        ):
            return _post_answer(answer.status_code, answer.headers.get("Retry-After"), who, meanings)
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
        return PostAnswer(outcome, f"{who} {words}: {type(error).__name__}")


def without_setting(receiver: Receiver, setting: str) -> PostAnswer:
    """Answer for a receiver whose setting is missing: without anybody else to be told, it waits until the setting is there."""
    outcome = PostOutcome.REFUSED if receiver.fallback else PostOutcome.RETRY
    return PostAnswer(outcome, f"the setting {setting} of the receiver {receiver.name} is missing")


def _post_answer(status: int, retry_after: str | None, who: str, meanings: Mapping[int, str]) -> PostAnswer:
    if 200 <= status < 300:
        return PostAnswer(PostOutcome.ACCEPTED)
    meaning = f" ({meanings[status]})" if status in meanings else ""
    reason = f"{who} answered {status}{meaning}"
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
