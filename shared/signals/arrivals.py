"""Ask one workspace what has arrived since the last poll: which rows, of which resource, of which time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

# The window of this text is one of ingestion time: it starts at the watermark. Events of more than a day ago are left out.
_OF_TABLE = """\
({table}
    | where ingestion_time() > windowStart and TimeGenerated >= windowEnd - 24h
    | where {ours}(_ResourceId)
    | extend At = ingestion_time()
    | summarize Rows = count(), Oldest = min(TimeGenerated), Newest = max(TimeGenerated), Ingested = max(At), Region = max({location}) by Resource = tolower(_ResourceId)
    | project Table = "{table}", Resource, Rows, Oldest, Newest, Ingested, Region)"""
_LOCATED = "WebPubSub"  # tables whose rows name the service region (table reference, column Location)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rows of one table and resource (or application) that arrived since the watermark.

    `oldest` and `newest` are times of events (`TimeGenerated`).
    """

    workspace: str
    table: str
    resource: str
    rows: int
    oldest: datetime
    newest: datetime
    ingested: datetime  # when the last row arrived
    region: str = ""  # as the rows name it; empty where their table has none


def arrivals_text(tables: Iterable[str]) -> str:
    """Return the KQL text that sums up the arrivals of these tables, which must exist.

    Its `windowStart` is the watermark. Tables of applications (`App*`) are narrowed to the applications in scope, all
    others to its resources.
    """
    legs = (
        _OF_TABLE.format(
            table=table,
            ours="ofApps" if table.startswith("App") else "ofResource",
            location="Location" if table.startswith(_LOCATED) else '""',
        )
        for table in sorted(tables)
    )
    return "union\n" + ",\n".join(legs)


def arrivals_of(workspace: str, rows: Sequence[Mapping[str, object]]) -> tuple[Arrival, ...]:
    """Read the rows that the text of `arrivals_text` returns."""
    return tuple(
        Arrival(
            workspace=workspace,
            table=str(row["Table"]),
            resource=str(row["Resource"]),
            rows=cast(int, row["Rows"]),
            oldest=cast(datetime, row["Oldest"]),
            newest=cast(datetime, row["Newest"]),
            ingested=cast(datetime, row["Ingested"]),
            region=str(row.get("Region") or ""),
        )
        for row in rows
    )
