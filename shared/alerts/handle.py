"""Handle a message of the queue: take its alert into an incident, or tell people of what was refused."""

import logging
from dataclasses import replace
from datetime import datetime

from shared.alerts.alert import FOUND, Alert
from shared.alerts.drill import is_drill, tell_drill
from shared.alerts.inbox import Inbox
from shared.alerts.intake import Intake, take_in
from shared.alerts.message import AlertMessage
from shared.alerts.parse import alert_of
from shared.alerts.refusals import Refusal, announce_refusal
from shared.errors import LinekeeperError

_log = logging.getLogger(__name__)


def handle(intake: Intake, inbox: Inbox, message: AlertMessage | Refusal, now: datetime) -> None:
    """Handle a message; safe to repeat.

    Raises:
        LinekeeperError: the payload of an alert is gone, or other instances wrote its incident first at every attempt. The
            host tries again; after its last attempt the message becomes a dead letter.
    """
    if isinstance(message, Refusal):
        announce_refusal(intake.announcer, message, now)
        return
    key, body = message.key, message.body
    # A message without a body may be of a time in which the note said that it was sent.
    if body is not None and inbox.is_handled(key):
        return
    alert = _alert(key, inbox.body(key) if body is None else body)
    if body is not None:
        inbox.keep(key, body)
    inbox.note_arrival(alert)
    # Before anything is looked up: a drill touches no incident.
    outcome = (
        tell_drill(alert, intake.drills, intake.users, now)
        if is_drill(alert)
        else take_in(intake, alert, now)
    )
    _log.info("alert %s of %s: %s", key, alert.title, outcome)
    inbox.note_handled(key)


def _alert(key: str, body: bytes | None) -> Alert:
    """Return the alert of a payload; what its key says is ours, and a payload is what somebody sent."""
    if body is None:
        raise LinekeeperError(f"the payload of alert {key} is gone; expected what receive_alert kept")
    alert = alert_of(body)
    parts = key.removeprefix(FOUND).split(".")
    delivery = parts[1] if len(parts) == 3 else alert.delivery
    return replace(alert, delivery=delivery, is_found=key.startswith(FOUND))
