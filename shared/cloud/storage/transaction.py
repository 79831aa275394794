"""Save a row, or several of one partition at once, unless another instance is first."""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, TableErrorCode, TableTransactionError, UpdateMode

from shared.cloud.storage.row import StorageRow
from shared.races import LostRaceError

Operation = tuple[str, TableEntity | StorageRow, Mapping[str, Any]]

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


def _if_unchanged(etag: str) -> dict[str, Any]:
    return {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
