"""Poll the logs of every watched resource once: what arrived, and the counts of every bucket it touched."""

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
# No bucket is counted any more when it is older. The first poll goes back so far as well: what goes wrong when the app is
# started is seen from its beginning, and no other poll costs more.
REACH = timedelta(hours=24)
BUDGET = timedelta(seconds=40)  # of one workspace: the next poll starts a minute after this one
WORKSPACES_AT_ONCE = 4

ARRIVALS = "arrivals"


@dataclass(frozen=True, slots=True)
class Polled:
    """The result of one poll of all workspaces."""

    counts: tuple[Count, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()  # workspace, and a table that it never received
    failures: tuple[tuple[str, str, QueryError], ...] = ()  # workspace, `arrivals` or a family's id, why
    complete_workspaces: tuple[str, ...] = ()  # every query was answered: their watermark may advance to now
    queries: int = 0  # how many were sent


@dataclass(slots=True)
class _CountingLogs:
    """Logs that count their queries; implements `shared.queries.logs.Logs`."""

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
    """Ask every workspace what arrived since its watermark, then recount whole buckets from the oldest arrival on.

    `watermarks` and `absent` go by workspace. `absent` names the tables that an earlier poll found missing: they are left
    out without asking again. What fails in one workspace or family is one of `failures`, and stops no other.
    """
    polls = [
        _WorkspacePoll(owners, _CountingLogs(logs_of(owners.workspace)), owners.families(families), now)
        for owners in owners_by_workspace(resources)
        if owners.families(families)
    ]
    with ThreadPoolExecutor(max_workers=WORKSPACES_AT_ONCE) as pool:
        results = pool.map(
            lambda poll: poll.result(watermarks.get(poll.name), frozenset(absent.get(poll.name, ()))), polls
        )
        return _merge(list(results))


@dataclass(slots=True)
class _WorkspacePoll:
    """One poll of one workspace."""

    owners: Owners
    logs: _CountingLogs
    families: tuple[LogFamily, ...]
    now: datetime
    failures: list[tuple[str, str, QueryError]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.owners.workspace

    def result(self, watermark: datetime | None, absent: frozenset[str]) -> Polled:
        run = self._run(watermark, absent)
        arrivals = self._arrivals(run)
        counts = [
            count
            for start, families in self._families_by_start(arrivals)
            for count in self._counts(run, start, families)
        ]
        return Polled(
            counts=tuple(counts),
            arrivals=arrivals,
            missing=tuple((self.name, table) for table in sorted(run.missing)),
            failures=tuple(self.failures),
            complete_workspaces=() if self.failures else (self.name,),
            queries=self.logs.queries,
        )

    def _run(self, watermark: datetime | None, absent: frozenset[str]) -> Run:
        tables = {table for family in self.families for table in family.tables}
        earliest = self.now - REACH
        since = earliest if watermark is None else max(watermark - OVERLAP, earliest)
        window = Window(min(since, self.now - OVERLAP), self.now)
        # Taken for present until a query says otherwise, so that no query is spent on finding out.
        return Run(self.logs, self.owners.scope(window), BUDGET, missing=set(absent), present=tables - absent)

    def _arrivals(self, run: Run) -> tuple[Arrival, ...]:
        """Ask until the text names no missing table any more: the workspace refuses them one at a time."""
        while run.present:
            text = arrivals_text(run.present)
            outcome = _unless_partial(run.ask_all([text])[text])
            if isinstance(outcome, LogAnswer):
                return arrivals_of(self.name, outcome.rows)
            if outcome.table not in run.present:
                self.failures.append((self.name, ARRIVALS, outcome))
                break
            run.present.remove(outcome.table)
            run.missing.add(outcome.table)
        return ()

    def _families_by_start(self, arrivals: Sequence[Arrival]) -> Iterator[tuple[datetime, list[LogFamily]]]:
        """Group the families that rows arrived for by the bucket from which they must be counted."""
        groups: dict[datetime, list[LogFamily]] = {}
        for family in self.families:
            times = (arrival.oldest for arrival in arrivals if self._touches(arrival, family))
            oldest = min(times, default=self.now)
            start = bucket_of(max(oldest, self.now - REACH))
            if oldest < self.now:
                groups.setdefault(start, []).append(family)
        yield from groups.items()

    def _touches(self, arrival: Arrival, family: LogFamily) -> bool:
        return arrival.table in family.tables and bool(self.owners.of(family, arrival.resource))

    def _counts(self, run: Run, start: datetime, families: Sequence[LogFamily]) -> Iterator[Count]:
        run.scope = self.owners.scope(Window(start, self.now))
        outcomes = run.ask_all([family.text() for family in families])
        for family in families:
            outcome = _unless_partial(outcomes[family.text()])
            if isinstance(outcome, QueryError):
                self.failures.append((self.name, family.id, outcome))
            else:
                yield from tally(outcome.rows, partial(self.owners.of, family), self.now)


def _unless_partial(outcome: Outcome) -> Outcome:
    """Return the outcome, or an error for a partial answer: what it left out would be missing in the counts."""
    if isinstance(outcome, LogAnswer) and outcome.partial:
        return QueryError(Failure.OUT_OF_TIME, f"only a part was answered: {outcome.partial}")
    return outcome


def _merge(parts: Sequence[Polled]) -> Polled:
    return Polled(
        counts=tuple(count for part in parts for count in part.counts),
        arrivals=tuple(arrival for part in parts for arrival in part.arrivals),
        missing=tuple(pair for part in parts for pair in part.missing),
        failures=tuple(failure for part in parts for failure in part.failures),
        complete_workspaces=tuple(name for part in parts for name in part.complete_workspaces),
        queries=sum(part.queries for part in parts),
    )
