"""Keep incidents in Table Storage, at most one of a resource and symptom open, whoever writes.

A partition holds one resource: a slot per symptom, which says which incident is the current one and whether it is
open, and a row per incident. What opens or closes an incident writes both in one transaction, so two instances that
open one at the same time meet in the slot, and one of them loses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.incidents.rows import (
    check_own_keys,
    incident_of,
    incident_row,
    key_of,
    partition_of,
    row_key,
    slot_key,
    slot_row,
)
from shared.cloud.storage.row import StorageRow, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.states import resource_key
from shared.races import LostRaceError
from shared.shapes import check_shape

# 409 is a row that exists already, 412 an ETag that does not match.
_LOST = {409, 412}
_MOST_NUMBER = 99_999_999  # of the incidents of one symptom, as keys write it


class TableIncidents:
    """The incidents of a table."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _incident, shelf)
        self._slots = Rows(lambda: table, _slot, shelf)

    def current(self, resource: str, symptom: str) -> Incident | None:
        """Return the newest incident of a resource and symptom, open or not."""
        partition = resource_key(resource)
        slot = self._slot(partition, symptom)
        return self._incident(partition, row_key(symptom, slot.number)) if slot else None

    def get(self, incident_id: str) -> Incident | None:
        """Return an incident by its id, with its whole timeline."""
        key = key_of(incident_id)
        return self._incident(*key) if key else None

    def open_ones(self) -> Sequence[Incident]:
        """Return every open incident, and every closed one with states nobody was told of: by severity, then age."""
        # A row that does not say it is looked at: it must not be lost.
        rows = self._found("not (live eq false) and RowKey ge 'incident~' and RowKey lt 'incident~~'")
        return sorted(rows, key=lambda incident: incident.severity)

    def with_stale_alert(self) -> Sequence[Incident]:
        """Return the incidents whose alert in Azure has not the state yet that follows from theirs, oldest first."""
        return self._found("alert_due eq true")

    def of_resource(self, resource: str, since: datetime) -> Sequence[Incident]:
        """Return the incidents of a resource that are open or were closed after `since`, oldest first."""
        # A hash and a time of ours: nothing in them needs quoting.
        return self._found(
            f"PartitionKey eq '{resource_key(resource)}' and RowKey ge 'incident~' and RowKey lt 'incident~~' "
            f"and (open eq true or closed_at gt '{text_of(since)}')"
        )

    def create(self, incident: Incident, previous: Incident | None) -> Incident:
        """Store a new incident, beside the one that was `current` when it was decided; return it with its etag.

        Raises:
            LostRaceError: `previous` is not the current one any more, or is open.
        """
        partition = partition_of(incident.id)
        slot = self._slot(partition, incident.symptom)
        if (
            slot
            and previous is None
            and self._incident(partition, row_key(incident.symptom, slot.number)) is None
        ):
            # The one that the slot names was set aside: this one comes after it.
            incident = _numbered(incident, slot.number + 1)
        elif (slot and (slot.number, slot.is_open)) != ((previous.number, False) if previous else None):
            raise LostRaceError(f"the current incident of {incident.symptom} of {incident.resource}")
        latest = replace(incident, revision=incident.revision + 1)
        return self._write_both(("create", incident_row(latest)), latest, slot)

    def save(self, incident: Incident) -> Incident:
        """Store a changed incident, its revision counted up; return it as it now is.

        Raises:
            LostRaceError: it was changed since it was read, or it would be a second open one.
        """
        slot = self._slot(partition_of(incident.id), incident.symptom)
        is_current = slot is not None and slot.number == incident.number
        if incident.is_open and not is_current:
            raise LostRaceError(f"the current incident of {incident.symptom} of {incident.resource}")
        latest = replace(incident, revision=incident.revision + 1)
        change = _if_unchanged(incident_row(latest), incident.etag)
        if slot is None or not is_current or (slot.etag and slot.is_open == incident.is_open):
            return self._written([change], latest)
        return self._write_both(change, latest, slot)

    def _write_both(self, change: tuple[Any, ...], latest: Incident, slot: "_Slot | None") -> Incident:
        row = slot_row(latest)
        move = _if_unchanged(row, slot.etag) if slot and slot.etag else ("create", row)
        return self._written([change, move], latest)

    def _written(self, operations: list[Any], latest: Incident) -> Incident:
        try:
            answers = self._table.submit_transaction(operations)
        except HttpResponseError as error:
            if error.status_code in _LOST:
                raise LostRaceError(f"incident {latest.id}") from error
            raise
        return replace(latest, etag=str(answers[0]["etag"]))

    def _incident(self, partition: str, key: str) -> Incident | None:
        return self._rows.one(self._row(partition, key))

    def _slot(self, partition: str, symptom: str) -> "_Slot | None":
        """Return the slot of a symptom; one that was set aside is told by the newest incident, and has no etag."""
        slot = self._slots.one(self._row(partition, slot_key(symptom)))
        if slot is not None:
            return slot
        first, last = row_key(symptom, 0), row_key(symptom, _MOST_NUMBER)
        rows = self._table.query_entities(
            f"PartitionKey eq '{partition}' and RowKey ge '{first}' and RowKey le '{last}'",
            select=["PartitionKey", "RowKey", "open"],
        )
        newest = max(rows, key=lambda row: row["RowKey"], default=None)
        if newest is None:
            return None
        return _Slot(int(newest["RowKey"].rpartition("~")[2]), bool(newest.get("open")))

    def _row(self, partition: str, key: str) -> TableEntity | None:
        try:
            return self._table.get_entity(partition, key)
        except ResourceNotFoundError:
            return None

    def _found(self, query: str) -> list[Incident]:
        incidents = self._rows.all(self._table.query_entities(query))
        return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id))


def is_followed(table: TableClient, row: Mapping[str, Any]) -> bool:
    """Tell whether a row that was set aside is of an incident which was open, and that another has followed since."""
    kind, _, rest = str(row["RowKey"]).partition("~")
    symptom, _, number = rest.rpartition("~")
    if kind != "incident" or not number.isdecimal() or row.get("closed_at"):
        return False
    incidents = TableIncidents(table)
    slot = incidents._slot(row["PartitionKey"], symptom)  # noqa: SLF001  # its own module
    return slot is not None and slot.number > int(number)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Which incident of a symptom is the current one, and whether it is open."""

    number: int
    is_open: bool
    etag: str = ""


def _slot(row: TableEntity) -> _Slot:
    slot = _Slot(row["number"], row["open"], _etag(row))
    check_shape(slot, _Slot, "the slot")
    return slot


def _incident(row: TableEntity) -> Incident:
    incident = incident_of(row, _etag(row))
    check_own_keys(incident, row)
    return incident


def _numbered(incident: Incident, number: int) -> Incident:
    return replace(incident, number=number, id=f"{incident.id.rpartition('.')[0]}.{number}")


def _if_unchanged(row: StorageRow, etag: str) -> tuple[str, StorageRow, Mapping[str, Any]]:
    conditions = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", row, conditions)


def _etag(row: TableEntity) -> str:
    return str(row.metadata["etag"])
