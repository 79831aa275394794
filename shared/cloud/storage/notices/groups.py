"""Keep groups of incidents in Table Storage: a partition for each region or resource, a row for each group."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec, StorageRow, text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.notices.routing.group import GROUP_SPAN, Group, GroupScope
from shared.races import LostRaceError, until_won

# All writers of an outage that hits one region at once: a dozen messages in each of several instances.
_TRIES = 50
_CODEC = RowCodec(Group, keyed=["key"], inlined=["scope"])


class TableGroups:
    """The groups of a table; implements `shared.notices.routing.group.Groups`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _with_etag, shelf)

    def join(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        """Add an incident to the group of its scope and time, or begin one with it; doing so again changes nothing.

        Raises:
            LostRaceError: other instances wrote the group first, again and again.
        """
        return until_won(partial(self._join_once, scope, incident, opened_at), tries=_TRIES)

    def get(self, key: str) -> Group | None:
        """Return a group by its key."""
        partition, _, row = key.partition("~")
        try:
            stored = self._rows.one(self._table.get_entity(partition, row))
        except ResourceNotFoundError:
            return None
        return stored[0] if stored else None

    def _join_once(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        near = self._near(scope, opened_at)
        for group, _ in near:
            if incident in group.members:
                return group
        for group, etag in near:
            if group.takes(opened_at):
                return self._grow(replace(group, members=(*group.members, incident)), etag)
        return self._begin(scope, incident, opened_at)

    def _near(self, scope: GroupScope, opened_at: datetime) -> "list[tuple[Group, str]]":
        first, last = _row_key(opened_at - GROUP_SPAN), _row_key(opened_at + GROUP_SPAN)
        query = f"PartitionKey eq '{_partition(scope)}' and RowKey ge '{first}' and RowKey le '{last}~'"
        return list(self._rows.all(self._table.query_entities(query)))

    def _grow(self, group: Group, etag: str) -> Group:
        try:
            self._table.update_entity(
                _row(group), UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
        except ResourceModifiedError as error:
            raise LostRaceError(f"group {group.key}") from error
        return group

    def _begin(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        key = f"{_partition(scope)}~{_row_key(opened_at)}"
        group = Group(key, scope, opened_at, (incident,))
        try:
            self._table.create_entity(_row(group))
        except ResourceExistsError as error:
            raise LostRaceError(f"group {key}") from error
        return group


def _row(group: Group) -> StorageRow:
    partition, _, row = group.key.partition("~")
    return _CODEC.write(group) | {"PartitionKey": partition, "RowKey": row}


def _group(row: Mapping[str, Any]) -> Group:
    return _CODEC.read(row, key=f"{row['PartitionKey']}~{row['RowKey']}")


def _with_etag(row: TableEntity) -> tuple[Group, str]:
    return _group(row), str(row.metadata["etag"])


def _partition(scope: GroupScope) -> str:
    return hashlib.sha256(f"{scope.kind} {scope.name}".encode()).hexdigest()[:16]


def _row_key(moment: datetime) -> str:
    return text_of(moment).replace(":", "")
