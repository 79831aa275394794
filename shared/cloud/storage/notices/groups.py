"""Keep groups of incidents in Table Storage: a partition for each region or resource, a row for each group."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.cloud.storage.row import RowCodec, StorageRow, text_of
from shared.notices.routing.group import GROUP_SPAN, Group, GroupScope
from shared.races import LostRaceError, until_won

# All writers of an outage that hits one region at once: a dozen messages in each of several instances.
_TRIES = 50
_CODEC = RowCodec(Group, keyed=["key"], inlined=["scope"])


class TableGroups:
    """The groups of a table; implements `shared.notices.routing.group.Groups`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

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
            return _group(self._table.get_entity(partition, row))
        except ResourceNotFoundError:
            return None

    def _join_once(self, scope: GroupScope, incident: str, opened_at: datetime) -> Group:
        near = self._near(scope, opened_at)
        for row in near:
            if incident in (group := _group(row)).members:
                return group
        for row in near:
            if (group := _group(row)).takes(opened_at):
                return self._grow(replace(group, members=(*group.members, incident)), row.metadata["etag"])
        return self._begin(scope, incident, opened_at)

    def _near(self, scope: GroupScope, opened_at: datetime) -> list[Any]:
        first, last = _row_key(opened_at - GROUP_SPAN), _row_key(opened_at + GROUP_SPAN)
        query = f"PartitionKey eq '{_partition(scope)}' and RowKey ge '{first}' and RowKey le '{last}~'"
        return list(self._table.query_entities(query))

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


def _partition(scope: GroupScope) -> str:
    return hashlib.sha256(f"{scope.kind} {scope.name}".encode()).hexdigest()[:16]


def _row_key(moment: datetime) -> str:
    return text_of(moment).replace(":", "")
