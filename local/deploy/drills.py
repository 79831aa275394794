"""The alerts of a drill: in the common alert schema, marked as a drill, and about no resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from local.deploy.running_app import RunningApp
from shared.alerts.drill import LINES, MARK
from shared.alerts.parse import SCHEMA
from shared.clock import iso
from shared.errors import InputError
from shared.incidents.wording import resource_name
from shared.notices.cards.markup import plain_text
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook

ROUTE = "/api/alerts"

_REFUSALS = {
    401: "the key does not open receive_alert, or the app wants a token of Azure Monitor (ALERT_AUDIENCE), which nobody else has",
    404: "there is no function receive_alert: did it load any?",
    409: "nobody hears of drills: name a receiver of its own under `drills` of config/receivers.yaml, and deploy it",
    503: "the app cannot keep the alert now; ask again",
}


@dataclass(frozen=True, slots=True)
class DrillStep:
    """One alert of a drill: the title of its card, and its paragraphs."""

    title: str
    lines: Sequence[str]


def steps_of(diagnosis: Diagnosis, playbook: Playbook, case: str) -> list[DrillStep]:
    """Return the steps of an incident as a case tells it; the diagnosis is redacted already."""
    where = f"{playbook.title} on {resource_name(diagnosis.resource)}"
    hypothesis = playbook.find(diagnosis.cause)
    opened = DrillStep(f"{where}: opened", [diagnosis.symptom.summary, f"Replayed from the case {case}."])
    lines = [finding.evidence.summary for finding in diagnosis.findings[:1]]
    if hypothesis and hypothesis.steps:
        lines.append(f"In earnest, the first step would be: {plain_text(hypothesis.steps[0])}")
    conclusion = f"cause found: {hypothesis.title}" if hypothesis else f"conclusion: {diagnosis.conclusion}"
    ended = DrillStep(f"{where}: resolved", [f"The drill of {case} is over."])
    return [opened, DrillStep(f"{where}: {conclusion}", lines), ended]


def alert_of_step(step: DrillStep, number: int, count: int, now: datetime) -> dict[str, Any]:
    """Return the alert of a step, as Azure Monitor would send it."""
    own = f"drill-{uuid4()}"
    return {
        "schemaId": SCHEMA,
        "data": {
            "essentials": {
                "alertId": own,
                "originAlertId": own,
                "alertRule": step.title,
                "severity": "Sev4",
                "signalType": "Log",
                "monitorCondition": "Fired",
                "monitoringService": "Log Alerts V2",
                "alertTargetIDs": [],  # nothing real is meant
                "firedDateTime": iso(now),
                "description": "A drill.",
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {},
            "customProperties": {MARK: f"{number} of {count}", **dict(zip(LINES, step.lines, strict=False))},
        },
    }


def send_step(app: RunningApp, alert: dict[str, Any]) -> None:
    """Send an alert to a running app.

    Raises:
        InputError: it was not accepted, and why.
    """
    answer = app.post(ROUTE, alert)
    if answer.status != 202:
        why = _REFUSALS.get(answer.status, "it was not accepted")
        raise InputError(f"{app.address}{ROUTE}", f"{answer.status}: {why}", "202")
