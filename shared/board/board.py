"""Make the board: what is open, how each resource stands, what cannot be seen, what is silenced, and what comes next."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from shared.board.ports import BoardStores
from shared.board.watched import WatchedLine, is_of, six_hours, undrawn_line, watched_line
from shared.configuration.resources import WatchedResource
from shared.health.quarantine import SetAside
from shared.health.readiness import ProbeResult
from shared.health.sources import Source
from shared.incidents.incident import Incident, State
from shared.incidents.ports import Policy
from shared.incidents.recent.direction import Direction, direction_of
from shared.isolation import Isolation
from shared.notices.routing.silence import Occurrence, current_occurrences
from shared.objectives.recovery import NEEDED_BUCKETS
from shared.signals.counts import Count
from shared.signals.signal import BUCKET

MOST_DRAWN = 40  # resources whose counts are read
MOST_INCIDENTS = 30
_MOST_WORKSPACES = 10
_T = TypeVar("_T")
_OLD_REPORT = timedelta(hours=1)  # of readiness: nobody asked since


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One open incident on the board, with the address of its page, where it goes, and its share of bad events now."""

    incident: Incident
    link: str | None
    direction: Direction | None = None  # None where it recovers, or its counts are not read
    now: float | None = None  # 0 to 1, of the last 5 minutes that are over; None where that is not known


@dataclass(frozen=True, slots=True)
class BlindLine:
    """A source that nothing is seen by, and since when."""

    source: Source
    since: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes next, and when."""

    at: datetime
    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class Board:
    """Everything at once, as it is stored at a moment; `unread` says what could not be read, by its name."""

    made_at: datetime
    open: tuple[OpenLine, ...] = ()
    watched: tuple[WatchedLine, ...] = ()
    blind: tuple[BlindLine, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    not_ready: tuple[ProbeResult, ...] = ()
    silenced: tuple[Occurrence, ...] = ()
    coming: tuple[Coming, ...] = ()
    watched_at: datetime | None = None  # when the workspace that was looked at longest ago was
    left_out: int = 0  # open incidents
    unread: Mapping[str, str] = field(default_factory=dict)


class _Unread:
    """What could not be read for one board; implements `shared.isolation.Troubles`."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def note(self, loop: str, failures: Mapping[str, str]) -> None:  # noqa: ARG002  # of one loop alone
        """Keep what failed."""
        self.reasons |= failures


