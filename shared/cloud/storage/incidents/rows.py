"""Write an incident as a row of Table Storage and read it back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.cloud.storage.row import Row, json_text, text_of, text_or_none, time_or_none
from shared.incidents.incident import Ending, Entry, Incident, Milestone, Notification, State

_TIMES = ("opened_at", "state_since", "onset", "last_bad")
# Names of fields and of the properties that hold them, where rows of earlier versions have another name.
_TIMES_OR_NONE = {"next_diagnosis_at": "next_look_at", "closed_at": "closed_at", "notified_at": "told_at"}
_PLAIN = ("id", "resource", "symptom", "number", "severity", "looks", "reopened", "revision")
_REALS = ("bad", "total", "peak_ratio")
_PLAIN_OR_NONE = ("users", "conclusion", "cause", "document", "joined_to", "follows")


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


def slot_row(incident: Incident) -> Row:
    """Return the slot in which an incident is the current one."""
    return {
        "PartitionKey": partition_of(incident.id),
        "RowKey": slot_key(incident.symptom),
        "number": incident.number,
        "id": incident.id,
        "open": incident.is_open,
    }


def incident_row(incident: Incident) -> Row:
    """Return an incident's row; what is None has no property."""
    row: Row = {
        "PartitionKey": partition_of(incident.id),
        "RowKey": row_key(incident.symptom, incident.number),
        "live": incident.is_open or bool(incident.unnotified),
        "open": incident.is_open,
        "state": str(incident.state),
        "ending": str(incident.ending) if incident.ending else None,
        "signals": json_text(dict(incident.signals)),
        "untold": json_text([[told.revision, told.milestone] for told in incident.unnotified]),
        "timeline": json_text([[text_of(one.at), one.what, one.text] for one in incident.timeline]),
    }
    row |= {name: getattr(incident, name) for name in (*_PLAIN, *_PLAIN_OR_NONE)}
    row["escalations"] = incident.escalations
    row |= {name: float(getattr(incident, name)) for name in _REALS}
    row |= {name: text_of(getattr(incident, name)) for name in _TIMES}
    row |= {stored: text_or_none(getattr(incident, name)) for name, stored in _TIMES_OR_NONE.items()}
    return {name: value for name, value in row.items() if value is not None}


def incident_of(row: Mapping[str, Any], etag: str) -> Incident:
    """Return the incident of a row."""
    ending = row.get("ending")
    kept: dict[str, Any] = {name: row[name] for name in _PLAIN}
    kept |= {name: row.get(name) for name in _PLAIN_OR_NONE}
    kept |= {name: float(row[name]) for name in _REALS}
    kept |= {name: datetime.fromisoformat(row[name]) for name in _TIMES}
    kept |= {name: time_or_none(row.get(stored)) for name, stored in _TIMES_OR_NONE.items()}
    return Incident(
        **kept,
        escalations=row.get("escalations", 0),
        state=State(row["state"]),
        ending=Ending(ending) if ending else None,
        signals=json.loads(row["signals"]),
        unnotified=tuple(
            Notification(revision, Milestone(milestone)) for revision, milestone in json.loads(row["untold"])
        ),
        timeline=tuple(
            Entry(datetime.fromisoformat(at), what, text) for at, what, text in json.loads(row["timeline"])
        ),
        etag=etag,
    )
