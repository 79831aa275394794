"""Through the real timers and tables: a slow fault is learned of, opened, kept and ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from shared.app import stores, tracking, watching
from shared.app.runtime import Runtime
from shared.incidents.incident import Ending, Incident
from shared.objectives.by_minute import REACH
from shared.objectives.sequential.alarm import alarms_of
from shared.objectives.sequential.minute import Minute
from shared.objectives.sequential.normal import Normal, normal_of
from shared.settings import Settings
from shared.signals.keep import hour_of
from shared.signals.signal import bucket_of
from tests import drawn
from tests.context.live_sources import MemoryArm
from tests.incidents.fake_rooms import FAILURES, LOBBY, Floor, FloorLogs
from tests.incidents.noisy_lobby import BusyLobby
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FILES = {
    "resources": f"resources:\n- {{id: {LOBBY}, region: westeurope}}\n",
    "receivers": "receivers: [{name: on-call, webhook: TEAMS_ON_CALL_URL}]",
}


@dataclass
class Hand:
    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Table:
    """The app, its clock, and the lobby that it watches."""

    runtime: Runtime
    hand: Hand
    lobby: BusyLobby

    def watch(self, minutes: int = 1, *, tracks: bool = True) -> Incident | None:
        self.hand.moment += minutes * MINUTE
        watching.watch_once(self.runtime)
        if tracks:
            tracking.track_once(self.runtime)
        return stores.incidents(self.runtime.storage).current(LOBBY, FAILURES)


@pytest.fixture
def app(tmp_path: Path) -> Table:
    for name, text in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    hand = Hand()
    lobby = BusyLobby(LOBBY, hand.now, breaks_at=NOON + 12 * MINUTE, heals_at=NOON + 40 * MINUTE)
    values = {"CONFIG_FOLDER": str(tmp_path), "LOGS_WORKSPACE": "1a2b3c4d-0003-4000-8000-00000000c003"}
    runtime = Runtime(Settings.from_environment(values), hand)
    storage = memory_storage(MemoryTransport(MemoryAccount(hand.now)))
    vars(runtime).update(
        storage=storage,
        fast_storage=storage,
        metrics=lobby,
        context=MemoryArm().sources(),
        _logs=lambda *workspaces: FloorLogs(Floor(), workspaces),
    )
    stores.counts(storage).replace(list(lobby.counts(NOON - timedelta(days=14), NOON)))
    return Table(runtime, hand, lobby)


def test_a_slow_fault_is_seen_by_the_minute_and_ends_when_its_minutes_are_normal(
    app: Table, caplog: pytest.LogCaptureFixture
) -> None:
    incident = app.watch(0)
    while incident is None and app.hand.moment < NOON + timedelta(hours=1):
        incident = app.watch()
    assert incident is not None

    assert app.hand.moment <= NOON + 27 * MINUTE
    assert abs(incident.onset - app.lobby.breaks_at) <= 10 * MINUTE  # type: ignore[operator]
    assert 4 == incident.severity
    while incident and incident.is_open and app.hand.moment < NOON + timedelta(hours=3):
        incident = app.watch(4)
    assert Ending.HELD is incident.ending
    assert 0 == incident.reopened
    assert NOON + 65 * MINUTE <= app.hand.moment <= NOON + 100 * MINUTE


class JudgeAlone:
    """The sequential test on the true minutes of the lobby, without timers, tables or counts."""

    def __init__(self, lobby: BusyLobby) -> None:
        self._minute = cache(lambda moment: Minute(moment, *lobby.minute(moment)))
        self._normal = cache(self._learned)

    def last_bad(self, now: datetime) -> datetime | None:
        """Return the last bad moment of the newest alarm that a watch can know."""
        last_learning = hour_of(now - MINUTE)  # a watch learns after it has judged
        minutes = self._between(bucket_of(now - REACH), now - 2 * MINUTE)
        alarms = alarms_of(minutes, self._normal(last_learning), now)
        return max((alarm.last_bad for alarm in alarms), default=None)

    def _learned(self, at: datetime) -> Normal:
        first = NOON - timedelta(days=14)
        return normal_of(self._between(max(first, at - timedelta(days=14)), at), at, first_counted=first)

    def _between(self, since: datetime, until: datetime) -> list[Minute]:
        return [self._minute(since + number * MINUTE) for number in range((until - since) // MINUTE)]


@drawn.both
def test_a_day_through_timers_and_tables_alarms_at_the_minutes_of_the_judge_alone(app: Table) -> None:
    """Each fault lasts for twelve minutes, which no window sees."""
    app.lobby.heals_at, app.lobby.again_every = NOON + 24 * MINUTE, timedelta(hours=3)
    judge, known, seen = JudgeAlone(app.lobby), list[datetime](), list[datetime | None]()
    app.watch(0, tracks=False)
    for _ in range(len(drawn.items("minutes of a day", range(24 * 60), 75))):
        incident = app.watch(tracks=False)
        known += [last for last in [judge.last_bad(app.hand.moment)] if last]
        seen.append(incident.last_bad if incident else None)
        assert seen[-1] == max(known, default=None), app.hand.moment

    assert len(set(seen)) > 1
