"""Log one line per completed watch and tracking; an alert rule outside the app fires when either is missing."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime

from shared.clock import iso
from shared.health.sources import SourceState
from shared.incidents.incident import Incident
from shared.incidents.watch import Watched

HEARTBEAT = "watch completed"
NOTHING_WATCHED = "no resource is watched"
TRACK_HEARTBEAT = "tracking completed"

_log = logging.getLogger(__name__)


def log_heartbeat(watched: Watched, states: list[SourceState], now: datetime) -> None:
    """Log what a run of the watch did, and the age in seconds of the source whose newest row is oldest.

    A watch of nothing is no heartbeat: the rule that misses one then says that nobody looks at the lines.
    """
    if not watched.resources:
        _log.error("%s: expected a line for each in resources.yaml", NOTHING_WATCHED)
        return
    ages = [(now - state.newest).total_seconds() for state in states if state.newest]
    facts = {
        "at": iso(now),
        "resources": len(watched.resources),
        "queries": watched.looked.queries,
        "counts": watched.counts,
        "learning": watched.learning,
        "incidents": [incident.id for incident in watched.incidents],
        "failures": len(watched.looked.failures) + len(watched.metric_failures),
        "oldest_source_s": max(ages, default=None),
    }
    _log.info("%s %s", HEARTBEAT, json.dumps(facts))


def log_track_heartbeat(changed: Sequence[Incident], now: datetime) -> None:
    """Log what a run of the tracking did."""
    facts = {"at": iso(now), "changed": [incident.id for incident in changed]}
    _log.info("%s %s", TRACK_HEARTBEAT, json.dumps(facts))
