import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "local" / "cases"
UVICORN, DAPHNE = "seed-thread-1006", "daphne-after-the-change"
CHANGED = datetime(2026, 11, 21, 12, 48, 30, tzinfo=UTC)  # between the two servers of the recorded story
CONTRACT = {
    *("lifetime_s", "close_code", "asgi_server", "call_connection_id", "connection_id"),
    *("idle_s", "messages", "max_receive_gap_s", "ping_interval_s", "ping_timeout_s", "ended_by"),
}


def rows(case: str, table: str = "AppTraces") -> list[dict[str, Any]]:
    text = (CASES / case / "tables" / f"{table}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def window(case: str) -> tuple[datetime, datetime]:
    incident = json.loads((CASES / case / "incident.json").read_text(encoding="utf-8"))
    return datetime.fromisoformat(incident["from"]), datetime.fromisoformat(incident["to"])


def moment(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["TimeGenerated"])


def closed(case: str) -> list[dict[str, Any]]:
    return [row for row in rows(case) if row["Message"] == "ws_closed"]


def closes(case: str) -> list[dict[str, str]]:
    """Return the close records of the incident, without those of the time after it."""
    start, end = window(case)
    return [row["Properties"] for row in closed(case) if start <= moment(row) < end]


def on_a_beat(lifetime_s: float, beat_s: float) -> bool:
    return abs(lifetime_s - beat_s) <= 1.5


@pytest.mark.parametrize("case", [UVICORN, DAPHNE])
def test_every_close_record_keeps_the_contract(case: str) -> None:
    assert all(CONTRACT == set(close) - {"logger_name"} for close in closes(case))
    assert all(isinstance(value, str) for close in closes(case) for value in close.values())


@pytest.mark.parametrize("case", [UVICORN, DAPHNE])
def test_each_of_the_86_calls_left_one_record(case: str) -> None:
    assert 86 == len({close["connection_id"] for close in closes(case)}) == len(closes(case))


@pytest.mark.parametrize("case", [UVICORN, DAPHNE])
def test_every_row_of_a_server_lies_in_the_window_of_its_case(case: str) -> None:
    start, end = window(case)
    until = CHANGED if case == UVICORN else end

    assert all(start <= moment(row) < end for row in rows(case) if moment(row) < until)


def test_after_the_change_forty_minutes_of_calls_ended_well() -> None:
    after = [row for row in closed(UVICORN) if moment(row) >= CHANGED]

    assert 688 == len(after)
    assert {("daphne/4.1.2", "1000")} == {
        (row["Properties"]["asgi_server"], row["Properties"]["close_code"]) for row in after
    }
    assert max(map(moment, after)) - CHANGED > timedelta(minutes=42)


def test_the_same_calls_were_played_against_both_servers() -> None:
    before, after = ({close["call_connection_id"] for close in closes(case)} for case in (UVICORN, DAPHNE))

    assert before == after


def test_uvicorns_abnormal_closes_sit_on_the_beats_of_its_keepalive() -> None:
    lifetimes = [float(close["lifetime_s"]) for close in closes(UVICORN) if close["close_code"] == "1006"]

    on_beats = [life for life in lifetimes if any(on_a_beat(life, beat) for beat in (40, 60, 80, 100))]

    assert 44 == len(lifetimes)
    assert len(on_beats) >= 0.9 * len(lifetimes)


def test_uvicorns_application_saw_the_seed_threads_messages() -> None:
    messages = {row["Message"] for row in rows(UVICORN) if row["SeverityLevel"] == 3}

    assert (
        "JSON ping failed: Unexpected ASGI message 'websocket.send', after sending 'websocket.close' "
        "or response already completed."
    ) in messages
    assert 'Text ping failed: Cannot call "send" once a close message has been sent.' in messages


def test_daphne_ended_no_call_by_itself_and_its_application_saw_no_error() -> None:
    assert {"1000"} == {close["close_code"] for close in closes(DAPHNE)}
    assert {1} == {row["SeverityLevel"] for row in rows(DAPHNE)}


def test_no_stack_names_a_folder_of_the_machine_that_recorded_it() -> None:
    stacks = [row["Details"][0]["rawStack"] for row in rows(UVICORN, "AppExceptions")]

    assert stacks
    assert not any('File "/' in stack for stack in stacks)
