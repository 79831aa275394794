"""Save a row, or several of one partition at once, unless another instance is first."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, TableErrorCode, TableTransactionError, UpdateMode

from shared.cloud.storage.row import StorageRow
from shared.races import LostRaceError

Operation = tuple[str, TableEntity | StorageRow, Mapping[str, Any]]

# https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
_MOST_AT_ONCE = 100
_RACES = (
    TableErrorCode.UPDATE_CONDITION_NOT_SATISFIED,
    TableErrorCode.CONDITION_NOT_MET,
    TableErrorCode.ENTITY_ALREADY_EXISTS,
    TableErrorCode.RESOURCE_NOT_FOUND,
    TableErrorCode.ENTITY_NOT_FOUND,
)


def save(table: TableClient, row: TableEntity | StorageRow, etag: str | None, what: str) -> str:
    """Replace a row which is still the one read, or create it where there is no ETag; return its new ETag.

    Raises:
        LostRaceError: another instance wrote or removed it; `what` names the row.
    """
    try:
        if etag is None:
            return str(table.create_entity(row)["etag"])
        return str(table.update_entity(row, **_if_unchanged(etag))["etag"])
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
        raise LostRaceError(what) from error


def saving(entity: TableEntity | StorageRow, etag: str | None) -> Operation:
    """Return the operation that replaces a row which is still the one read, or creates it where there is no ETag."""
    if not etag:
        return "create", entity, {}
    return "update", entity, _if_unchanged(etag)


def submit(table: TableClient, operations: Sequence[Operation]) -> bool:
    """Do all operations or none; tell whether they are done, or another instance was first."""
    try:
        table.submit_transaction(operations)
    except TableTransactionError as error:
        # The SDK sets the code, but does not declare it.
        if getattr(error, "error_code", None) not in _RACES:
            raise
        return False
    return True


def delete_rows(table: TableClient, rows: Iterable[TableEntity], most: int) -> int:
    """Delete rows, those of one partition together, and at most so many; return how many were there."""
    count, chunk = 0, list[TableEntity]()
    for row in islice(rows, most):
        if len(chunk) == _MOST_AT_ONCE or (chunk and chunk[0]["PartitionKey"] != row["PartitionKey"]):
            submit(table, [("delete", entity, {}) for entity in chunk])  # another instance may be first
            chunk = []
        chunk.append(row)
        count += 1
    if chunk:
        submit(table, [("delete", entity, {}) for entity in chunk])
    return count


def _if_unchanged(etag: str) -> dict[str, Any]:
    return {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
