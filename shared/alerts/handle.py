"""Handle an alert from the queue: read its stored payload again, and take it into an incident."""

import logging
from dataclasses import replace
from datetime import datetime

from shared.alerts.alert import FOUND
from shared.alerts.drill import is_drill, tell_drill
from shared.alerts.inbox import Inbox
from shared.alerts.intake import Intake, take_in
from shared.alerts.parse import alert_of
from shared.errors import LinekeeperError

_log = logging.getLogger(__name__)


def handle(intake: Intake, inbox: Inbox, key: str, now: datetime) -> None:
    """Take in the alert of a key; safe to repeat.

    Raises:
        LinekeeperError: its payload is gone, or other instances wrote the incident first at every attempt. The host
            tries again; after its last attempt the message becomes a dead letter.
    """
    body = inbox.body(key)
    if body is None:
        raise LinekeeperError(f"the payload of alert {key} is gone; expected what receive_alert kept")
    # The key says it: a payload is what somebody sent.
    alert = replace(alert_of(body), is_found=key.startswith(FOUND))
    # Before anything is looked up: a drill touches no incident.
    outcome = (
        tell_drill(alert, intake.drills, intake.users, now)
        if is_drill(alert)
        else take_in(intake, alert, now)
    )
    _log.info("alert %s of %s: %s", key, alert.title, outcome)
