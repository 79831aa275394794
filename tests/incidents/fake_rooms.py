"""The watch's surroundings in memory: a lobby whose traffic, causes and failures a test decides."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from shared.clock import is_astray
from shared.configuration.objectives import default_objectives
from shared.configuration.resources import WatchedResource
from shared.configuration.severity import SeverityRules, default_severity
from shared.incidents.diagnose import IncidentDiagnosis, diagnose_incident
from shared.incidents.incident import Incident
from shared.incidents.ports import Casework, FirstHand, Learned, Policy, SignalSources
from shared.incidents.store import Incidents, Work
from shared.incidents.track import Steps, Tracker
from shared.incidents.watch import Watched, watch
from shared.objectives.learned import LearnedNormal
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.metrics import MetricQuery, Series
from shared.redaction import UserIds
from shared.signals.absent import AbsentTables
from shared.signals.counts import Count
from shared.signals.received import ReceivedEvent
from shared.signals.signal import BUCKET
from shared.signals.tries import LineTries, LineTry
from tests.alerts.fake_alerts import FakeAlerts
from tests.incidents.fake_incidents import FakeDocuments, FakeIncidents, FakeWork
from tests.playbooks.fake_logs import covered

LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
FAILURES = "web-pubsub-connection-failures"
DROPS = "web-pubsub-connection-drops"
HANDLERS = "web-pubsub-event-handler-errors"
REFUSED, ABORTS, UPSTREAM = "refused-connects", "aborts", "upstream-errors"
LIBRARY = load_library()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

Row = Mapping[str, object]
# What is answered by one row: how many rows there are, and that nothing was changed.
WHOLE: Mapping[str, Row] = {
    "Rows = sum(Rows)": {"Rows": 90},
    "extend Held = activityRows": {"Rows": "[]", "Held": 0},
}


def at(minutes: float) -> datetime:
    """Return a moment, counted in minutes from noon."""
    return NOON + timedelta(minutes=minutes)


class FakeEvents:
    """The contract of `ReceivedEvents`, in a list."""

    def __init__(self) -> None:
        self.received: list[ReceivedEvent] = []

    def since(self, bucket: datetime) -> list[ReceivedEvent]:
        return [event for event in self.received if event.bucket >= bucket]

    def forget(self, before: datetime) -> None:
        self.received = [event for event in self.received if event.bucket >= before]


class FakeTries:
    """The contract of `LineTries`, in a list."""

    def __init__(self) -> None:
        self.kept: list[LineTry] = []

    def keep(self, line_try: LineTry) -> None:
        self.kept.append(line_try)

    def since(self, bucket: datetime) -> list[LineTry]:
        return [line_try for line_try in self.kept if line_try.at >= bucket]

    def forget(self, before: datetime) -> None:
        self.kept = self.since(before)


class FakeCounts:
    """The contract of `Counts`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, datetime], Count] = {}

    def replace(self, counts: Sequence[Count]) -> None:
        for count in counts:
            key = (count.resource, count.signal, count.bucket)
            if key not in self.kept or self.kept[key].as_of <= count.as_of:
                self.kept[key] = count

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        found = [
            one for one in self.kept.values() if one.resource == resource and since <= one.bucket < until
        ]
        return sorted(found, key=lambda one: one.bucket)

    def first(self, resource: str, signal: str) -> datetime | None:
        buckets = [
            one.bucket for one in self.kept.values() if (one.resource, one.signal) == (resource, signal)
        ]
        return min(buckets, default=None)

    def forget(self, resource: str, before: datetime) -> None:
        self.kept = {
            key: one
            for key, one in self.kept.items()
            if one.resource != resource or one.bucket + timedelta(hours=1) > before
        }


class FakeMarks:
    """The contract of `Marks`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, datetime] = {}

    def get(self, workspace: str) -> datetime | None:
        return self.kept.get(workspace)

    def advance(self, workspace: str, to: datetime) -> None:
        before = self.kept.get(workspace, to)
        self.kept[workspace] = to if is_astray(before, to) else max(to, before)


class FakeRegions:
    """The contract of `Regions`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def by_resource(self) -> Mapping[str, str]:
        return self.kept

    def learn(self, resource: str, region: str) -> None:
        self.kept[resource] = region


