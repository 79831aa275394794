"""A desk in a house in memory, and alerts on its lobby at any minute."""

import json
from typing import Any

from shared.alerts.alert import Alert
from shared.alerts.intake import Intake, IntakeOutcome, take_in
from shared.alerts.meaning import AlertContext
from shared.alerts.parse import alert_of
from shared.configuration.alerts import NamedRule
from shared.incidents.incident import Incident
from tests.alerts.fake_alerts import FakeAnnouncer
from tests.alerts.sample import LOBBY as THEIRS
from tests.alerts.sample import body, fired, resolved
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import DROPS, FAILURES, LIBRARY, LOBBY, House, at


class Post:
    """The desk of a house, and what comes to it."""

    def __init__(self, house: House, incidents: FakeIncidents | None = None) -> None:
        self.house = house
        self.announcer = FakeAnnouncer()
        services = {name: playbook.service for name, playbook in LIBRARY.items()}
        rules = (NamedRule("lobby-refused-*", FAILURES), NamedRule("lobby-health", DROPS))
        policy = house.policy()
        self.intake = Intake(
            casework=house.casework(incidents),
            severity=policy.severity,
            users=policy.users,
            context=AlertContext(policy.resources, services, rules),
            announcer=self.announcer,
        )

    def take(self, alert: Alert, minute: float) -> IntakeOutcome:
        return take_in(self.intake, alert, at(minute))


def moved(given: dict[str, Any], minute: float, n: int = 0, **essentials: Any) -> Alert:
    """Return an alert on the lobby that fired at a minute from noon; `n` makes it another occurrence."""
    text = body(given).decode().replace(THEIRS, LOBBY)
    payload: dict[str, Any] = json.loads(text)
    when = at(minute).isoformat()
    payload["data"]["essentials"] |= {"firedDateTime": when, **essentials}
    payload["data"]["essentials"]["originAlertId"] = f"{payload['data']['essentials']['originAlertId']}-{n}"
    return alert_of(body(payload))


def refused(minute: float = 5, n: int = 0, **essentials: Any) -> Alert:
    return moved(fired("metric-static"), minute, n, **essentials)


def over(minute: float = 5, n: int = 0, **essentials: Any) -> Alert:
    return moved(resolved("metric-static"), minute, n, **essentials)


def told(incident: Incident) -> list[str]:
    return [entry.what for entry in incident.timeline]
