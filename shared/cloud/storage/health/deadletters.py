"""Keep dead letters in Table Storage."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient, TableEntity

from shared.cloud.storage.shelf import Rows, Shelf
from shared.health.deadletters import DeadLetter, DeadLetters
from shared.health.redeliver import QUEUE
from shared.notices.notice import Notice
from shared.shapes import check_shape

# A text property holds 64 KiB of UTF-16, an entity 1 MiB; a queue message has at most 64 KiB of UTF-8.
# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
_PART = 15_000  # characters, each at most two units of UTF-16


class TableDeadLetters:
    """One entity per letter, a partition per queue; implements `shared.health.deadletters.DeadLetters`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _letter, shelf)

    def put(self, letter: DeadLetter) -> None:
        """Keep a letter durably; of the same message again the first stays."""
        parts = [letter.text[start : start + _PART] for start in range(0, len(letter.text), _PART)]
        entity = TableEntity(PartitionKey=letter.queue, RowKey=letter.id)
        entity.update({"reason": letter.reason, "at": letter.at.isoformat(), "parts": len(parts)})
        entity.update({f"text{number:02}": part for number, part in enumerate(parts)})
        with suppress(ResourceExistsError):  # the host brought the message twice
            self._table.create_entity(entity)

    def read(self, queue: str) -> Sequence[DeadLetter]:
        """Return the letters of a queue, oldest first."""
        entities = self._table.query_entities("PartitionKey eq @queue", parameters={"queue": queue})
        return sorted(self._rows.all(entities), key=lambda letter: letter.at)

    def remove(self, letter: DeadLetter) -> None:
        """Delete a letter that was delivered again; one that is gone is not an error."""
        self._table.delete_entity(letter.queue, letter.id)  # one that is gone is not an error to the SDK


class NoticeLetters:
    """Dead letters of notices that a receiver refused; implements `shared.notices.delivery.ports.DeadLetterBox`."""

    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    def put(self, notice: Notice, reason: str, at: datetime) -> None:
        """Keep a notice that was given up, with its reason; doing so again changes nothing."""
        self._letters.put(DeadLetter(QUEUE, json.dumps({"notice": notice.key}), reason, at))


def _letter(entity: TableEntity) -> DeadLetter:
    text = "".join(entity[f"text{number:02}"] for number in range(entity["parts"]))
    at = datetime.fromisoformat(entity["at"])
    letter = DeadLetter(entity["PartitionKey"], text, entity["reason"], at)
    check_shape(letter, DeadLetter, "the letter")
    return letter
