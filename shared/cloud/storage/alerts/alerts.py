"""Keep alerts: the queues of those to handle, payloads as blobs, and rows for what was handled, fired and resolved."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from shared.alerts.alert import Alert
from shared.alerts.message import AlertMessage, text_with_payload
from shared.cloud.storage.alerts.arrivals import first_claim, has_arrived, note_arrival
from shared.cloud.storage.row import StorageRow, text_of
from shared.cloud.storage.shelf import Shelf
from shared.errors import LinekeeperError
from shared.incidents.store import Claim, Seen

_INBOX = "inbox"


class StoredInbox:
    """The inbox of a storage account; implements `shared.alerts.inbox.Inbox`."""

    def __init__(
        self,
        documents: Callable[[], ContainerClient],
        queue: Callable[[], QueueClient],
        urgent_queue: Callable[[], QueueClient],
        table: Callable[[], TableClient],
    ) -> None:
        # Called at each use: an account that is configured wrongly is then an answer to the caller.
        self._documents = documents
        self._queue = queue
        self._urgent_queue = urgent_queue
        self._table = table

    def accept(self, key: str, body: bytes, *, urgent: bool) -> None:
        """Keep an alert and ask for its handling: in one message, or as a blob first where it is too large for that."""
        message = text_with_payload(key, body)
        if message is None:
            self.keep(key, body)
            message = AlertMessage(key).without_body()
        self._send(message, self._urgent_queue if urgent else self._queue)

    def keep(self, key: str, body: bytes) -> None:
        """Keep a payload for people and for another attempt; of the same alert the first one counts."""
        with _answering("kept"), suppress(ResourceExistsError):
            self._documents().upload_blob(_name(key), body, overwrite=False)

    def is_handled(self, key: str) -> bool:
        """Tell whether the alert of a key was handled."""
        row = _row(key)
        with _answering("looked up"):
            try:
                self._table().get_entity(row["PartitionKey"], row["RowKey"])
            except ResourceNotFoundError:
                return False
        return True

    def note_handled(self, key: str) -> None:
        """Note that the alert of a key was handled."""
        with _answering("noted"):
            self._table().upsert_entity(_row(key))

    def note_arrival(self, alert: Alert) -> None:
        """Note that an alert reached us."""
        with _answering("noted"):
            note_arrival(self._table(), alert)

    def ask_for_notice(self, message: str) -> None:
        """Ask, by a message, for people to be told of what was refused."""
        self._send(message, self._queue)

    def has_arrived(self, alert: Alert) -> bool:
        """Tell whether Azure's alert of the same id reached us in this condition, however it came."""
        with _answering("looked up"):
            return has_arrived(self._table(), alert)

    def keep_refused(self, body: bytes, reason: str) -> None:
        """Keep what is not an alert; 256 of them, a newer one in the place of an older."""
        place = hashlib.sha256(body).hexdigest()[:2]
        with _answering("kept"):
            self._documents().upload_blob(
                f"refused-alerts/{place}.txt", f"{reason}\n\n".encode() + body, overwrite=True
            )

    def body(self, key: str) -> bytes | None:
        """Return a payload that was kept, or None where there is none of this key."""
        try:
            return self._documents().download_blob(_name(key)).readall()
        except ResourceNotFoundError:
            return None

    @staticmethod
    def _send(message: str, queue: Callable[[], QueueClient]) -> None:
        with _answering("queued"):
            # A message lives for seven days unless told otherwise.
            queue().send_message(message, time_to_live=-1)


class TableAlerts:
    """Rows of which occurrences fired and resolved; implements `shared.incidents.store.Alerts`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._shelf = shelf

    def claim(self, guid: str, claim: Claim) -> Claim:
        """Return the first claim on an alert of Azure, which is this one where there was none."""
        return first_claim(self._table, guid, claim, self._shelf)

    def seen(self, place: str, occurrence: str) -> Seen:
        """Return what is known of an occurrence."""
        try:
            row = self._table.get_entity(place, occurrence)
        except ResourceNotFoundError:
            return Seen()
        return Seen(bool(row.get("fired")), bool(row.get("resolved")))

    def fired(self, place: str, occurrence: str, at: datetime) -> None:
        """Note that it fired; a Resolved that was noted before stays."""
        row = {"PartitionKey": place, "RowKey": occurrence, "fired": True}
        try:
            self._table.create_entity({**row, "resolved": False, "at": text_of(at)})
        except ResourceExistsError:
            self._table.upsert_entity(row, mode=UpdateMode.MERGE)

    def resolved(self, place: str, occurrence: str, at: datetime) -> None:
        """Note that it is resolved, which stays so."""
        row = {"PartitionKey": place, "RowKey": occurrence, "resolved": True, "at": text_of(at)}
        self._table.upsert_entity(row, mode=UpdateMode.MERGE)

    def is_firing(self, place: str, since: datetime) -> bool:
        """Tell whether an alert that fired since then is not resolved."""
        rows = self._table.query_entities(
            "PartitionKey eq @place and fired eq true and resolved eq false and at ge @since",
            parameters={"place": place, "since": text_of(since)},
            select=["RowKey"],
            results_per_page=1,
        )
        return next(iter(rows), None) is not None


@contextmanager
def _answering(what: str) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise LinekeeperError(
            f"an alert could not be {what}: {type(error).__name__} of the storage account", permanent=False
        ) from error


def _name(key: str) -> str:
    return f"alerts/{key}.json"


def _row(key: str) -> StorageRow:
    return {"PartitionKey": f"{_INBOX}.{key[:2]}", "RowKey": key}
