"""Stores of a board in memory: four lines of a night, one of them broken, one blind, one without traffic, one well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.board.board import Board, BoardMaker
from shared.board.ports import BoardStores
from shared.configuration.objectives import default_objectives
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import default_severity
from shared.configuration.silences import Silence
from shared.health.kept_report import DatedReport
from shared.health.quarantine import Restoration, SetAside
from shared.health.readiness import ProbeResult, Report
from shared.health.sources import Source, SourceState
from shared.incidents.incident import Incident
from shared.incidents.ports import Policy
from shared.playbooks.loading.load import load_library
from shared.redaction import UserIds
from shared.signals.counts import Count
from tests.incidents.fake_incidents import FakeIncidents
from tests.notices.answers.stories import KeptCounts, at, night
from tests.notices.diagnoses import RESOURCE

NOW = at(68)
MINUTE = timedelta(minutes=1)
LIBRARY = load_library()


def line(name: str, region: str | None = "westeurope") -> WatchedResource:
    """Return a watched Web PubSub of a name."""
    return WatchedResource(
        RESOURCE.replace("contoso-rt", name), "w-1", "w-1", "w-1", environment="production", region=region
    )


TRADERS, LOBBY, SIGNAGE, QUOTES = line("contoso-rt"), line("lobby"), line("signage", None), line("quotes")


class FakeSources:
    """The contract of `Sources`, for reading alone."""

    def __init__(self, states: Mapping[Source, SourceState]) -> None:
        self.states = states

    def read(self) -> Mapping[Source, SourceState]:
        return self.states

    def save(self, states: Mapping[Source, SourceState]) -> Sequence[Source]:
        self.states = {**self.states, **states}
        return ()

    def forget(self, sources: Sequence[Source]) -> None:
        self.states = {source: state for source, state in self.states.items() if source not in sources}


class FakeQuarantine:
    """The contract of `Quarantine`, in a list."""

    def __init__(self, entries: Sequence[SetAside] = ()) -> None:
        self.entries = list(entries)

    def all(self) -> Sequence[SetAside]:
        return self.entries

    def mark_told(self, entries: Sequence[SetAside], now: datetime) -> None:
        self.entries = [replace(entry, told_at=now) if entry in entries else entry for entry in self.entries]

    def restore(self, entry: SetAside) -> Restoration:
        self.entries.remove(entry)
        return Restoration(entry, "put back")


class FakeSilences:
    """The contract of `Silences`, in a list."""

    def __init__(self, silences: Sequence[Silence] = ()) -> None:
        self.kept = list(silences)

    def active(self, now: datetime) -> tuple[Silence, ...]:
        return tuple(self.kept)

    def get(self, silence: str) -> Silence | None:
        return next((one for one in self.kept if one.id == silence), None)

    def add(self, silence: Silence) -> None:
        self.kept.append(silence)

    def put(self, silence: Silence) -> None:
        self.kept = [*(one for one in self.kept if one.id != silence.id), silence]


class FakeReports:
    """The contract of `Reports`: the latest one."""

    def __init__(self, report: DatedReport | None = None) -> None:
        self.report = report

    def latest(self) -> DatedReport | None:
        return self.report

    def put(self, report: DatedReport) -> None:
        self.report = report


class FakeMarks:
    """The contract of `Watermarks`: every workspace was looked at 22 seconds ago."""

    def get(self, workspace: str) -> datetime | None:
        return NOW - timedelta(seconds=22)

    def advance(self, workspace: str, to: datetime) -> None:
        raise AssertionError("a board writes nothing")


def six_hours(resource: WatchedResource, signal: str, *, bad: int = 0, until: int = 72) -> list[Count]:
    """Return six hours of counts, of which the last three bars have so many bad of a hundred."""
    start = at(68 - 360) + 2 * MINUTE
    return [
        Count(resource.id, signal, start + 5 * place * MINUTE, bad if place >= 67 else place % 2, 100, NOW)
        for place in range(until)
    ]


@dataclass
class Desk:
    """Everything that a board is made from; a test changes what it needs."""

    resources: list[WatchedResource] = field(default_factory=lambda: [QUOTES, SIGNAGE, LOBBY, TRADERS])
    incidents: list[Incident] = field(default_factory=lambda: [night()])
    counts: KeptCounts = field(
        default_factory=lambda: KeptCounts(
            [
                *six_hours(TRADERS, "refused-connects", bad=40),
                *six_hours(TRADERS, "handshakes"),
                *six_hours(LOBBY, "refused-connects", until=30),
                *six_hours(LOBBY, "handshakes"),
                *six_hours(SIGNAGE, "closes", until=20),
                *six_hours(QUOTES, "handshakes"),
            ]
        )
    )
    blind: dict[Source, SourceState] = field(
        default_factory=lambda: {
            Source("w-1", "WebPubSubHttpRequest", LOBBY.id): SourceState(blind_since=at(-120)),
            Source("w-1", "WebPubSubConnectivity", QUOTES.id): SourceState(newest=at(60)),
        }
    )
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    silences: FakeSilences = field(default_factory=FakeSilences)
    reports: FakeReports = field(default_factory=FakeReports)

    def maker(self) -> BoardMaker:
        """Return what makes a board of it."""
        kept = FakeIncidents()
        for incident in self.incidents:
            kept.create(replace(incident, unnotified=()), None)
        stores = BoardStores(
            incidents=kept,
            counts=self.counts,
            sources=FakeSources(self.blind),
            quarantine=self.quarantine,
            silences=self.silences,
            reports=self.reports,
            watermarks=FakeMarks(),
            link=lambda incident: f"./respond?token=1.{incident.number}",
        )
        policy = Policy(self.resources, default_objectives(), default_severity(), LIBRARY, UserIds())
        return BoardMaker(stores, policy)

    def board(self) -> Board:
        """Return its board."""
        return self.maker().make(NOW)


def not_ready(*problems: str) -> FakeReports:
    """Return a report of readiness in which so many things do not answer."""
    checks = (ProbeResult("storage"), *(ProbeResult(f"workspace {one}", one) for one in problems))
    return FakeReports(DatedReport(Report(checks), NOW - MINUTE))
