"""The checks of acs-transcription-websocket-drops read what contradicts them, each wording, and say what they do not know."""

import random
from collections.abc import Iterable

import pytest
from ask_transcription import ask, playbook, verdict

from local.rows.transcription_rows import (
    API,
    CALLCENTER,
    TABLES,
    WINDOW,
    Row,
    closed,
    hang_ups,
    media,
    operation,
    spread,
    trace,
)
from local.workspace.database import Workspace
from local.workspace.kql import run
from shared.queries.prelude import complete
from shared.queries.scope import Scope

KEEPALIVE, STARVED, PROXY = "server-keepalive-timeout", "receive-starved", "proxy-idle-timeout"
SERVICE, URL, RESTART = "stream-interrupted-by-service", "stream-url-invalid", "server-restart"


def on_the_beat(count: int, code: int | None = 1006, **properties: object) -> list[Row]:
    return [
        closed(second, 40.0 + 20 * (number % 3), code, **properties)
        for number, second in enumerate(spread(count))
    ]


def off_the_beat(count: int, code: int) -> list[Row]:
    """Sockets of all ages, none where a keepalive ends them."""
    dice = random.Random(3)  # rows, not secrets
    return [
        closed(second, 45.0 + 20 * dice.randrange(6) + dice.random() * 8, code) for second in spread(count)
    ]


def silent(count: int, idle: float, **properties: object) -> list[Row]:
    return [
        closed(
            second, idle + 17.3 * (1 + number % 9), idle_s=f"{idle + 0.1 * (number % 5):.1f}", **properties
        )
        for number, second in enumerate(spread(count))
    ]


def unexplained(records: Iterable[Row] = (), **tables: Iterable[Row]) -> list[tuple[object, ...]]:
    workspace = Workspace()
    rows_by_table = {"AppTraces": list(records)} | {name: list(rows) for name, rows in tables.items()}
    workspace.load({name: rows_by_table.get(name, []) for name in TABLES})
    check = playbook().unexplained
    assert check is not None
    answer = run(workspace, complete(check.text, Scope((CALLCENTER,), WINDOW, (API,))))
    return [tuple(row) for row in answer.rows()]


class TestACloseOnTheBeat:
    @pytest.mark.parametrize(("code", "expected"), [(1006, "supported"), (1005, "supported"), (1011, "supported"), (1008, "refuted"), (1009, "refuted"), (4001, "refuted")])  # fmt: skip
    def test_is_a_keepalives_only_with_the_code_of_one(self, code: int, expected: str) -> None:
        assert expected == verdict(KEEPALIVE, [*on_the_beat(40, code), *hang_ups(60)])

    @pytest.mark.parametrize(("ended_by", "expected"), [("disconnect", "supported"), ("send", "supported"), ("app", "refuted"), ("error", "refuted")])  # fmt: skip
    def test_is_no_keepalives_where_the_application_closed_it(self, ended_by: str, expected: str) -> None:
        assert expected == verdict(KEEPALIVE, [*on_the_beat(40, ended_by=ended_by), *hang_ups(60)])

    def test_without_a_code_is_no_drop_where_the_application_closed_it(self) -> None:
        rows = [*on_the_beat(40, None, ended_by="app"), *hang_ups(60)]

        assert ("refuted", "refuted") == (verdict("symptom", rows), verdict(KEEPALIVE, rows))

    def test_is_no_starved_one_where_the_handler_raised(self) -> None:
        rows = [*on_the_beat(40, max_receive_gap_s="31", ended_by="error"), *hang_ups(60)]

        assert "refuted" == verdict(STARVED, rows)


class TestASilentSocket:
    def test_meets_an_idle_timeout_where_nobody_pings(self) -> None:
        rows = [*silent(40, 60.0, ping_interval_s="none"), *hang_ups(60, idle_s="0.4")]

        assert "supported" == verdict(PROXY, rows)

    def test_meets_none_where_the_server_is_known_to_ping_more_often(self) -> None:
        rows = [*silent(40, 60.0, ping_interval_s="15", ping_timeout_s="600"), *hang_ups(60, idle_s="0.4")]

        assert "refuted" == verdict(PROXY, rows)

    def test_is_a_second_fault_beside_a_larger_one(self) -> None:
        rows = [
            *silent(25, 60.0, asgi_server="hypercorn/0.18.0"),
            *on_the_beat(150, idle_s="0.4"),
            *hang_ups(60, idle_s="0.4"),
        ]

        assert "minor" == verdict(PROXY, rows)


