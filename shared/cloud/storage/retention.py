"""Delete what is stored and old, kind by kind and only so much at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient

from shared.cloud.storage.row import text_of
from shared.cloud.storage.transaction import delete_rows


@dataclass(frozen=True, slots=True)
class OldThings:
    """The rows and documents of one kind.

    Attributes:
        tables: the tables, each with the query of what may go; it compares with `@before`, a text, or `@moment`.
        folders: of the container of documents.
        most_rows, most_blobs: how much of each goes at once.
    """

    tables: Sequence[tuple[Callable[[], TableClient], str]]
    documents: Callable[[], ContainerClient]
    folders: Sequence[str] = ()
    most_rows: int = 1_000  # of one table at once
    most_blobs: int = 200  # of one folder; each is a call

    def forget(self, before: datetime) -> bool:
        """Delete some of what is older; tell whether that was all."""
        rows = [_forget_rows(table(), query, before, self.most_rows) for table, query in self.tables]
        blobs = [_forget_blobs(self.documents(), folder, before, self.most_blobs) for folder in self.folders]
        return all(count < self.most_rows for count in rows) and all(
            count < self.most_blobs for count in blobs
        )


# What has no time of its own is as old as its last change. What is pending, owed or open stays.
_QUERIES: Mapping[str, str] = {
    "alerts": "Timestamp lt @moment",
    "notices": "at lt @before and state ne 'pending'",
    "decisions": "at lt @before",
    "deadletters": "at lt @before",
    "quarantine": "told_at lt @before and PartitionKey ne 'failing'",
    "incidents": "closed_at lt @before and live eq false",
    "groups": "since lt @before",
    "silences": "end lt @before",
}


def old_rows(
    table: Callable[[str], TableClient], *names: str
) -> Sequence[tuple[Callable[[], TableClient], str]]:
    """Return tables, each with the query of what may go."""
    return [(partial(table, name), _QUERIES[name]) for name in names]


def _forget_rows(table: TableClient, query: str, before: datetime, most: int) -> int:
    parameters = {"before": text_of(before), "moment": before}
    named = {name: value for name, value in parameters.items() if f"@{name}" in query}
    rows = table.query_entities(query, parameters=named, select=["PartitionKey", "RowKey"])
    return delete_rows(table, rows, most)


def _forget_blobs(container: ContainerClient, folder: str, before: datetime, most: int) -> int:
    names = list(islice(_old_blobs(container, folder, before), most))
    for name in names:
        with suppress(ResourceNotFoundError):  # another instance was first
            container.delete_blob(name)
    return len(names)


def _old_blobs(container: ContainerClient, folder: str, before: datetime) -> Iterator[str]:
    for blob in container.list_blobs(name_starts_with=folder):
        if blob.last_modified < before:
            yield str(blob.name)
