"""Write an incident as a row of Table Storage and read it back."""

from collections.abc import Mapping
from typing import Any

from shared.cloud.storage.incidents.upgrade import upgraded
from shared.cloud.storage.row import RowCodec, StorageRow
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.states import resource_key

# Rows of version 1 say nothing of their version. Whatever their timeline alone told is a property since version 2.
_VERSION = 2
_CODEC = RowCodec(
    Incident,
    # Names that rows have had from the first version on.
    stored={
        "diagnosis_count": "looks",
        "next_diagnosis_at": "next_look_at",
        "notified_at": "told_at",
        "unnotified": "untold",
    },
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
    """Return an incident's row."""
    return _CODEC.write(incident) | {
        "PartitionKey": partition_of(incident.id),
        "RowKey": row_key(incident.symptom, incident.number),
        "version": _VERSION,
        "live": incident.is_live,
        "alert_due": incident.due_alert_state is not None,
        "open": incident.is_open,
    }


def check_own_keys(incident: Incident, row: Mapping[str, Any]) -> None:
    """Check that an incident is the one that the keys of its row name.

    Raises:
        ValueError: it is another one, or contradicts itself.
    """
    keys = row["PartitionKey"], row["RowKey"]
    if keys != key_of(incident.id) or keys[1] != row_key(incident.symptom, incident.number):
        raise ValueError("its id, symptom and number are not those of its keys")
    if keys[0] != resource_key(incident.resource):
        raise ValueError("its resource is not that of its keys")
    if incident.is_open == (incident.closed_at is not None):
        raise ValueError(f"it is {incident.state}, and closed at {incident.closed_at}")


def incident_of(row: Mapping[str, Any], etag: str) -> Incident:
    """Return the incident of a row, of whatever version."""
    incident = _CODEC.read(row, etag=etag)
    return incident if row.get("version", 1) >= _VERSION else upgraded(incident)
