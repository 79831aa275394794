"""Save several rows of one partition at once, unless another instance is first."""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import TableClient, TableEntity, TableErrorCode, TableTransactionError, UpdateMode

Operation = tuple[str, TableEntity, Mapping[str, Any]]

_RACES = (
    TableErrorCode.UPDATE_CONDITION_NOT_SATISFIED,
    TableErrorCode.CONDITION_NOT_MET,
    TableErrorCode.ENTITY_ALREADY_EXISTS,
    TableErrorCode.RESOURCE_NOT_FOUND,
    TableErrorCode.ENTITY_NOT_FOUND,
)


def saving(entity: TableEntity, etag: str | None) -> Operation:
    """Return the operation that replaces a row which is still the one read, or creates it where there is no ETag."""
    if not etag:
        return "create", entity, {}
    condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return "update", entity, {"mode": UpdateMode.REPLACE, **condition}


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
