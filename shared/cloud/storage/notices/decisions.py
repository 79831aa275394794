"""Keep decisions in Table Storage: a partition for each incident, a row for each milestone and receiver."""

import hashlib
from collections.abc import Sequence

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient

from shared.cloud.storage.row import RowCodec, StorageRow
from shared.cloud.storage.shelf import Rows, Shelf
from shared.notices.routing.decisions import RecordedDecision

_EXISTS = 409
# "speaks" is the stored name of the milestone.
_CODEC = RowCodec(RecordedDecision, stored={"milestone": "speaks"}, inlined=["decision"])


class TableDecisions:
    """The decisions of a table; implements `shared.notices.routing.decisions.Decisions`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._rows = Rows(lambda: table, _CODEC.read, shelf)

    def of(self, incident: str) -> Sequence[RecordedDecision]:
        """Return what was decided about an incident, oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_partition(incident)}'")
        return sorted(
            self._rows.all(rows),
            key=lambda record: (record.at, record.revision, record.milestone, record.decision.receiver),
        )

    def keep(self, incident: str, records: Sequence[RecordedDecision]) -> Sequence[RecordedDecision]:
        """Keep the decisions about one milestone, all of them or none; return those that count."""
        try:
            self._table.submit_transaction([("create", _row(incident, record)) for record in records])
        except HttpResponseError as error:
            if error.status_code != _EXISTS:
                raise
            state = {(record.revision, record.milestone) for record in records}
            return [record for record in self.of(incident) if (record.revision, record.milestone) in state]
        return records


def _row(incident: str, record: RecordedDecision) -> StorageRow:
    return _CODEC.write(record) | {
        "PartitionKey": _partition(incident),
        # Names of receivers hold no `~`; the milestone stands in the row in full.
        "RowKey": f"{record.revision:06d}~{_hash(record.milestone)}~{record.decision.receiver}",
        "incident": incident,
    }


def _partition(incident: str) -> str:
    return _hash(incident)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
