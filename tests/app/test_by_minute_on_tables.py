"""Through the real timers and tables: a slow fault is learned of, opened, kept and ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.app import stores, tracking, watching
from shared.app.runtime import Runtime
from shared.incidents.incident import Ending, Incident
from shared.settings import Settings
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

    def watch(self, minutes: int = 1) -> Incident | None:
        self.hand.moment += minutes * MINUTE
        watching.watch_once(self.runtime)
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
