"""When to diagnose an incident again: its evidence arrives minutes to hours after it happened."""

from datetime import datetime, timedelta

from shared.incidents.incident import Incident

# After the last bad minute. Resource logs arrive 3 to 10 minutes late, ACS call tables 40 to 60 (facts of both).
_DELAYS = (3, 10, 20)
_DELAYS_OF = {"acs-call-connection-failures": (3, 10, 20, 60, 120)}


def next_diagnosis(incident: Incident, now: datetime, *, cause: str | None = None) -> datetime | None:
    """Return when to diagnose again after a diagnosis that was made now and not yet counted; `cause` is what it found.

    An incident that goes on moves its last bad minute and so its diagnoses. Without a cause it is diagnosed for as
    long as it goes on, then only at the longest delay; with one, no more often than planned.
    """
    delays = _delays(incident)
    planned_are_done = incident.diagnosis_count + 1 > len(delays)
    if planned_are_done:
        delays = () if cause or incident.cause else delays[-1:]
    due = (incident.last_bad + delay for delay in delays)
    return next((moment for moment in due if moment > now), None)


def is_last(incident: Incident, now: datetime) -> bool:
    """Tell whether the diagnosis made now, not yet counted, is the last of those that were planned."""
    return incident.diagnosis_count + 1 > len(_delays(incident)) or next_diagnosis(incident, now) is None


def _delays(incident: Incident) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=minutes) for minutes in _DELAYS_OF.get(incident.symptom, _DELAYS))