@pytest.mark.parametrize(
    ("text", "hypothesis"),
    [
        ("TranscriptionFailed: Action failed, Transport url is not valid or web socket server is not operational.", URL),
        ("TranscriptionFailed 400/8581 Invalid Stream URL", URL),
        ('TranscriptionFailed {"transcriptionStatusDetails": "streamUrlMissing"}', URL),
        ('TranscriptionFailed {"subCode": 8522}', URL),
        ('TranscriptionFailed {"subCode": 8580}', SERVICE),
        ("Transcription Failed: Transcription Service Shutdown", SERVICE),
        ('TranscriptionFailed {"transcriptionStatusDetails": "serviceShutdown"}', SERVICE),
        ('TranscriptionFailed {"transcriptionStatusDetails": "speechServicesConnectionError"}', SERVICE),
        ("TranscriptionFailed: Speech Service Connection Error", SERVICE),
        ("TranscriptionFailed: Cognitive Services Error", SERVICE),
        ("Transcription Canceled", SERVICE),
        ('TranscriptionFailed {"transcriptionStatusDetails": "streamConnectionInterrupted"}', SERVICE),
        ("TranscriptionFailed: not able to establish WebSocket connection", SERVICE),
    ],
)  # fmt: skip
def test_a_failure_is_read_in_each_of_its_wordings(text: str, hypothesis: str) -> None:
    rows = [*(trace(second, text) for second in spread(40)), *hang_ups(60)]

    assert "supported" == verdict(hypothesis, rows)


@pytest.mark.parametrize(
    "text",
    [
        "[CRITICAL] WORKER TIMEOUT (pid:8)",
        "Worker (pid:8) was sent SIGKILL! Perhaps out of memory?",
        "Worker (pid:8) was sent SIGTERM!",
        "Handling signal: term",
        "Shutting down: Master",
        "Finished server process [8]",
        "Waiting for application shutdown.",
        "Application instance <Task> for connection <X> took too long to shut down and was killed.",
        "Killed 3 pending application instances",
    ],
)
def test_a_stopping_server_is_heard_in_each_of_its_wordings(text: str) -> None:
    ends = [closed(1200.0 + number / 10, 20.0 + number * 7.3) for number in range(30)]

    row = ask(RESTART, [*ends, *hang_ups(60), trace(1200.0, text)])

    assert ("supported", 1) == (row["Verdict"], row["Texts"])


class TestAFailureThatNobodyKnows:
    def test_is_told_by_operation_and_subcode(self) -> None:
        summaries = [
            media(second, "StartTranscription", 8523, 400, "Locale is missing") for second in spread(30)
        ]

        assert [("StartTranscription 400/8523", 30, None, 30)] == unexplained(hang_ups(60), ACSCallAutomationMediaSummary=summaries)  # fmt: skip

    def test_is_told_by_the_status_of_its_request(self) -> None:
        requests = [operation(second, "StartTranscription", f"call-{second}", 403) for second in spread(30)]

        assert [("StartTranscription 403", 30, None, 30)] == unexplained(hang_ups(60), ACSCallAutomationIncomingOperations=requests)  # fmt: skip

    def test_is_told_by_its_close_code(self) -> None:
        assert [("closed with 1008", 30, None, 30)] == unexplained([*off_the_beat(30, 1008), *hang_ups(60)])

    @pytest.mark.parametrize("subcode", [8581, 8522, 8580, 8565, 8578])
    def test_is_none_that_a_hypothesis_owns(self, subcode: int) -> None:
        summaries = [media(second, "StartTranscription", subcode) for second in spread(30)]

        assert [] == unexplained(hang_ups(60), ACSCallAutomationMediaSummary=summaries)

    def test_is_none_that_a_keepalive_ended(self) -> None:
        assert [] == unexplained([*on_the_beat(40), *hang_ups(60)])


def test_a_keepalives_kill_names_code_server_and_instance() -> None:
    summary = str(ask(KEEPALIVE, [*on_the_beat(40), *hang_ups(60)])["Summary"])

    for part in ("Close codes: 1006 (40).", "Servers: uvicorn/0.34.0 (40).", "Instances: api-0 (40)."):
        assert part in summary


def test_a_failure_on_the_services_side_names_its_subcode() -> None:
    summaries = [media(second, "StartTranscription", 8565, 429) for second in spread(40)]

    summary = str(ask(SERVICE, hang_ups(60), ACSCallAutomationMediaSummary=summaries)["Summary"])

    assert "StartTranscription 429/8565 (40)" in summary
