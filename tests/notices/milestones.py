"""A lobby that refuses connections, at each milestone of its incident."""

from datetime import timedelta
from typing import Any

from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle import states
from tests.notices.broken_lobby import OPENED_AT, refused_connects
from tests.notices.diagnoses import START, playbook

FAILURES = "web-pubsub-connection-failures"
PLAYBOOK = playbook()


def opened(**changes: Any) -> Incident:
    return states.opened(refused_connects(**changes), 2, OPENED_AT, None)


def explained() -> Incident:
    return states.diagnosed(
        opened(),
        conclusion="supported",
        cause="token-expired",
        document="diagnoses/1.json",
        users=41,
        next_diagnosis_at=START + timedelta(minutes=15),
        is_last=False,
        now=START + timedelta(minutes=8),
    )


def ended(ending: Ending) -> Incident:
    trying = states.validating(explained(), START + timedelta(minutes=20))
    return states.resolved(trying, ending, START + timedelta(minutes=50))
