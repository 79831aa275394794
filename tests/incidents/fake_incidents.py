"""Incidents, documents and work kept in memory, with the rules of the real ones."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import Incident
from shared.races import LostRaceError


class FakeIncidents:
    """The contract of `Incidents`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, Incident] = {}
        self._writes = 0

    def current(self, resource: str, symptom: str) -> Incident | None:
        incidents = [
            incident
            for incident in self.kept.values()
            if (incident.resource, incident.symptom) == (resource, symptom)
        ]
        return max(incidents, key=lambda incident: incident.number, default=None)

    def get(self, incident_id: str) -> Incident | None:
        return self.kept.get(incident_id)

    def open_ones(self) -> Sequence[Incident]:
        live = (incident for incident in self.kept.values() if incident.is_live)
        return sorted(self._oldest_first(live), key=lambda incident: incident.severity)

    def with_stale_alert(self) -> Sequence[Incident]:
        return self._oldest_first(
            incident for incident in self.kept.values() if incident.due_alert_state is not None
        )

    def of_resource(self, resource: str, since: datetime) -> Sequence[Incident]:
        return self._oldest_first(
            incident
            for incident in self.kept.values()
            if incident.resource == resource and (incident.closed_at is None or incident.closed_at > since)
        )

    def create(self, incident: Incident, previous: Incident | None) -> Incident:
        current = self.current(incident.resource, incident.symptom)
        if (current and current.id) != (previous and previous.id) or (current and current.is_open):
            raise LostRaceError("the current incident")
        return self._keep(incident)

    def save(self, incident: Incident) -> Incident:
        current = self.current(incident.resource, incident.symptom)
        if incident.is_open and (current is None or current.id != incident.id):
            raise LostRaceError("the current incident")
        if self.kept[incident.id].etag != incident.etag:
            raise LostRaceError(incident.id)
        return self._keep(incident)

    def _keep(self, incident: Incident) -> Incident:
        self._writes += 1
        latest = replace(incident, revision=incident.revision + 1, etag=f"write {self._writes}")
        self.kept[latest.id] = latest
        return latest

    @staticmethod
    def _oldest_first(incidents: Iterable[Incident]) -> list[Incident]:
        return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id))


class FakeDocuments:
    """The contract of `Documents`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.aside: dict[str, tuple[str, str]] = {}

    def put(self, name: str, text: str) -> None:
        if self.kept.setdefault(name, text) != text:
            raise LostRaceError(f"document {name}")

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def set_aside(self, name: str, reason: str) -> None:
        if name in self.kept:
            self.aside[name] = (self.kept.pop(name), reason)


class FakeWork:
    """Remembers the incidents that a look was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask_for_diagnosis(self, incident_id: str) -> None:
        self.asked.append(incident_id)
