"""When to diagnose an incident again: its evidence arrives minutes to hours after it happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.clock import is_astray
from shared.incidents.incident import Incident


def next_diagnosis(
    incident: Incident, planned: Sequence[timedelta], now: datetime, *, cause: str | None = None
) -> datetime | None:
    """Return when to diagnose again after a diagnosis that was made now and not yet counted; `cause` is what it found.

    `planned` are the delays after the last bad minute that the playbook's page names. An incident that goes on moves
    its last bad minute and so its diagnoses. Without a cause it is diagnosed for as long as it goes on, then only at
    the longest delay; with one, no more often than planned.
    """
    delays = planned
    if _are_done(incident, planned):
        delays = () if cause or incident.cause else planned[-1:]
    due = (incident.last_bad + delay for delay in delays)
    return next((moment for moment in due if moment > now), None)


def is_diagnosis_due(incident: Incident, now: datetime) -> bool:
    """Tell whether a diagnosis that was planned has its turn."""
    planned = incident.next_diagnosis_at
    return planned is not None and (planned <= now or is_astray(planned, now))


def is_last(incident: Incident, planned: Sequence[timedelta], now: datetime) -> bool:
    """Tell whether the diagnosis made now, not yet counted, is the last of those that were planned."""
    return _are_done(incident, planned) or next_diagnosis(incident, planned, now) is None


def _are_done(incident: Incident, planned: Sequence[timedelta]) -> bool:
    return incident.diagnosis_count + 1 > len(planned)
