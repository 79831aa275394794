"""Keep the outbox: messages as documents, notices as rows, and a queue that asks for their delivery."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode
from azure.storage.queue import QueueClient

from shared.cloud.incident_rows import text_of
from shared.errors import LinekeeperError
from shared.incidents.store import Documents, LostRaceError
from shared.notices.outbox import Notice

_PENDING, _DELIVERED = "pending", "delivered"


class TableOutbox:
    """The outbox of a table and a queue; a key is `partition/row`."""

    def __init__(self, table: TableClient, queue: QueueClient, documents: Documents) -> None:
        self._table = table
        self._queue = queue
        self._documents = documents

    def get(self, key: str) -> Notice | None:
        """Return a notice, or None where there is none of this key."""
        partition, _, row = key.partition("/")
        try:
            return _notice(self._table.get_entity(partition, row))
        except ResourceNotFoundError:
            return None

    def text(self, notice: Notice) -> str:
        """Return the message of a notice, JSON as it is to be posted.

        Raises:
            LinekeeperError: its document is gone.
        """
        text = self._documents.get(notice.document)
        if text is None:
            raise LinekeeperError(f"document {notice.document} of notice {notice.key} is gone")
        return text

    def add(self, notice: Notice, text: str) -> None:
        """Keep a notice and its message, the message first; one that is kept already stays as it is."""
        # Drawn by another instance, or before a crash, when the incident looked different: that one counts.
        with suppress(LostRaceError):
            self._documents.put(notice.document, text)
        partition, _, row = notice.key.partition("/")
        entity = {
            "PartitionKey": partition,
            "RowKey": row,
            "state": _PENDING,
            "document": notice.document,
            "at": text_of(notice.at),
            "incident": notice.incident,
            "revision": notice.revision,
            "speaks": notice.speaks,
        }
        with suppress(ResourceExistsError):  # another instance told the same state
            self._table.create_entity(entity)

    def ask_for_delivery(self, key: str) -> None:
        """Ask for a notice to be delivered; at least once."""
        self._queue.send_message(json.dumps({"notice": key}))

    def mark_delivered(self, key: str, at: datetime) -> None:
        """Note that the receiver took it; the first time counts."""
        known = self.get(key)
        if known is None or known.delivered_at is not None:
            return
        partition, _, row = key.partition("/")
        change = {"PartitionKey": partition, "RowKey": row, "state": _DELIVERED, "delivered_at": text_of(at)}
        self._table.update_entity(change, mode=UpdateMode.MERGE)

    def pending(self) -> Sequence[Notice]:
        """Return what is not delivered, oldest first."""
        rows = self._table.query_entities(f"state eq '{_PENDING}'")
        return sorted(map(_notice, rows), key=lambda notice: (notice.at, notice.key))


def _notice(row: Mapping[str, Any]) -> Notice:
    delivered = row.get("delivered_at")
    return Notice(
        key=f"{row['PartitionKey']}/{row['RowKey']}",
        document=row["document"],
        at=datetime.fromisoformat(row["at"]),
        incident=row["incident"],
        revision=row["revision"],
        speaks=row["speaks"],
        delivered_at=datetime.fromisoformat(delivered) if delivered else None,
    )
