"""Write an incident as a row of Table Storage and read it back."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.incidents.incident import Ending, Entry, Incident, Speaks, State, Told

Row = dict[str, Any]

_TIMES = ("opened_at", "state_since", "onset", "last_bad")
_TIMES_OR_NONE = ("next_look_at", "closed_at", "told_at")
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
    """Return the partition and row of an incident's id, or None for what is no id."""
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
        "live": incident.is_open or bool(incident.untold),
        "open": incident.is_open,
        "state": str(incident.state),
        "ending": str(incident.ending) if incident.ending else None,
        "signals": _json(dict(incident.signals)),
        "untold": _json([[told.revision, told.speaks] for told in incident.untold]),
        "timeline": _json([[text_of(one.at), one.what, one.text] for one in incident.timeline]),
    }
    row |= {name: getattr(incident, name) for name in (*_PLAIN, *_PLAIN_OR_NONE)}
    row["escalations"] = incident.escalations
    row |= {name: float(getattr(incident, name)) for name in _REALS}
    row |= {name: text_of(getattr(incident, name)) for name in _TIMES}
    row |= {name: _text_or_none(getattr(incident, name)) for name in _TIMES_OR_NONE}
    return {name: value for name, value in row.items() if value is not None}


def incident_of(row: Mapping[str, Any], etag: str) -> Incident:
    """Return the incident of a row."""
    ending = row.get("ending")
    kept: dict[str, Any] = {name: row[name] for name in _PLAIN}
    kept |= {name: row.get(name) for name in _PLAIN_OR_NONE}
    kept |= {name: float(row[name]) for name in _REALS}
    kept |= {name: datetime.fromisoformat(row[name]) for name in _TIMES}
    kept |= {name: _time_or_none(row.get(name)) for name in _TIMES_OR_NONE}
    return Incident(
        **kept,
        escalations=row.get("escalations", 0),
        state=State(row["state"]),
        ending=Ending(ending) if ending else None,
        signals=json.loads(row["signals"]),
        untold=tuple(Told(revision, Speaks(speaks)) for revision, speaks in json.loads(row["untold"])),
        timeline=tuple(
            Entry(datetime.fromisoformat(at), what, text) for at, what, text in json.loads(row["timeline"])
        ),
        etag=etag,
    )


def text_of(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do: always with fractions."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text_or_none(moment: datetime | None) -> str | None:
    return text_of(moment) if moment else None


def _time_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
