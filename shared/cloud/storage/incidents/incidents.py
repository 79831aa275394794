"""Keep incidents in Table Storage, at most one of a resource and symptom open, whoever writes.

A partition holds one resource: a slot per symptom, which says which incident is the current one and whether it is
open, and a row per incident. What opens or closes an incident writes both in one transaction, so two instances that
open one at the same time meet in the slot, and one of them loses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.incidents.rows import (
    incident_of,
    incident_row,
    key_of,
    partition_of,
    row_key,
    slot_key,
    slot_row,
)
from shared.cloud.storage.row import StorageRow, text_of
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.states import resource_key
from shared.races import LostRaceError

# 409 is a row that exists already, 412 an ETag that does not match.
_LOST = {409, 412}


class TableIncidents:
    """The incidents of a table."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def current(self, resource: str, symptom: str) -> Incident | None:
        """Return the newest incident of a resource and symptom, open or not."""
        partition = resource_key(resource)
        slot = self._row(partition, slot_key(symptom))
        return self._incident(partition, row_key(symptom, slot["number"])) if slot else None

    def get(self, incident_id: str) -> Incident | None:
        """Return an incident by its id, with its whole timeline."""
        key = key_of(incident_id)
        return self._incident(*key) if key else None

    def open_ones(self) -> Sequence[Incident]:
        """Return every open incident, and every closed one with states nobody was told of; oldest first."""
        return self._found("live eq true")

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
        slot = self._row(partition_of(incident.id), slot_key(incident.symptom))
        expected = (previous.number, False) if previous else None
        if (slot and (slot["number"], slot["open"])) != expected:
            raise LostRaceError(f"the current incident of {incident.symptom} of {incident.resource}")
        latest = replace(incident, revision=incident.revision + 1)
        return self._write_both(("create", incident_row(latest)), latest, slot)

    def save(self, incident: Incident) -> Incident:
        """Store a changed incident, its revision counted up; return it as it now is.

        Raises:
            LostRaceError: it was changed since it was read, or it would be a second open one.
        """
        slot = self._row(partition_of(incident.id), slot_key(incident.symptom))
        is_current = slot is not None and slot["number"] == incident.number
        if incident.is_open and not is_current:
            raise LostRaceError(f"the current incident of {incident.symptom} of {incident.resource}")
        latest = replace(incident, revision=incident.revision + 1)
        change = _if_unchanged(incident_row(latest), incident.etag)
        if slot is None or not is_current or slot["open"] == incident.is_open:
            return self._written([change], latest)
        return self._write_both(change, latest, slot)

    def _write_both(self, change: tuple[Any, ...], latest: Incident, slot: TableEntity | None) -> Incident:
        row = slot_row(latest)
        move = _if_unchanged(row, _etag(slot)) if slot else ("create", row)
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
        row = self._row(partition, key)
        return incident_of(row, _etag(row)) if row else None

    def _row(self, partition: str, key: str) -> TableEntity | None:
        try:
            return self._table.get_entity(partition, key)
        except ResourceNotFoundError:
            return None

    def _found(self, query: str) -> list[Incident]:
        incidents = [incident_of(row, _etag(row)) for row in self._table.query_entities(query)]
        return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id))


def _if_unchanged(row: StorageRow, etag: str) -> tuple[str, StorageRow, Mapping[str, Any]]:
    conditions = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", row, conditions)


def _etag(row: TableEntity) -> str:
    return str(row.metadata["etag"])
