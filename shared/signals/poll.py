"""Look once at the logs of every watched resource: what arrived, and the counts of every bucket it touched."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from types import MappingProxyType

from shared.configuration.resources import WatchedResource
from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.run import Outcome, Run
from shared.queries.scope import Window
from shared.signals.arrivals import Arrival, arrivals_of, arrivals_text
from shared.signals.counts import Count
from shared.signals.family import LogFamily
from shared.signals.owners import Owners, owners_by_workspace
from shared.signals.signal import bucket_of
from shared.signals.tally import tally

# Rows become visible some time after the `ingestion_time()` they carry, and clocks differ; counting twice does no harm.
OVERLAP = timedelta(minutes=10)
# No bucket is counted any more when it is older. So far back goes the first look as well: what goes wrong when the app is
# started is seen from its beginning, and no other look costs more.
REACH = timedelta(hours=24)
BUDGET = timedelta(seconds=40)  # of one workspace: the next look starts a minute after this one
WORKSPACES_AT_ONCE = 4

ARRIVALS = "arrivals"


@dataclass(frozen=True, slots=True)
class Polled:
    """What one look saw, by workspace where that matters."""

    counts: tuple[Count, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()  # workspace, table it never received
    failures: tuple[tuple[str, str, QueryError], ...] = ()  # workspace, `arrivals` or a family's id, why
    asked: tuple[str, ...] = ()  # workspaces that answered everything: their mark may advance to now
    queries: int = 0


@dataclass(slots=True)
class _Counted:
    """Logs that count what they are asked; implements `shared.queries.logs.Logs`."""

    logs: Logs
    queries: int = 0
    _lock: Lock = field(default_factory=Lock)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        with self._lock:
            self.queries += 1
        return self.logs.query(text, within)


def poll(
    resources: Sequence[WatchedResource],
    logs_of: Callable[[str], Logs],
    watermarks: Mapping[str, datetime | None],
    families: Sequence[LogFamily],
    now: datetime,
    *,
    absent: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Polled:
    """Ask every workspace what arrived since its mark, then recount whole buckets from the oldest arrival on.

    `absent` names tables that an earlier look found missing: they are left out without asking again. What fails in one
    workspace or family is told, and stops no other.
    """
    looks = [
        _Workspace(owners, _Counted(logs_of(owners.workspace)), owners.families(families), now)
        for owners in owners_by_workspace(resources)
        if owners.families(families)
    ]
    with ThreadPoolExecutor(max_workers=WORKSPACES_AT_ONCE) as pool:
        found = pool.map(
            lambda one: one.look(watermarks.get(one.name), frozenset(absent.get(one.name, ()))), looks
        )
        return _together(list(found))


@dataclass(slots=True)
class _Workspace:
    """One workspace, looked at once."""

    owners: Owners
    logs: _Counted
    families: tuple[LogFamily, ...]
    now: datetime
    failures: list[tuple[str, str, QueryError]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.owners.workspace

    def look(self, mark: datetime | None, absent: frozenset[str]) -> Polled:
        run = self._run(mark, absent)
        arrivals = self._arrivals(run)
        counts = [count for start, group in self._due(arrivals) for count in self._counts(run, start, group)]
        return Polled(
            counts=tuple(counts),
            arrivals=arrivals,
            missing=tuple((self.name, table) for table in sorted(run.missing)),
            failures=tuple(self.failures),
            asked=() if self.failures else (self.name,),
            queries=self.logs.queries,
        )

    def _run(self, mark: datetime | None, absent: frozenset[str]) -> Run:
        wanted = {table for family in self.families for table in family.tables}
        earliest = self.now - REACH
        since = earliest if mark is None else max(mark - OVERLAP, earliest)
        window = Window(min(since, self.now - OVERLAP), self.now)
        # Taken for present until a query says otherwise, so that no query is spent on finding out.
        return Run(self.logs, self.owners.scope(window), BUDGET, missing=set(absent), present=wanted - absent)

    def _arrivals(self, run: Run) -> tuple[Arrival, ...]:
        """Ask until no table is named that the workspace never received: it refuses them one at a time."""
        while run.present:
            text = arrivals_text(run.present)
            outcome = _whole(run.ask_all([text])[text])
            if isinstance(outcome, LogAnswer):
                return arrivals_of(self.name, outcome.rows)
            if outcome.table not in run.present:
                self.failures.append((self.name, ARRIVALS, outcome))
                break
            run.present.remove(outcome.table)
            run.missing.add(outcome.table)
        return ()

    def _due(self, arrivals: Sequence[Arrival]) -> Iterator[tuple[datetime, list[LogFamily]]]:
        """Group the families that rows arrived for by the bucket from which they must be counted."""
        due: dict[datetime, list[LogFamily]] = {}
        for family in self.families:
            oldest = min((one.oldest for one in arrivals if self._touches(one, family)), default=self.now)
            start = bucket_of(max(oldest, self.now - REACH))
            if oldest < self.now:
                due.setdefault(start, []).append(family)
        yield from due.items()

    def _touches(self, arrival: Arrival, family: LogFamily) -> bool:
        return arrival.table in family.tables and bool(self.owners.of(family, arrival.resource))

    def _counts(self, run: Run, start: datetime, families: Sequence[LogFamily]) -> Iterator[Count]:
        run.scope = self.owners.scope(Window(start, self.now))
        outcomes = run.ask_all([family.text() for family in families])
        for family in families:
            outcome = _whole(outcomes[family.text()])
            if isinstance(outcome, QueryError):
                self.failures.append((self.name, family.id, outcome))
            else:
                yield from tally(outcome.rows, partial(self.owners.of, family), self.now)


def _whole(outcome: Outcome) -> Outcome:
    """Take a partial answer for a failure: what it left out would be missing in the counts."""
    if isinstance(outcome, LogAnswer) and outcome.partial:
        return QueryError(Failure.OUT_OF_TIME, f"only a part was answered: {outcome.partial}")
    return outcome


def _together(parts: Sequence[Polled]) -> Polled:
    return Polled(
        counts=tuple(count for part in parts for count in part.counts),
        arrivals=tuple(arrival for part in parts for arrival in part.arrivals),
        missing=tuple(pair for part in parts for pair in part.missing),
        failures=tuple(failure for part in parts for failure in part.failures),
        asked=tuple(workspace for part in parts for workspace in part.asked),
        queries=sum(part.queries for part in parts),
    )
