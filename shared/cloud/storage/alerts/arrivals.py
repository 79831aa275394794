"""Note in Table Storage which alerts of Azure reached us, and as which occurrence each of them is known here."""

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.alerts.alert import Alert
from shared.cloud.storage.row import StorageRow
from shared.cloud.storage.shelf import Rows, Shelf
from shared.incidents.store import Claim
from shared.shapes import check_shape

_PARTITION = "azure"


def has_arrived(table: TableClient, alert: Alert) -> bool:
    """Tell whether Azure's alert of the same id reached us in this condition."""
    row = _row(table, alert.azure_guid)
    return row is not None and bool(row.get(_condition(alert)))


def note_arrival(table: TableClient, alert: Alert) -> None:
    """Note that an alert reached us; doing so again changes nothing."""
    if not alert.azure_guid:
        return
    claimed = _claim_row(alert.azure_guid, Claim(alert.id, alert.is_found))
    try:
        table.create_entity(claimed | {_condition(alert): True})
    except ResourceExistsError:  # its other condition came before, or somebody claimed it
        table.upsert_entity(_key(alert.azure_guid) | {_condition(alert): True}, mode=UpdateMode.MERGE)


def first_claim(table: TableClient, guid: str, claim: Claim, shelf: Shelf | None = None) -> Claim:
    """Return the first claim on an alert of Azure, which is this one where there was none."""
    rows = Rows(lambda: table, _claim, shelf)
    first = rows.one(_row(table, guid))
    if first is None:
        try:
            table.create_entity(_claim_row(guid, claim))
        except ResourceExistsError:
            first = rows.one(_row(table, guid))
    return first or claim


def _row(table: TableClient, guid: str) -> StorageRow | None:
    key = _key(guid)
    try:
        return dict(table.get_entity(key["PartitionKey"], key["RowKey"]))
    except ResourceNotFoundError:
        return None


def _claim(row: StorageRow) -> Claim:
    claim = Claim(row["occurrence"], row["found"])
    check_shape(claim, Claim, "the claim")
    return claim


def _claim_row(guid: str, claim: Claim) -> StorageRow:
    return _key(guid) | {"occurrence": claim.occurrence, "found": claim.is_found}


def _key(guid: str) -> StorageRow:
    return {"PartitionKey": f"{_PARTITION}.{guid[:2]}", "RowKey": guid}


def _condition(alert: Alert) -> str:
    return "fired" if alert.fired else "resolved"
