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
            map(_kept, rows), key=lambda one: (one.at, one.revision, one.milestone, one.decision.receiver)
        )

    def keep(self, incident: str, made: Sequence[RecordedDecision]) -> Sequence[RecordedDecision]:
        """Keep the decisions about one milestone, all of them or none; return those that count."""
        try:
            self._table.submit_transaction([("create", _row(incident, one)) for one in made])
        except HttpResponseError as error:
            if error.status_code != _EXISTS:
                raise
            state = {(one.revision, one.milestone) for one in made}
            return [one for one in self.of(incident) if (one.revision, one.milestone) in state]
        return made


def _row(incident: str, one: RecordedDecision) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(incident),
        # Names of receivers hold no `~`; the milestone stands in the row in full.
        "RowKey": f"{one.revision:06d}~{_hash(one.milestone)}~{one.decision.receiver}",
        "incident": incident,
        "at": text_of(one.at),
        "revision": one.revision,
        "speaks": one.milestone,  # the stored name of the milestone
        "receiver": one.decision.receiver,
        "reason": str(one.decision.reason),
        "text": one.decision.text,
        "card": one.decision.card,
    }


def _kept(row: Mapping[str, Any]) -> RecordedDecision:
    decision = Decision(row["receiver"], RoutingReason(row["reason"]), row["text"], row["card"])
    return RecordedDecision(datetime.fromisoformat(row["at"]), row["revision"], row["speaks"], decision)


def _partition(incident: str) -> str:
    return _hash(incident)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
