"""Write an incident as a row of Table Storage and read it back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.cloud.storage.incidents.upgrade import upgraded
from shared.cloud.storage.row import StorageRow, json_text, text_of, text_or_none, time_or_none
from shared.incidents.incident import (
    Acknowledgement,
    Call,
    CardSilence,
    Ending,
    Entry,
    Fold,
    Incident,
    Milestone,
    Notification,
    RuleState,
    State,
)

# Rows of version 1 say nothing of their version. Whatever their timeline alone told is a property since version 2.
_VERSION = 2

_TIMES = ("opened_at", "state_since", "onset", "last_bad")
# Names of fields and of the properties that hold them, where rows of earlier versions have another name.
_TIMES_OR_NONE = {
    "next_diagnosis_at": "next_look_at",
    "closed_at": "closed_at",
    "notified_at": "told_at",
    "first_cause_at": "first_cause_at",
    "previous_closed_at": "previous_closed_at",
    "reopened_at": "reopened_at",
}
_PLAIN = {name: name for name in ("id", "resource", "symptom", "number", "severity", "reopened", "revision")}
_PLAIN |= {"diagnosis_count": "looks"}
_REALS = ("bad", "total", "peak_ratio")
_PLAIN_OR_NONE = (
    "users",
    "conclusion",
    "cause",
    "document",
    "joined_to",
    "released_from",
    "follows",
    "ended_by",
    "severity_before",
)


def partition_of(incident_id: str) -> str:
    """Return the partition of an incident: the key of its resource, with which its id begins."""
    return incident_id.partition(".")[0]


def slot_key(symptom: str) -> str:
    """Return the key of the row that says which incident of a symptom is the current one."""
    return f"slot~{symptom}"


def row_key(symptom: str, number: int) -> str:
    """Return the key of an incident's row; they sort by number."""
    return f"incident~{symptom}~{number:08d}"


def key_of(incident_id: str) -> tuple[str, str] | None:
    """Return the partition and row of an incident's id, or None for what is not an id."""
    partition, _, rest = incident_id.partition(".")
    symptom, _, number = rest.rpartition(".")
    return (partition, row_key(symptom, int(number))) if symptom and number.isdecimal() else None


def slot_row(incident: Incident) -> StorageRow:
    """Return the slot in which an incident is the current one."""
    return {
        "PartitionKey": partition_of(incident.id),
        "RowKey": slot_key(incident.symptom),
        "number": incident.number,
        "id": incident.id,
        "open": incident.is_open,
    }


def incident_row(incident: Incident) -> StorageRow:
    """Return an incident's row; what is None has no property."""
    row: StorageRow = {
        "PartitionKey": partition_of(incident.id),
        "RowKey": row_key(incident.symptom, incident.number),
        "version": _VERSION,
        "live": incident.is_open or bool(incident.unnotified),
        "open": incident.is_open,
        "state": str(incident.state),
        "ending": incident.ending and str(incident.ending),
        "signals": json_text(dict(incident.signals)),
        "escalations": incident.escalations,
        "untold": json_text([[state.revision, state.milestone] for state in incident.unnotified]),
        "timeline": json_text([[text_of(entry.at), entry.what, entry.text] for entry in incident.timeline]),
        **_answers_row(incident),
        **_notified_row(incident),
    }
    row |= {key: getattr(incident, name) for name, key in _PLAIN.items()}
    row |= {name: getattr(incident, name) for name in _PLAIN_OR_NONE}
    row |= {name: float(getattr(incident, name)) for name in _REALS}
    row |= {name: text_of(getattr(incident, name)) for name in _TIMES}
    row |= {key: text_or_none(getattr(incident, name)) for name, key in _TIMES_OR_NONE.items()}
    return {name: value for name, value in row.items() if value is not None}


def _answers_row(incident: Incident) -> StorageRow:
    """Return what people did, and what it was before it was validated."""
    taken_on, silence, before = incident.acknowledgement, incident.silence, incident.state_before_validation
    return {
        "acknowledged_at": taken_on and text_of(taken_on.at),
        "acknowledged_by": taken_on and taken_on.by,
        "silenced_until": silence and text_of(silence.until),
        "silenced_by": silence and silence.by,
        "state_before_validation": before and str(before),
    }


def _notified_row(incident: Incident) -> StorageRow:
    """Return what people were told, and what the timeline was told of alerts and leaves out."""
    call, fold = incident.unanswered, incident.fold
    rules = [
        [rule, state.is_firing, [text_of(at) for at in state.noted_at]]
        for rule, state in incident.alert_rules.items()
    ]
    return {
        "notified_causes": json_text(incident.notified_causes),
        "notified_receivers": json_text(incident.notified_receivers),
        "has_given_up": incident.has_given_up,
        "unanswered": call and json_text([text_of(call.at), call.receivers]),
        "alert_rules": json_text(rules),
        "fold": fold and json_text([fold.count, text_of(fold.first_at), text_of(fold.last_at)]),
    }


def incident_of(row: Mapping[str, Any], etag: str) -> Incident:
    """Return the incident of a row, of whatever version."""
    values: dict[str, Any] = {name: row[key] for name, key in _PLAIN.items()}
    values |= {name: row.get(name) for name in _PLAIN_OR_NONE}
    values |= {name: float(row[name]) for name in _REALS}
    values |= {name: datetime.fromisoformat(row[name]) for name in _TIMES}
    values |= {name: time_or_none(row.get(key)) for name, key in _TIMES_OR_NONE.items()}
    incident = Incident(
        **values,
        **_answers_of(row),
        **_notified_of(row),
        escalations=row.get("escalations", 0),
        state=State(row["state"]),
        ending=Ending(row["ending"]) if row.get("ending") else None,
        signals=json.loads(row["signals"]),
        unnotified=tuple(
            Notification(revision, Milestone(milestone)) for revision, milestone in json.loads(row["untold"])
        ),
        timeline=tuple(
            Entry(datetime.fromisoformat(at), what, text) for at, what, text in json.loads(row["timeline"])
        ),
        etag=etag,
    )
    return incident if row.get("version", 1) >= _VERSION else upgraded(incident)


def _answers_of(row: Mapping[str, Any]) -> dict[str, Any]:
    acknowledged_at, silenced_until = (
        time_or_none(row.get(name)) for name in ("acknowledged_at", "silenced_until")
    )
    before = row.get("state_before_validation")
    return {
        "acknowledgement": acknowledged_at and Acknowledgement(row["acknowledged_by"], acknowledged_at),
        "silence": silenced_until and CardSilence(silenced_until, row["silenced_by"]),
        "state_before_validation": before and State(before),
    }


def _notified_of(row: Mapping[str, Any]) -> dict[str, Any]:
    call, fold = json.loads(row.get("unanswered", "null")), json.loads(row.get("fold", "null"))
    return {
        "notified_causes": tuple(json.loads(row.get("notified_causes", "[]"))),
        "notified_receivers": tuple(json.loads(row.get("notified_receivers", "[]"))),
        "has_given_up": row.get("has_given_up", False),
        "unanswered": call and Call(datetime.fromisoformat(call[0]), tuple(call[1])),
        "alert_rules": {
            rule: RuleState(is_firing, tuple(map(datetime.fromisoformat, moments)))
            for rule, is_firing, moments in json.loads(row.get("alert_rules", "[]"))
        },
        "fold": fold and Fold(fold[0], *map(datetime.fromisoformat, fold[1:])),
    }
