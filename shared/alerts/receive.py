"""Answer for an alert: accepted only when it is kept and its handling is asked for, so that none is ever lost."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.alerts.drill import is_drill
from shared.alerts.inbox import Gate, Inbox
from shared.alerts.parse import alert_of
from shared.errors import InputError, LinekeeperError, UnauthorizedError

# "Alerts that use the common schema have an upper size limit of 256 KB per alert" (alerts-payload-samples.md).
MOST_BYTES = 256 * 1024
_INSPECTED_BYTES = 64 * 1024  # of a larger one, kept for inspection
_EMPTY = "the body is empty, as the Functions host leaves it of a request without Content-Length; expected is another attempt"
_NO_DRILLS = (
    "a drill, and nobody hears of drills; expected is a receiver of its own under `drills` of receivers.yaml"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """The answer to the caller of `receive_alert`. Azure tries again on 408, 429, 503 and 504, and on nothing else."""

    status: int
    text: str
    key: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that go with the status: the kind of token that is wanted, or after how many seconds to try again."""
        return {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(self.status, {})


def receive(
    body: bytes,
    authorization: str,
    inbox: Inbox,
    gate: Gate | None,
    now: datetime,
    *,
    hears_drills: Callable[[], bool] = lambda: True,
) -> AlertAnswer:
    """Keep an alert and ask for its handling; no error leaves. Without a gate every caller who has the key is admitted."""
    try:
        if gate is not None:
            gate.admit(authorization, now)
        return _keep(body, inbox, hears_drills)
    except UnauthorizedError as error:
        _log.warning("alert refused: %s", error.message)
        return AlertAnswer(401, error.message)
    except LinekeeperError as error:
        _log.error("alert not accepted: %s", error.message)  # the message says it all
        return AlertAnswer(503, "the alert cannot be kept now; expected is another attempt")


def _keep(body: bytes, inbox: Inbox, hears_drills: Callable[[], bool]) -> AlertAnswer:
    if not body:  # an alert may have been lost on its way to us, and after a refusal it would not come again
        _log.error("alert not accepted: %s", _EMPTY)
        return AlertAnswer(503, _EMPTY)
    if len(body) > MOST_BYTES:
        reason = f"it has {len(body)} bytes; expected at most {MOST_BYTES}"
        return _refuse(413, body[:_INSPECTED_BYTES], reason, inbox)
    try:
        alert = alert_of(body)
    except InputError as error:
        return _refuse(400, body, error.message, inbox)
    if is_drill(alert) and not hears_drills():
        return AlertAnswer(409, _NO_DRILLS)
    if inbox.keep(alert.key, body):
        return AlertAnswer(202, "known already", alert.key)
    inbox.ask_for_handling(alert)
    _log.info("alert %s accepted", alert.key)
    return AlertAnswer(202, "accepted", alert.key)


def _refuse(status: int, body: bytes, reason: str, inbox: Inbox) -> AlertAnswer:
    inbox.keep_refused(body, reason)
    _log.warning("not an alert: %s", reason)
    return AlertAnswer(status, reason)
