"""Where incidents and their documents are kept, and what is asked to be done about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.errors import InputError
from shared.incidents.incident import Incident
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.stored import decode_diagnosis


class Incidents(Protocol):
    """The incidents of all resources. Of one resource and symptom at most one is open, whoever writes."""

    def current(self, resource: str, symptom: str) -> Incident | None:
        """Return the newest incident of a resource and symptom, open or not."""
        ...

    def get(self, incident_id: str) -> Incident | None:
        """Return an incident by its id, with its whole timeline."""
        ...

    def open_ones(self) -> Sequence[Incident]:
        """Return every open incident, and every closed one with states nobody was told of: by severity, then age."""
        ...

    def with_stale_alert(self) -> Sequence[Incident]:
        """Return the incidents whose alert in Azure has not the state yet that follows from theirs, oldest first."""
        ...

    def of_resource(self, resource: str, since: datetime) -> Sequence[Incident]:
        """Return the incidents of a resource that are open or were closed after `since`, oldest first."""
        ...

    def create(self, incident: Incident, previous: Incident | None) -> Incident:
        """Store a new incident, beside the one that was `current` when it was decided; return it with its etag.

        Raises:
            LostRaceError: `previous` is not the current one any more, or is open.
        """
        ...

    def save(self, incident: Incident) -> Incident:
        """Store a changed incident, its revision counted up; return it as it now is.

        Raises:
            LostRaceError: it was changed since it was read, or it would be a second open one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one occurrence of an alert."""

    fired: bool = False
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Which occurrence an alert of Azure is here, and whether that was told by one that we found ourselves."""

    occurrence: str
    is_found: bool = False


class Alerts(Protocol):
    """Which alerts were taken, by place: a resource's symptom, or none. Every call is safe to repeat, in any order."""

    def claim(self, guid: str, claim: Claim) -> Claim:
        """Return the first claim on an alert of Azure, which is this one where there was none."""
        ...

    def seen(self, place: str, occurrence: str) -> Seen:
        """Return what is known of an occurrence."""
        ...

    def fired(self, place: str, occurrence: str, at: datetime) -> None:
        """Note that it fired, and that this was taken in."""
        ...

    def resolved(self, place: str, occurrence: str, at: datetime) -> None:
        """Note that it is resolved, which stays so; `at` is when it fired."""
        ...

    def is_firing(self, place: str, since: datetime) -> bool:
        """Tell whether an alert that fired since then is not resolved."""
        ...


class Documents(Protocol):
    """What is too large for a row, by name; a document never changes once it is written."""

    def put(self, name: str, text: str) -> None:
        """Keep a text; the same name again with the same text changes nothing."""
        ...

    def get(self, name: str) -> str | None:
        """Return a text, or None where there is none of this name."""
        ...

    def set_aside(self, name: str, reason: str) -> None:
        """Set a document aside that cannot be read; afterwards there is none of its name. Safe to repeat."""
        ...


class Work(Protocol):
    """The queue of incidents to diagnose."""

    def ask_for_diagnosis(self, incident_id: str) -> None:
        """Ask for a diagnosis; at least once, so diagnosing must be safe to repeat."""
        ...


class Notifier(Protocol):
    """Tells people of an incident's state; the outbox behind it makes each (incident, revision) one notice."""

    def notify(self, incident: Incident, revision: int, milestone: str) -> Sequence[str]:
        """Write the notices durably and ask for their delivery; return who hears of it. Safe to repeat.

        Nobody may hear of it, as in a silence, or of a consequence, whose cause's incident speaks for it.
        """
        ...


def stored_diagnosis(documents: Documents, incident: Incident) -> Diagnosis | None:
    """Return the latest diagnosis of an incident, or None where there is none.

    One that cannot be read, as of another version of ours, is set aside: the incident goes on with what it knows itself.
    """
    text = documents.get(incident.document) if incident.document else None
    if text is None or incident.document is None:
        return None
    try:
        return decode_diagnosis(text)
    except InputError as error:
        documents.set_aside(incident.document, error.wrong)
        return None
