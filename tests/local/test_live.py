"""A case happens now: its times are moved, rows appear as minutes pass, and timers fire when they are due."""

from datetime import timedelta

import azure.functions as func
import pytest

from local.exports import read_folder
from local.host import Host, functions_of
from local.replay.case import Case, find_case
from local.replay.live import Minutes, metrics_from, rows_from, shift_times, watch_settings
from shared.clock import SystemClock
from shared.settings import Settings

NOW = SystemClock().now().replace(second=0, microsecond=0)


@pytest.fixture
def case() -> Case:
    return find_case("key-rotated-under-the-traders")


def count_of(workspace: object, table: str) -> int:
    row = workspace.cursor().execute(f'SELECT count(*) FROM "{table}"').fetchone()  # type: ignore[attr-defined]
    return int(row[0])


def test_every_time_of_a_row_moves_by_the_same(case: Case) -> None:
    tables = read_folder(case.folder).tables
    later = shift_times(tables, timedelta(days=400))

    for table, rows in tables.items():
        pairs = zip(rows, later[table], strict=True)
        assert {timedelta(days=400)} == {new["TimeGenerated"] - old["TimeGenerated"] for old, new in pairs}
        assert [row["Message"] for row in rows if "Message" in row] == [
            row["Message"] for row in later[table] if "Message" in row
        ]


def test_rows_appear_and_timers_fire_as_time_passes(case: Case) -> None:
    fired: list[bool] = []
    app = func.FunctionApp()

    @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
    def look(timer: func.TimerRequest) -> None:
        fired.append(timer.past_due)

    workspace, metrics = rows_from(case, NOW), metrics_from(case, NOW)
    minutes = Minutes(Host(functions_of(app), settings={}), workspace, metrics, NOW)

    assert 0 == minutes.move_to(NOW + timedelta(seconds=59))
    assert 0 == count_of(workspace, "WebPubSubConnectivity")
    minutes.move_to(NOW + timedelta(seconds=61))
    minutes.host.wait()
    minutes.move_to(NOW + timedelta(days=1))
    minutes.host.wait()

    assert 0 < count_of(workspace, "WebPubSubConnectivity")
    assert [False, False] == fired


def test_the_app_is_told_to_watch_the_cases_resource(case: Case) -> None:
    with watch_settings(case) as settings:
        folder = Settings.from_environment({**settings, "LOGS_WORKSPACE": "0" * 8}).config_folder
        assert case.scope.resources[0] in (folder / "resources.yaml").read_text(encoding="utf-8")
