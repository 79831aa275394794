"""An incident as the watch opens it: a lobby that refuses connections."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle import states
from shared.objectives.breach import Breach
from tests.notices.diagnoses import RESOURCE, START

OPENED_AT = START + timedelta(minutes=6)


def refused_connects(**changes: Any) -> Breach:
    """Return the breach that opens it."""
    breach = Breach(
        resource=RESOURCE,
        signal="refused-connects",
        symptom="web-pubsub-connection-failures",
        rule="burn 14.4 over 1 h and 5 min",
        onset=START,
        last_bad=START + timedelta(minutes=5),
        bad=143,
        total=2010,
        peak_ratio=0.31,
        reasons={"401": 143.0},
    )
    return replace(breach, **changes)


def broken_lobby(name: str = "") -> Incident:
    """Return the incident, new; `name` tells its lobby from another."""
    breach = refused_connects(resource=RESOURCE + name)
    return replace(states.opened(breach, 2, OPENED_AT, None), unnotified=())


def incident(severity: int = 2, **changes: Any) -> Incident:
    """Return the incident, opened at a severity, with fields changed."""
    return replace(states.opened(refused_connects(), severity, OPENED_AT, None), **changes)


def ended() -> Incident:
    """Return the incident, resolved by hand half an hour later."""
    return states.resolved(incident(), Ending.BY_HAND, OPENED_AT + timedelta(minutes=30))
