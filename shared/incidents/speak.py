"""Tell what an incident has not told yet: the notice first, then the note that it was written."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import Incident
from shared.incidents.rooms import Rooms
from shared.incidents.states import told
from shared.incidents.store import LostRaceError


def saved_and_told(rooms: Rooms, incident: Incident, now: datetime) -> Incident:
    """Write the notices that a saved incident owes; return it as it then is.

    Whoever falls over between the notice and the note writes the same notice again, which is one.
    """
    if not incident.untold:
        return incident
    current = incident
    for state in incident.untold:
        heard = rooms.voice.tell(current, state.revision, state.speaks)
        current = told(current, state, now, heard) if heard else current
    current = replace(current, untold=())
    try:
        return rooms.incidents.save(current)
    except LostRaceError:
        return current  # another instance wrote; the auditor finds what is still untold
