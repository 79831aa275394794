"""What the board is made from: stores alone, so that nobody who looks at it spends what the watch may ask."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.health.kept_report import Reports
from shared.health.quarantine import Quarantine
from shared.health.sources import Sources
from shared.incidents.incident import Incident
from shared.incidents.ports import Watermarks
from shared.incidents.store import Incidents
from shared.notices.routing.silence import Silences
from shared.signals.counts import Counts


@dataclass(frozen=True, slots=True)
class BoardStores:
    """Where the board reads.

    Attributes:
        link: returns the address of an incident's page; None where no key can sign it.
    """

    incidents: Incidents
    counts: Counts
    sources: Sources
    quarantine: Quarantine
    silences: Silences
    reports: Reports
    watermarks: Watermarks
    link: Callable[[Incident], str | None]
