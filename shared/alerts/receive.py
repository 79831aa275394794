"""Answer for an alert: accepted only when it is kept and its handling is asked for, so that none is ever lost."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.alerts.inbox import Gate, Inbox, UnauthorizedError
from shared.alerts.parse import alert_of
from shared.errors import InputError, LinekeeperError

# "Alerts that use the common schema have an upper size limit of 256 KB per alert" (alerts-payload-samples.md).
MOST_BYTES = 256 * 1024
_INSPECTED = 64 * 1024  # bytes of a larger one that are kept for inspection

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """What the caller is told. Azure tries again on 408, 429, 503 and 504, and on nothing else."""

    status: int
    said: str
    key: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """What else it is told: how to be known, and when to come again."""
        return {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(self.status, {})


def receive(body: bytes, authorization: str, inbox: Inbox, gate: Gate | None, now: datetime) -> AlertAnswer:
    """Keep an alert and ask for its handling; without a gate the key of the function is permission enough."""
    try:
        if gate is not None:
            gate.admit(authorization, now)
        return _received(body, inbox)
    except UnauthorizedError as error:
        _log.warning("alert refused: %s", error.message)
        return AlertAnswer(401, error.message)
    except LinekeeperError as error:
        _log.error("alert not accepted: %s", error.message)  # the message says it all
        return AlertAnswer(503, "the alert cannot be kept now; expected is another attempt")


def _received(body: bytes, inbox: Inbox) -> AlertAnswer:
    if len(body) > MOST_BYTES:
        reason = f"it has {len(body)} bytes; expected at most {MOST_BYTES}"
        return _refused(413, body[:_INSPECTED], reason, inbox)
    try:
        alert = alert_of(body)
    except InputError as error:
        return _refused(400, body, error.message, inbox)
    if inbox.keep(alert.key, body):
        return AlertAnswer(202, "known already", alert.key)
    inbox.ask_for_handling(alert.key)
    _log.info("alert %s accepted", alert.key)
    return AlertAnswer(202, "accepted", alert.key)


def _refused(status: int, body: bytes, reason: str, inbox: Inbox) -> AlertAnswer:
    inbox.keep_refused(body, reason)
    _log.warning("no alert: %s", reason)
    return AlertAnswer(status, reason)