class FakeNormals:
    """The contract of `LearnedNormals`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], LearnedNormal] = {}

    def all(self) -> Sequence[LearnedNormal]:
        return list(self.kept.values())

    def of(self, resource: str) -> Sequence[LearnedNormal]:
        return [one for one in self.kept.values() if one.resource == resource]

    def keep(self, normals: Sequence[LearnedNormal]) -> None:
        self.kept |= {(one.resource, one.signal): one for one in normals}

    def forget(self, before: datetime) -> None:
        self.kept = {key: one for key, one in self.kept.items() if one.normal.learned_at >= before}


class FakeVoice:
    """Remembers what was told, by incident, revision and state; the same again is the same notice."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, int, str], Incident] = {}

    def notify(self, incident: Incident, revision: int, milestone: str) -> Sequence[str]:
        if incident.joined_to is not None:
            return ()
        self.told.setdefault((incident.id, revision, milestone), incident)
        return ("on-call",)

    def states(self) -> list[str]:
        """Return the states that were told, in order."""
        return [milestone for _, _, milestone in self.told]


@dataclass
class FakeMetrics:
    """Knows no series, or fails."""

    error: QueryError | None = None
    asked: list[MetricQuery] = field(default_factory=list)

    def query(self, asked: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        self.asked.append(asked)
        if self.error:
            raise self.error
        return ()


@dataclass
class Floor:
    """What happens: events by signal and bucket, and the hypotheses that checks support, with their onset."""

    events: dict[tuple[str, datetime], tuple[float, float]] = field(default_factory=dict)
    causes: dict[tuple[str, str], datetime] = field(default_factory=dict)
    failing: dict[str, QueryError] = field(default_factory=dict)  # workspaces

    def happens(self, signal: str, since: float, until: float, bad: float, total: float) -> None:
        """Let every bucket from one minute to another hold the same."""
        moment = at(since)
        while moment < at(until):
            self.events[signal, moment] = (bad, total)
            moment += BUCKET


@dataclass
class FloorLogs:
    """Answers arrivals, families and checks by what happens on the floor."""

    floor: Floor
    workspaces: Sequence[str]

    def query(self, text: str, within: timedelta) -> LogAnswer:
        for workspace in self.workspaces:
            if workspace in self.floor.failing:
                raise self.floor.failing[workspace]
        if "(Check0() |" in text:  # the checks of a playbook in one: each is asked by itself then
            raise QueryError(Failure.REFUSED, "one check at a time")
        if "| take 0 |" in text or text.endswith("project Text, Events, Callers, Total"):
            return LogAnswer(())  # every table is there, and every bad event is explained
        if "ingestion_time()" in text:
            return LogAnswer(tuple(self._arrivals(text)))
        if "Signal = " in text:
            return LogAnswer(tuple(self._events(text)))
        if "Slots = tostring(make_list(" in text:
            return LogAnswer(tuple(covered(table, 90) for table in re.findall(r'Table = "(\w+)"', text)))
        whole = (row for ending, row in WHOLE.items() if text.endswith(ending))
        return LogAnswer((next(whole, None) or self._found(text),))

    def _arrivals(self, text: str) -> Iterable[Row]:
        since, until = _window(text)
        buckets = [moment for _, moment in self.floor.events if since < moment + BUCKET <= until]
        if buckets:
            yield {
                "Table": "WebPubSubConnectivity",
                "Resource": LOBBY,
                "Rows": len(buckets),
                "Oldest": min(buckets),
                "Newest": max(buckets),
                "Ingested": until,
                "Region": "West Europe",
            }

    def _events(self, text: str) -> Iterable[Row]:
        since, until = _window(text)
        for (signal, moment), (bad, total) in sorted(self.floor.events.items()):
            if f'Signal = "{signal}"' in text and since <= moment and moment + BUCKET <= until:
                yield from (_row(signal, moment, True, bad), _row(signal, moment, False, total - bad))

    def _found(self, text: str) -> Row:
        for playbook in LIBRARY.values():
            if text.endswith(playbook.symptom_check.text):
                return _answer("supported", None)
            for hypothesis in playbook.hypotheses:
                if text.endswith(hypothesis.check.text):
                    onset = self.floor.causes.get((playbook.id, hypothesis.id))
                    return _answer("supported" if onset else "refuted", onset)
        raise AssertionError(f"no check of the library: {text[-300:]}")


@dataclass
class House:
    """One storage account, and what happens; any number of instances may work on it."""

    floor: Floor = field(default_factory=Floor)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    watermarks: FakeMarks = field(default_factory=FakeMarks)
    regions: FakeRegions = field(default_factory=FakeRegions)
    events: FakeEvents = field(default_factory=FakeEvents)
    tries: LineTries = field(default_factory=FakeTries)
    counts: FakeCounts = field(default_factory=FakeCounts)
    normals: FakeNormals = field(default_factory=FakeNormals)
    incidents: FakeIncidents = field(default_factory=FakeIncidents)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    work: FakeWork = field(default_factory=FakeWork)
    notifier: FakeVoice = field(default_factory=FakeVoice)
    resources: tuple[WatchedResource, ...] = (
        WatchedResource(LOBBY, "floor", "floor", "floor", region="westeurope"),
    )

    severity: SeverityRules = field(default_factory=default_severity)
    playbooks: Mapping[str, Playbook] = field(default_factory=load_library)
    steps: Steps = lambda _: 0

    def watch(self, now: datetime, incidents: Incidents | None = None) -> Watched:
        """Let an instance look once, on a store of its own where one is given."""
        return watch(self.sources(), self.policy(), self.casework(incidents), now)

    def track(self, now: datetime, incidents: Incidents | None = None) -> tuple[Incident, ...]:
        """Let an instance follow the incidents once."""
        casework = self.casework(incidents)
        return Tracker(casework, self.policy(), self.counts, self.normals, self.steps).track(now)

    def diagnose(
        self, incident: str, now: datetime, incidents: Incidents | None = None
    ) -> IncidentDiagnosis | None:
        """Let an instance diagnose an incident."""
        return diagnose_incident(self.sources(), self.policy(), self.casework(incidents), incident, now)

    def sources(self) -> SignalSources:
        """Return where signals are asked."""
        return SignalSources(
            logs_over=lambda workspaces: FloorLogs(self.floor, workspaces),
            metrics=self.metrics,
            watermarks=self.watermarks,
            learned=Learned(self.regions, self.normals),
            counts=self.counts,
            absent=AbsentTables(),
            first_hand=FirstHand(self.events, self.tries),
        )

    def policy(self) -> Policy:
        """Return what the team decided."""
        return Policy(
            resources=self.resources,
            objectives=default_objectives(),
            severity=self.severity,
            playbooks=self.playbooks,
            users=UserIds("salt"),
        )

    def casework(self, incidents: Incidents | None = None, work: Work | None = None) -> Casework:
        """Return where incidents are kept, with stores of an instance's own where some are given."""
        return Casework(
            incidents=incidents or self.incidents,
            documents=self.documents,
            alerts=self.alerts,
            work=work or self.work,
            notifier=self.notifier,
        )

    def only(self) -> Incident:
        """Return the one incident that there is."""
        (incident,) = self.incidents.kept.values()
        return incident


def broken(signal: str = REFUSED) -> House:
    """Return a house whose lobby fails from noon for ten minutes, after an hour without trouble."""
    house = House()
    house.floor.happens(signal, -60, 0, 0, 200)
    house.floor.happens(signal, 0, 10, 80, 200)
    return house


def _window(text: str) -> tuple[datetime, datetime]:
    def moment(name: str) -> datetime:
        found = cast(re.Match[str], re.search(rf"let {name} = datetime\(([^)]+)\)", text))
        return datetime.fromisoformat(found[1])

    return moment("windowStart"), moment("windowEnd")


def _row(signal: str, moment: datetime, is_bad: bool, events: float) -> Row:
    reason = "status 401" if is_bad else ""
    given = {"Resource": LOBBY, "Signal": signal, "Bucket": moment, "IsBad": is_bad, "Reason": reason}
    return {**given, "Events": events, "Sample": ""}


def _answer(verdict: str, onset: datetime | None) -> Row:
    return {"Verdict": verdict, "Strength": 0.9, "Summary": f"It is {verdict}.", "Onset": onset}
