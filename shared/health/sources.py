"""Judge whether the watch is blind on a source, because it is silent or cannot be asked, and announce each change once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.incidents.wording import moment
from shared.redaction import redact

SILENCE = timedelta(hours=1)  # a shorter time without rows never counts as silence
USUAL_GAPS = 3  # a source is silent after so many times its longest usual gap
REGULAR_HOURS = 3  # so many hours with rows make a source whose silence means something
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the watch gets its rows: one table or metric of one resource in one place.

    `place` is a workspace, or "metrics" for the metrics endpoint. An empty `name` or `resource` means all of them there:
    a workspace that refuses us is `Source(workspace)`, a table that it never received `Source(workspace, table)`.
    """

    place: str
    name: str = ""
    resource: str = ""

    @property
    def key(self) -> str:
        """A key for tables, where `/` is not allowed."""
        text = f"{self.place}|{self.name}|{self.resource}".lower()
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def covers(self, other: "Source") -> bool:
        """Tell whether the other source is blind whenever this one is."""
        return (
            self.place == other.place
            and self.name in {"", other.name}
            and self.resource in {"", other.resource}
        )

    def __str__(self) -> str:
        """Return the source's name for a text, such as `WebPubSubConnectivity of lobby`."""
        what = self.name or self.place
        return f"{what} of {self.resource.rsplit('/', 1)[-1]}" if self.resource else what


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """Why a source could not be asked; `lasting` (a permission, a diagnostic setting) does not pass by itself."""

    reason: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class SourceState:
    """The stored state of a source. `turns` counts its announcements, so an odd number means blind."""

    newest: datetime | None = None  # when its newest row arrived
    # Of each hour with rows in the last day, the longest gap that ended in it.
    gaps: Mapping[datetime, timedelta] = field(default_factory=dict)
    silent: bool = False
    failing_since: datetime | None = None
    blind_since: datetime | None = None
    turns: int = 0
    etag: str = field(default="", compare=False)  # the store's


@dataclass(frozen=True, slots=True)
class Announcement:
    """A notice that a source went blind or came back; `id` stays the same however often one poll is repeated."""

    id: str
    source: Source
    blind: bool
    since: datetime  # the blindness
    text: str


class Sources(Protocol):
    """The stored states of all sources."""

    def read(self) -> Mapping[Source, SourceState]:
        """Return the state of every source that was ever saved."""
        ...

    def save(self, states: Mapping[Source, SourceState]) -> Sequence[Source]:
        """Store states; return those that were not stored, because another instance wrote first.

        The caller need not do anything about them: the next poll reads what the other instance wrote.
        """
        ...

    def forget(self, sources: Sequence[Source]) -> None:
        """Delete the states of sources that are no longer watched."""
        ...


def judge_sources(
    states: Mapping[Source, SourceState],
    newest_rows: Mapping[Source, datetime],
    failures: Mapping[Source, SourceFailure],
    now: datetime,
) -> tuple[Mapping[Source, SourceState], tuple[Announcement, ...]]:
    """Return the states that a poll changed, and the announcements to make.

    `states` holds the sources of the places that this poll asked, and no others. `newest_rows` says when the newest row
    of each source arrived (`ingestion_time()`, not the time of its event: call rows of ACS are an hour old when they
    come).

    A source is blind
      - at once when it failed in a lasting way, and when it has failed in a passing way for more than an hour;
      - when it is silent: it had rows in at least 3 distinct hours of the last 24, and has had none for more than an hour
        and more than 3 times its longest gap of that day. So a resource with little traffic never flaps. A gap that was
        announced does not become usual. Silence ends with the next row.
    While a source or what covers it fails, its silence is not judged. A time without polls counts as a gap, which makes
    announcements later for a day, never earlier.

    Callers announce first and save afterwards: a repeated poll announces the same ids.
    """
    changed: dict[Source, SourceState] = {}
    announcements: list[Announcement] = []
    for source in {**states, **newest_rows, **failures}:
        before = states.get(source, SourceState())
        after = _next_state(source, before, newest_rows.get(source), failures, now)
        announcement = _announcement(source, before, after, failures.get(source), now)
        announcements += [announcement] if announcement else []
        if after != before:
            changed[source] = after
    return changed, tuple(announcements)


def _next_state(
    source: Source,
    before: SourceState,
    newest: datetime | None,
    failures: Mapping[Source, SourceFailure],
    now: datetime,
) -> SourceState:
    state = _with_rows(before, newest)
    own = failures.get(source)
    if own is not None:
        since = state.failing_since or now
        lost = own.lasting or now - since > SILENCE
        return _with_blindness(
            replace(state, failing_since=since), blind=lost or _is_blind(before), since=since
        )
    if any(failure.covers(source) for failure in failures):
        return _with_blindness(state, blind=_is_blind(before), since=now)
    silent = state.silent or _fell_silent(state, now)
    state = replace(state, silent=silent, failing_since=None)
    return _with_blindness(state, blind=silent, since=state.newest or now)


def _with_rows(state: SourceState, newest: datetime | None) -> SourceState:
    if newest is None or (state.newest is not None and newest <= state.newest):
        return state
    hour = newest.replace(minute=0, second=0, microsecond=0)
    usual = state.newest is not None and not state.silent
    gap = newest - state.newest if usual and state.newest else timedelta(0)
    gaps = {at: length for at, length in state.gaps.items() if at > newest - DAY}
    gaps[hour] = max(gap, gaps.get(hour, timedelta(0)))
    return replace(state, newest=newest, gaps=gaps, silent=False)


def _fell_silent(state: SourceState, now: datetime) -> bool:
    recent = [gap for hour, gap in state.gaps.items() if hour > now - DAY]
    if state.newest is None or len(recent) < REGULAR_HOURS:
        return False
    return now - state.newest > max(SILENCE, USUAL_GAPS * max(recent))


def _is_blind(state: SourceState) -> bool:
    return state.blind_since is not None


def _with_blindness(state: SourceState, *, blind: bool, since: datetime) -> SourceState:
    if blind == _is_blind(state):
        return state
    return replace(state, blind_since=since if blind else None, turns=state.turns + 1)


def _announcement(
    source: Source, before: SourceState, after: SourceState, failed: SourceFailure | None, now: datetime
) -> Announcement | None:
    since = after.blind_since or before.blind_since
    if _is_blind(before) == _is_blind(after) or since is None:
        return None
    if _is_blind(after):
        why = (
            redact(failed.reason)
            if failed
            else f"no row since, though it had some in {len(after.gaps)} hours of a day"
        )
        text = f"blind on {source} since {moment(since)}: {why}"
    else:
        text = f"sight of {source} is back at {moment(now)}; it was blind since {moment(since)}"
    return Announcement(f"{source.key}.{after.turns}", source, _is_blind(after), since, text)
