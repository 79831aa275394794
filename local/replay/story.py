"""Describe a played case: a line for each thing that happened, the card that named the cause, and the reports."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from local.replay.case import Case
from local.replay.play import Scene, incidents_of
from local.replay.stage import Stage
from shared.app.stores import documents
from shared.incidents.closing import report_name
from shared.incidents.incident import Incident
from shared.notices.cards.screen.first_step import STEP
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.stored import decode_diagnosis

_STYLES = {
    "detected": "bold red",
    "cause found": "bold green",
    "cause corrected": "bold green",
    "resolved": "bold cyan",
    "reopened": "bold red",
}


def scene_line(scene: Scene, before: Scene | None = None) -> Text:
    """Return one line of the story; it names its date where that is not the date of the line before."""
    entry = scene.entry
    is_later = before is not None and before.entry.at.date() != entry.at.date()
    at = f"{entry.at:%Y-%m-%d %H:%M}" if is_later else f"{entry.at:%H:%M}"
    line = Text(f"{at} UTC  ", style="bold") + Text(entry.what, style=_STYLES.get(entry.what, ""))
    return line + Text(f"  {entry.text}" if entry.text else "", style="dim")


def card_of_cause(stage: Stage) -> dict[str, Any] | None:
    """Return the last card that names a cause, else the last card; None where nobody was told anything."""
    return next(iter([*reversed(cards_of_cause(stage)), *reversed(stage.channel.cards)]), None)


def cards_of_cause(stage: Stage) -> list[dict[str, Any]]:
    """Return the cards that name a cause, oldest first."""
    return [card for card in stage.channel.cards if _names_cause(card)]


def _names_cause(card: dict[str, Any]) -> bool:
    return any(element.get("id") == STEP for element in card["body"])


def unexpected_incidents(
    case: Case, incidents: Sequence[Incident], diagnoses: Sequence[Diagnosis]
) -> list[str]:
    """Return one sentence for each difference of the incidents and their last diagnoses from what the case expects."""
    symptoms = tuple(sorted(incident.symptom for incident in incidents))
    if symptoms != case.incidents:
        expected = ", ".join(case.incidents) or "none"
        return [f"incidents {', '.join(symptoms) or 'none'}, expected {expected}"]
    own = next((incident for incident in incidents if incident.symptom == case.playbook), None)
    if own is not None and case.cause is not None and own.cause != case.cause:
        return [f"cause {own.cause or own.conclusion}, expected {case.cause}"]
    return [
        f"{name} is supported, which the case does not name"
        for diagnosis in diagnoses
        for name in case.unnamed(diagnosis)
    ]


def last_diagnoses(stage: Stage) -> list[Diagnosis]:
    """Return the last diagnosis of every incident of the case that has one."""
    store = documents(stage.runtime.storage)
    texts = (store.get(incident.document) for incident in incidents_of(stage) if incident.document)
    return [decode_diagnosis(text) for text in texts if text is not None]


def write_incidents(stage: Stage, folder: Path) -> list[str]:
    """Write the report of every incident that ended, and return the names of the files."""
    names = []
    store = documents(stage.runtime.storage)
    for incident in incidents_of(stage):
        report = store.get(report_name(incident))
        if report is not None:
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{incident.symptom}.md"
            (folder / name).write_text(report, encoding="utf-8")
            names.append(name)
    return names
