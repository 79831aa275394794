"""Keep in Table Storage what was set aside: rows whole, and for a document where it went."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, UpdateMode
from azure.storage.blob import ContainerClient

from shared.cloud.storage.health.typed_row import typed_row_from, typed_row_text
from shared.cloud.storage.incidents.incidents import is_followed
from shared.cloud.storage.row import RowCodec
from shared.health.quarantine import Restoration, SetAside
from shared.isolation import DATA_ERRORS, reason_of

DOCUMENTS = "documents"
FOLDER = "quarantine/"  # of the container of documents
_ROW, _DOCUMENT, _FAILING = "row", "document", "failing"  # the partitions
_EPOCH = datetime.fromtimestamp(0, UTC)
_PART = 15_000  # characters of a property, each at most two units of UTF-16
_CODEC = RowCodec(SetAside, keyed=("id",))
_FIELDS = ["PartitionKey", "RowKey", "place", "name", "reason", "is_in_place", "told_at"]


class TableQuarantine:
    """Implements `shared.health.quarantine.Quarantine`, `shared.isolation.Troubles`, and the shelf of the stores."""

    def __init__(
        self,
        quarantine: Callable[[], TableClient],
        table: Callable[[str], TableClient],
        documents: Callable[[], ContainerClient],
    ) -> None:
        """Take what returns the table of this store, any other table, and the container; each is asked for when needed."""
        self._quarantine = quarantine
        self._table = table
        self._documents = documents

    def set_aside(self, table: TableClient, row: Mapping[str, Any], reason: str) -> None:
        """Keep a row with its reason, then take it out of its table; one that was written meanwhile stays there."""
        try:
            whole = table.get_entity(row["PartitionKey"], row["RowKey"])
        except ResourceNotFoundError:
            return  # another instance was first
        read_etag = getattr(row, "metadata", {}).get("etag")
        if read_etag and read_etag != whole.metadata["etag"]:
            return  # it was written since it was read, and may be well now
        name = f"{whole['PartitionKey']}/{whole['RowKey']}"
        text = typed_row_text(whole)
        entry = SetAside(_id(table.table_name, name, text), table.table_name, name, reason)
        try:
            self._keep(_ROW, entry, text)
        except HttpResponseError as error:
            if error.status_code not in {400, 413}:
                raise
            return  # larger than what a row can hold: it stays where it is
        try:
            table.delete_entity(
                whole, etag=whole.metadata["etag"], match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError:
            self._forget(_ROW, entry.id)

    def set_document_aside(self, name: str, reason: str) -> None:
        """Keep that a document cannot be read, then move it to where nobody looks for it; safe to repeat."""
        container = self._documents()
        try:
            content = container.download_blob(name).readall()
        except ResourceNotFoundError:
            return
        self._keep(_DOCUMENT, SetAside(_id(DOCUMENTS, name, ""), DOCUMENTS, name, reason), "")
        container.upload_blob(FOLDER + name, content, overwrite=True)
        container.delete_blob(name)

    def note(self, loop: str, failures: Mapping[str, str]) -> None:
        """Keep what failed in a run of a loop in place of what failed before; what fails still keeps that it was told."""
        rows = self._quarantine().query_entities(
            "PartitionKey eq @partition and place eq @loop",
            parameters={"partition": _FAILING, "loop": loop},
            select=["RowKey"],
        )
        stored = {row["RowKey"] for row in rows}
        entries = [
            SetAside(_id(loop, name, ""), loop, name, reason, is_in_place=True)
            for name, reason in failures.items()
        ]
        for entry in entries:
            if entry.id not in stored:
                self._keep(_FAILING, entry, "")
        for key in sorted(stored - {entry.id for entry in entries}):
            self._forget(_FAILING, key)

    def all(self) -> Sequence[SetAside]:
        """Return every entry, by place and name."""
        rows = self._quarantine().query_entities("PartitionKey ge ''", select=_FIELDS)
        entries = [_entry(row) for row in rows]
        return sorted(entries, key=lambda entry: (entry.place, entry.name, entry.id))

    def mark_told(self, entries: Sequence[SetAside], now: datetime) -> None:
        """Note that people were told of entries."""
        for entry in entries:
            told = _CODEC.write(SetAside(entry.id, entry.place, entry.name, entry.reason, told_at=now))
            change = {"PartitionKey": _partition(entry), "RowKey": entry.id, "told_at": told["told_at"]}
            with suppress(ResourceNotFoundError):  # put back meanwhile
                self._quarantine().update_entity(change, mode=UpdateMode.MERGE)

    def restore(self, entry: SetAside) -> Restoration:
        """Put back what was set aside, as it was; where something is in its place by now, it stays aside."""
        if entry.is_in_place:
            return Restoration(entry, "it is where it was", is_kept=True)
        put_back = self._restore_document if _partition(entry) == _DOCUMENT else self._restore_row
        outcome = put_back(entry)
        if outcome:
            return Restoration(entry, outcome, is_kept=True)
        self._forget(_partition(entry), entry.id)
        return Restoration(
            entry, f"put back into {entry.place}; where it still cannot be read, it is told again"
        )

    def _restore_document(self, entry: SetAside) -> str:
        container = self._documents()
        try:
            content = container.download_blob(FOLDER + entry.name).readall()
        except ResourceNotFoundError:
            return "" if container.get_blob_client(entry.name).exists() else "its document is gone"
        with suppress(ResourceExistsError):  # put back before, by a run that fell over
            container.upload_blob(entry.name, content, overwrite=False)
        container.delete_blob(FOLDER + entry.name)
        return ""

    def _restore_row(self, entry: SetAside) -> str:
        try:
            kept = self._quarantine().get_entity(_ROW, entry.id)
        except ResourceNotFoundError:
            return "another run put it back"
        row = typed_row_from("".join(kept[f"text{number:02}"] for number in range(kept["parts"])))
        table = self._table(entry.place)
        if is_followed(table, row):
            return "a later incident has followed"
        try:
            table.create_entity(row)
        except ResourceExistsError:
            there = table.get_entity(row["PartitionKey"], row["RowKey"])
            return "" if dict(there) == dict(row) else "another row is in its place"
        return ""

    def _keep(self, partition: str, entry: SetAside, text: str) -> None:
        parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        row = TableEntity(PartitionKey=partition, RowKey=entry.id, parts=len(parts))
        row.update(_CODEC.write(entry))
        row.update({f"text{number:02}": part for number, part in enumerate(parts)})
        with suppress(ResourceExistsError):  # the same again
            self._quarantine().create_entity(row)

    def _forget(self, partition: str, key: str) -> None:
        with suppress(ResourceNotFoundError):
            self._quarantine().delete_entity(partition, key)


def _entry(row: TableEntity) -> SetAside:
    try:
        return _CODEC.read(row, id=row["RowKey"])
    except DATA_ERRORS as error:
        # There is nothing else to set it aside in; what was told once is not told again.
        told_at = _EPOCH if row.get("told_at") else None
        return SetAside(row["RowKey"], "quarantine", row["RowKey"], reason_of(error), True, told_at)


def _partition(entry: SetAside) -> str:
    if entry.is_in_place:
        return _FAILING
    return _DOCUMENT if entry.place == DOCUMENTS else _ROW


def _id(place: str, name: str, text: str) -> str:
    return hashlib.sha256(json.dumps([place, name, text]).encode()).hexdigest()[:32]
