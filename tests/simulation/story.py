"""What happens in a seed's world: alerts that fire and are resolved, and a lobby that refuses connects."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from shared.alerts.alert import Alert
from shared.alerts.parse import alert_of, glance_at
from shared.playbooks.loading.load import load_library
from tests.incidents.fake_rooms import NOON, REFUSED, Floor
from tests.simulation.chance import Chance

LOBBY = (
    "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/trading"
    "/providers/microsoft.signalrservice/webpubsub/lobby"
)
ELSEWHERE = LOBBY.replace("lobby", "unwatched")
SYMPTOM = "web-pubsub-connection-failures"
_RULES = ("lobby-refused-connects", "lobby-handshakes")
_QUIET_MINUTES = 12 * 60  # for which connects are counted after the story


@lru_cache(maxsize=64)
def parsed(body: bytes) -> Alert:
    """Return the alert of a payload."""
    return alert_of(body)


@dataclass(frozen=True, slots=True)
class Posting:
    """One alert in one condition, as Azure Monitor sends it, and when."""

    name: str
    at: datetime
    body: bytes
    fits: bool  # an incident

    @property
    def key(self) -> str:
        """Return the key under which it is kept."""
        return glance_at(self.body).key

    @property
    def is_fired(self) -> bool:
        """Tell whether it fired, and was not resolved."""
        return parsed(self.body).fired


@dataclass
class Story:
    """What happens, in order of time."""

    postings: list[Posting] = field(default_factory=list)
    floor: Floor = field(default_factory=Floor)
    watches: bool = False
    has_people: bool = False  # who press the links of cards


def story_of(chance: Chance) -> Story:
    """Draw what happens."""
    story = Story()
    story.watches = chance.has("story: the lobby refuses connects", 0.4)
    if story.watches:
        minutes = 5 * (1 + int(chance.number("story: how long it is refused") * 3))
        story.floor.happens(REFUSED, -60, 0, 0, 200)
        story.floor.happens(REFUSED, 0, minutes, 80, 200)
        story.floor.happens(REFUSED, minutes, _QUIET_MINUTES, 0, 200)
    if chance.has("story: a cause is found", 0.5):
        story.floor.causes[SYMPTOM, load_library()[SYMPTOM].hypotheses[0].id] = NOON
    story.has_people = chance.has("story: people press links", 0.3)
    for number in range(3):
        if chance.has(f"story: alert {number}", 1.0 if number == 0 and not story.watches else 0.4):
            story.postings += _alert(chance, number)
    story.postings.sort(key=lambda posting: (posting.at, posting.name))
    return story


def _alert(chance: Chance, number: int) -> Iterator[Posting]:
    name = f"alert {number}"
    fits = chance.number(f"story: {name} fits") < 0.7
    rule = chance.one_of(f"story: {name} rule", _RULES)
    fired_at = NOON + timedelta(seconds=int(chance.between(f"story: {name} at", 0, 600)))
    lasts = timedelta(seconds=int(chance.between(f"story: {name} lasts", 60, 900)))
    body = alert_body(LOBBY if fits else ELSEWHERE, rule, number, fired_at)
    yield Posting(f"{name} fires", fired_at + timedelta(seconds=5), body, fits)
    if chance.has(f"story: {name} comes twice", 0.2):
        yield Posting(f"{name} fires again", fired_at + timedelta(seconds=9), body, fits)
    body = alert_body(LOBBY if fits else ELSEWHERE, rule, number, fired_at, fired_at + lasts)
    # The queue keeps no order, nor do calls: a Resolved may be first.
    early = chance.has(f"story: {name} ends at once", 0.1)
    yield Posting(f"{name} is resolved", fired_at + (timedelta(seconds=4) if early else lasts), body, fits)


def alert_body(
    target: str, rule: str, number: int, fired_at: datetime, resolved_at: datetime | None = None
) -> bytes:
    """Return an alert in the common schema."""
    essentials = {
        "alertId": f"/subscriptions/5f/providers/Microsoft.AlertsManagement/alerts/{number:08d}-0000-4000-8000-{fired_at:%H%M%S}000000",
        "alertRule": rule,
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": "Resolved" if resolved_at else "Fired",
        "monitoringService": "Platform",
        "alertTargetIDs": [target],
        "originAlertId": f"{rule}-{number}",
        "firedDateTime": fired_at.isoformat(),
    }
    if resolved_at:
        essentials["resolvedDateTime"] = resolved_at.isoformat()
    data = {
        "essentials": essentials,
        "alertContext": {},
        "customProperties": {"linekeeperSymptom": SYMPTOM},
    }
    return json.dumps({"schemaId": "azureMonitorCommonAlertSchema", "data": data}).encode()
