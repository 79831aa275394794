"""Tell what an incident has not told yet: the notice first, then the note that it was written."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.standing import owed
from shared.incidents.lifecycle.states import notified
from shared.incidents.ports import Casework
from shared.races import LostRaceError


def saved_and_notified(casework: Casework, incident: Incident, now: datetime) -> Incident:
    """Write the notices that a saved incident owes by now; return it as it then is.

    Whoever falls over between the notice and the note writes the same notice again, which is one.
    """
    states = owed(incident, now)
    if not states:
        return incident
    current = incident
    for state in states:
        receivers = casework.notifier.notify(current, state.revision, state.milestone)
        current = notified(current, state, now, receivers) if receivers else current
    current = replace(current, unnotified=tuple(state for state in current.unnotified if state not in states))
    try:
        return casework.incidents.save(current)
    except LostRaceError:
        return current  # another instance wrote; the auditor finds what is still untold
