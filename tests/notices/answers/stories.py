"""A night to draw: the access key of `traders` is regenerated at 02:09 and users cannot connect until 02:52."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.configuration.objectives import default_objectives
from shared.incidents.incident import Incident
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.respond import Person, acknowledge, silenced
from shared.incidents.report.incident_report import write_closing_report
from shared.notices.answers.details import Story
from shared.notices.answers.history import IncidentHistories
from shared.notices.cards.links import Links
from shared.playbooks.diagnosis import Diagnosis
from shared.signals.counts import Count
from tests.incidents.fake_rooms import FakeNormals
from tests.notices.broken_lobby import refused_connects
from tests.notices.diagnoses import RESOURCE, START, expired_tokens, playbook

MINUTE = timedelta(minutes=1)
_CALM = [1, 0, 1, 1, 0, 1, 1, 0]
_BAD = [42, 89, 131, 136, 152, 145, 128, 138, 86]
_AFTER = [1, 0, 1, 1, 1]


def at(minutes: float) -> datetime:
    """Return a moment, counted in minutes from the first bad bucket."""
    return START + minutes * MINUTE


class KeptCounts:
    """The contract of `shared.signals.counts.Counts`, for reading alone."""

    def __init__(self, counts: Sequence[Count]) -> None:
        self.kept = counts
        self.reads = 0

    def replace(self, counts: Sequence[Count]) -> None:
        self.kept = [*self.kept, *counts]

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        self.reads += 1
        own = [count for count in self.kept if count.resource == resource and since <= count.bucket < until]
        return sorted(own, key=lambda count: count.bucket)

    def first(self, resource: str, signal: str) -> datetime | None:
        return min((count.bucket for count in self.kept if count.signal == signal), default=None)

    def forget(self, resource: str, before: datetime) -> None:
        self.kept = [count for count in self.kept if count.bucket >= before]


def counts(signal: str = "refused-connects", resource: str = RESOURCE, part: float = 1.0) -> list[Count]:
    """Return the counts of the night: 40 calm minutes, 45 bad ones, then 25 within the goal again."""
    series = [*_CALM, *_BAD, *_AFTER]
    return [
        Count(resource, signal, at(5 * (place - 8)), round(bad * part), round(170 * part), at(200))
        for place, bad in enumerate(series)
    ]


def night() -> Incident:
    """Return the incident while it recovers: one cause was told and corrected, and Mia Night has it."""
    incident = states.opened(refused_connects(), 2, at(4), None)
    incident = _told(incident, 4)
    incident = _looked(incident, 12, "hub-or-endpoint-wrong")
    incident = _looked(_told(incident, 12), 20, "token-expired")
    incident = _told(incident, 20)
    incident = acknowledge(incident, 0, Person("Mia Night", verified=True), at(23)).incident
    incident = silenced(incident, 0, at(120), "Mia Night", at(24)).incident
    return states.validating(replace(incident, last_bad=at(45), peak_ratio=0.89), at(55))


def story(
    incident: Incident | None = None, diagnosis: Diagnosis | None = None, links: Links | None = None
) -> Story:
    """Return the story of the night, with the numbers of two signals."""
    incident, diagnosis, page = incident or night(), diagnosis or expired_tokens(), playbook()
    kept = KeptCounts([*counts(), *counts("handshakes", part=0.4)])
    histories = IncidentHistories(kept, default_objectives(), FakeNormals())
    return Story(
        incident,
        "Clients cannot connect to Web PubSub",
        histories.of(incident, diagnosis, at(68)),
        write_closing_report(incident, page, diagnosis=diagnosis),
        at(68),
        playbook=page,
        diagnosis=diagnosis,
        links=links,
    )


def _looked(incident: Incident, minute: float, cause: str) -> Incident:
    return states.diagnosed(
        incident,
        conclusion="supported",
        cause=cause,
        document=None,
        users=1733,
        next_diagnosis_at=at(minute + 8),
        is_last=False,
        now=at(minute),
        text=f"{cause}: most refusals fit",
    )


def _told(incident: Incident, minute: float) -> Incident:
    for state in incident.unnotified:
        incident = states.notified(incident, state, at(minute), ["on-call"])
    return replace(incident, revision=incident.revision + 1)