@dataclass(frozen=True, slots=True)
class BoardMaker:
    """Makes boards; each part that cannot be read is said, and ends no other."""

    stores: BoardStores
    policy: Policy

    def make(self, now: datetime) -> Board:
        """Return the board of a moment.

        Raises:
            LinekeeperError: storage does not answer.
        """
        unread = _Unread()
        isolation = Isolation("the board", unread)

        def part(name: str, read: Callable[[], Iterable[_T]]) -> tuple[_T, ...]:
            found: list[_T] = []
            with isolation.item(name):
                found.extend(read())
            return tuple(found)

        incidents = [incident for incident in self.stores.incidents.open_ones() if incident.is_open]
        blind = part("sources", self._blind)
        counts = self._counts(incidents, blind, isolation, now)
        silenced = part("silences", lambda: current_occurrences(self.stores.silences.active(now), now))
        board = Board(
            made_at=now,
            open=tuple(self._opened(incidents, counts)),
            watched=part("the watched resources", lambda: self._watched(incidents, blind, counts, now)),
            blind=blind,
            set_aside=part("what was set aside", self.stores.quarantine.all),
            not_ready=part("readiness", lambda: self._not_ready(now)),
            silenced=silenced,
            coming=tuple(sorted(_coming(incidents, silenced, now), key=lambda one: (one.at, one.subject))),
            watched_at=min(part("watermarks", self._marks), default=None),
            left_out=max(0, len(incidents) - MOST_INCIDENTS),
        )
        isolation.end()
        return replace(board, unread=unread.reasons)

    def _opened(
        self, incidents: Sequence[Incident], counts: Mapping[str, Sequence[Count]]
    ) -> Iterator[OpenLine]:
        worst = sorted(incidents, key=lambda one: (one.severity, one.state is State.VALIDATING, one.onset))
        for incident in worst[:MOST_INCIDENTS]:
            hit = _worst(incident, counts)
            direction = direction_of(hit) if hit else None
            yield OpenLine(incident, self.stores.link(incident), direction, _share_now(hit))

    def _blind(self) -> Iterator[BlindLine]:
        for source, state in self.stores.sources.read().items():
            if state.blind_since is not None:
                yield BlindLine(source, state.blind_since)

    def _not_ready(self, now: datetime) -> tuple[ProbeResult, ...]:
        dated = self.stores.reports.latest()
        if dated is None or now - dated.at > _OLD_REPORT:
            return ()
        return tuple(check for check in dated.report.checks if not check.ok)

    def _counts(
        self, incidents: Sequence[Incident], blind: Sequence[BlindLine], isolation: Isolation, now: datetime
    ) -> Mapping[str, Sequence[Count]]:
        """Return six hours of counts by resource; of many, those that are not well are read before the others."""
        open_ids = {incident.resource for incident in incidents}

        def is_well(resource: WatchedResource) -> bool:
            is_blind = any(is_of(line.source, resource) for line in blind)
            return resource.id not in open_ids and not is_blind

        span, counts = six_hours(now), {}
        for resource in sorted(self.policy.resources, key=is_well)[:MOST_DRAWN]:
            with isolation.item(f"counts of {resource.id.rpartition('/')[2]}"):
                counts[resource.id] = self.stores.counts.read(resource.id, span.since, span.until)
        return counts

    def _watched(
        self,
        incidents: Sequence[Incident],
        blind: Sequence[BlindLine],
        counts: Mapping[str, Sequence[Count]],
        now: datetime,
    ) -> Sequence[WatchedLine]:
        """Return the resources, the worst first."""
        sources = [line.source for line in blind]
        lines = []
        for resource in self.policy.resources:
            own = [incident for incident in incidents if incident.resource == resource.id]
            if resource.id not in counts:
                lines.append(undrawn_line(resource, own))
                continue
            series, promised = counts[resource.id], self.policy.objectives
            lines.append(watched_line(resource, series, promised, incidents=own, blind=sources, now=now))
        return sorted(lines, key=lambda line: (line.state, line.severity or 9, not line.is_drawn))

    def _marks(self) -> Iterator[datetime]:
        workspaces = dict.fromkeys(resource.workspace for resource in self.policy.resources)
        for name in list(workspaces)[:_MOST_WORKSPACES]:
            mark = self.stores.watermarks.get(name)
            if mark is not None:
                yield mark


def _worst(incident: Incident, counts: Mapping[str, Sequence[Count]]) -> Sequence[Count]:
    """Return the counts of an incident's signal with the most bad events; none where it recovers."""
    if incident.state is State.VALIDATING:
        return ()
    by_signal: dict[str, list[Count]] = {}
    for count in counts.get(incident.resource, ()):
        if count.signal in incident.signals and count.is_whole:
            by_signal.setdefault(count.signal, []).append(count)
    return max(by_signal.values(), key=lambda own: sum(count.bad for count in own), default=())


def _share_now(counts: Sequence[Count]) -> float | None:
    last = max(counts, key=lambda count: count.bucket, default=None)
    return last.bad / last.total if last is not None and last.total > 0 and last.bad > 0 else None


def _coming(incidents: Sequence[Incident], silenced: Sequence[Occurrence], now: datetime) -> Iterator[Coming]:
    for incident in incidents:
        name = incident.resource.rpartition("/")[2]
        if incident.next_diagnosis_at is not None:
            what = f"look {incident.diagnosis_count + 1}"
            yield Coming(max(incident.next_diagnosis_at, now), name, what)
        holds = incident.last_bad + NEEDED_BUCKETS * BUCKET
        if incident.state is State.VALIDATING and holds > now:
            yield Coming(holds, name, "resolved, if it holds")
    for silence in silenced:
        yield Coming(silence.end, silence.silence.reason, "its silence ends, with a digest")
