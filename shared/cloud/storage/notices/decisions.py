"""Keep decisions in Table Storage: a partition for each incident, a row for each milestone and receiver."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient

from shared.cloud.storage.row import text_of
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision

_EXISTS = 409


class TableDecisions:
    """The decisions of a table; implements `shared.notices.routing.decisions.Decisions`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def of(self, incident: str) -> Sequence[RecordedDecision]:
        """Return what was decided about an incident, oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_partition(incident)}'")
        return sorted(
            map(_record, rows),
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


def _row(incident: str, record: RecordedDecision) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(incident),
        # Names of receivers hold no `~`; the milestone stands in the row in full.
        "RowKey": f"{record.revision:06d}~{_hash(record.milestone)}~{record.decision.receiver}",
        "incident": incident,
        "at": text_of(record.at),
        "revision": record.revision,
        "speaks": record.milestone,  # the stored name of the milestone
        "receiver": record.decision.receiver,
        "reason": str(record.decision.reason),
        "text": record.decision.text,
        "card": record.decision.card,
    }


def _record(row: Mapping[str, Any]) -> RecordedDecision:
    decision = Decision(row["receiver"], RoutingReason(row["reason"]), row["text"], row["card"])
    return RecordedDecision(datetime.fromisoformat(row["at"]), row["revision"], row["speaks"], decision)


def _partition(incident: str) -> str:
    return _hash(incident)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
