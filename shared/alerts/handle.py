"""Handle an alert that was kept: read it again from what came, and take it in."""

import logging
from datetime import datetime

from shared.alerts.inbox import Inbox
from shared.alerts.intake import Intake, take_in
from shared.alerts.parse import alert_of
from shared.errors import LinekeeperError

_log = logging.getLogger(__name__)


def handle(intake: Intake, inbox: Inbox, key: str, now: datetime) -> None:
    """Take in the alert of a key; safe to repeat.

    Raises:
        LinekeeperError: its payload is gone, or others were always first; the message becomes a dead letter in the end.
    """
    body = inbox.body(key)
    if body is None:
        raise LinekeeperError(f"the payload of alert {key} is gone; expected what receive_alert kept")
    alert = alert_of(body)
    _log.info("alert %s of %s: %s", key, alert.title, take_in(intake, alert, now))
