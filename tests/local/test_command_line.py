import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pages import PAGE

from local.__main__ import main
from local.replay.case import find_case
from shared.playbooks.loading.load import load_library

LOBBY = "/subscriptions/0a1b/resourceGroups/chat/providers/Microsoft.SignalRService/WebPubSub/lobby"
NIGHT = ["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"]
DROPS = "web-pubsub-connection-drops"
HANDLERS = "web-pubsub-event-handler-errors"


def exit_status(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as left:
        return int(str(left.code))


def write_connects(folder: Path, *lines: str, name: str = "WebPubSubConnectivity.ndjson") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + ("\n" if lines else ""), encoding="utf-8")


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command on unusable input and return its one line on standard error."""
    assert exit_status(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def diagnosed(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> dict[str, object]:
    assert main(["diagnose", "--logs", str(folder), "--resource", LOBBY, *NIGHT, "--json", *more]) == 0
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_an_empty_table_is_no_data_and_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path)

    document = diagnosed(capsys, tmp_path, "--playbook", DROPS)

    assert ("no-data", None) == (document["conclusion"], document["cause"])
    assert "WebPubSubMessaging" in str(document["missing"])
    assert "WebPubSubConnectivity" not in str(document["missing"])


def test_reads_the_metrics_that_stand_beside_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    case = find_case("metrics-alone-show-the-slow-clients")
    window = ["--from", "2026-11-19T13:00:00Z", "--to", "2026-11-19T14:00:00Z"]
    resource = ["--resource", case.scope.resources[0]]

    main(["diagnose", "--logs", str(case.folder), *resource, *window, "--playbook", DROPS, "--json"])
    document = json.loads(capsys.readouterr().out)

    assert ("supported", "slow-client", 66.1) == (
        document["conclusion"],
        document["cause"],
        document["load"]["ServerLoad"],
    )


def test_json_has_exactly_the_promised_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path)

    document = diagnosed(capsys, tmp_path, "--playbook", DROPS)

    assert [
        *[
            "version",
            "playbook",
            "resource",
            "window",
            "conclusion",
            "cause",
            "hypotheses",
            "missing",
            "load",
        ],
        *["unexplained", "unexplained_total", "changes", "coverage", "symptom", "next", "unread"],
    ] == list(document)
    hypotheses = document["hypotheses"]
    assert isinstance(hypotheses, list)
    assert list(hypotheses[0]) == [
        "id",
        "verdict",
        "kind",
        "strength",
        "rank",
        "summary",
        "onset",
        "consequence_of",
        "numbers",
        "lacking",
    ]


def test_auto_names_the_other_playbooks_of_the_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path)

    document = diagnosed(capsys, tmp_path)

    other_playbooks = document["others"]
    assert isinstance(other_playbooks, list)
    names = {document["playbook"], *(other["playbook"] for other in other_playbooks)}
    assert names == {DROPS, "web-pubsub-connection-failures", "web-pubsub-event-handler-errors"}


def test_an_unknown_table_is_ignored_with_one_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path)
    write_connects(tmp_path, '{"TimeGenerated": "2026-11-20T03:00:00Z"}', name="Heartbeat.ndjson")

    main(["diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT, "--json", "--playbook", DROPS])

    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "table 'Heartbeat' is not known" in captured.err
    document = json.loads(captured.out)
    assert document["conclusion"] == "no-data"
    assert [
        {
            "file": "Heartbeat.ndjson",
            "why": "table 'Heartbeat' is not known, and no column Type names another; its rows are ignored",
        }
    ] == document["unread"]


def test_malformed_json_is_refused_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path, '{"TimeGenerated": "2026-11-20T03:00:00Z"}', '{"TimeGenerated": ')

    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT)

    assert "WebPubSubConnectivity.ndjson:2" in error_line


def test_a_value_of_the_wrong_type_is_refused_with_file_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path, '{"TimeGenerated": "half past three"}')

    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT)

    assert "WebPubSubConnectivity.ndjson:1" in error_line
    assert "TimeGenerated" in error_line


def test_a_folder_without_any_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT)

    assert "no table file" in error_line


def test_a_window_that_ends_before_it_starts_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backwards = ["--from", "2026-11-20T04:00:00Z", "--to", "2026-11-20T03:00:00Z"]

    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *backwards)

    assert "not after its start" in error_line


def test_a_time_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error_line = complaint(
        capsys,
        "diagnose",
        "--logs",
        str(tmp_path),
        "--resource",
        LOBBY,
        "--from",
        "noon",
        "--to",
        "2026-11-20",
    )

    assert "--from: 'noon' is not a time; expected ISO 8601" in error_line


def test_an_arm_id_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", "lobby", *NIGHT)

    assert "'lobby' is not an ARM resource id; expected /subscriptions/" in error_line


def test_a_playbook_that_does_not_exist_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error_line = complaint(
        capsys, "diagnose", "--logs", str(tmp_path), "--playbook", "horoscope", "--resource", LOBBY, *NIGHT
    )

    assert "no playbook 'horoscope'" in error_line
    assert DROPS in error_line


def test_a_playbook_of_another_service_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error_line = complaint(
        capsys,
        "diagnose",
        "--logs",
        str(tmp_path),
        "--playbook",
        "acs-chat-message-delivery",
        "--resource",
        LOBBY,
        *NIGHT,
    )

    assert "microsoft.signalrservice/webpubsub" in error_line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            "### `slow-client`\n\n```probe",
            "### `fast-client`\n\n```probe",
            "fast-client",
            id="a missing check",
        ),
        pytest.param(
            "| `slow-client` |",
            "| `ping-timeout` |",
            "two hypotheses have the id 'ping-timeout'",
            id="one id twice",
        ),
    ],
)
def test_a_playbook_that_does_not_load_is_refused_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    assert old in PAGE
    write_connects(tmp_path)
    (library / "own.md").write_text(PAGE.replace(old, new, 1), encoding="utf-8")

    complained = complaint(
        capsys, "diagnose", "--logs", str(tmp_path), "--library", str(library), "--resource", LOBBY, *NIGHT
    )

    assert "own.md:" in complained
    assert said in complained


def test_a_workspace_that_is_no_guid_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    error_line = complaint(capsys, "diagnose", "--workspace", "night-logs", "--resource", LOBBY, *NIGHT)

    assert "'night-logs' is not a GUID" in error_line


def test_without_a_login_the_diagnosis_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # there is no `az` either
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    guid = "11111111-2222-3333-4444-555555555555"

    assert (
        main(["diagnose", "--workspace", guid, "--playbook", DROPS, "--resource", LOBBY, *NIGHT, "--json"])
        == 3
    )

    document = json.loads(capsys.readouterr().out)
    assert document["conclusion"] == "failed"
    assert "Azure CLI not found" in document["hypotheses"][0]["summary"]


def test_a_missing_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--resource" in complaint(capsys, "diagnose", "--logs", "somewhere", *NIGHT)


def test_a_case_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no case 'atlantis'" in complaint(capsys, "replay", "atlantis")


def test_prints_the_complete_text_of_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", DROPS, "symptom", "--resource", LOBBY, *NIGHT]) == 0

    text = capsys.readouterr().out
    assert text.startswith("let windowStart = datetime(2026-11-20T03:00:00Z);")
    assert LOBBY.lower() in text


def test_lists_the_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases"]) == 0
    assert "seed-thread-1006" in capsys.readouterr().out


def test_a_complaint_shows_no_secret_and_no_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path, '{"TimeGenerated": "alice@contoso.com AccessKey=Qm9iU2VjcmV0Qm9iU2VjcmV0"}')

    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT)

    assert "TimeGenerated" in error_line
    assert "alice" not in error_line
    assert "Qm9i" not in error_line


def test_warns_when_every_row_belongs_to_another_resource(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = {"TimeGenerated": "2026-11-20T03:00:00Z", "_ResourceId": LOBBY + "2"}
    write_connects(tmp_path, json.dumps(foreign))

    main(["diagnose", "--logs", str(tmp_path), "--playbook", DROPS, "--resource", LOBBY, *NIGHT, "--json"])

    assert "the first belongs to " + LOBBY.lower() + "2" in capsys.readouterr().err


def test_warns_of_rows_without_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path, json.dumps({"When": "2026-11-20T03:00:00Z", "_ResourceId": LOBBY}))

    main(["diagnose", "--logs", str(tmp_path), "--playbook", DROPS, "--resource", LOBBY, *NIGHT, "--json"])

    assert "1 of 1 rows of WebPubSubConnectivity have no TimeGenerated" in capsys.readouterr().err


def test_writes_card_and_report_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path / "logs")

    diagnosed(capsys, tmp_path / "logs", "--playbook", DROPS, "--out", str(tmp_path / "out"))

    assert {"card.json", "diagnosis.json", "report.md"} == {
        file.name for file in (tmp_path / "out").iterdir()
    }


def test_a_case_of_an_unknown_playbook_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incident = {"playbook": "horoscope", "resource": LOBBY, "from": "2026-11-20", "to": "2026-11-21"}
    (tmp_path / "incident.json").write_text(
        json.dumps({**incident, "expect": {"conclusion": "supported"}}), encoding="utf-8"
    )

    assert "there is no playbook 'horoscope'" in complaint_after_story(capsys, tmp_path)


def complaint_after_story(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    assert exit_status("replay", str(folder)) == 2
    return capsys.readouterr().err


def test_the_page_in_the_documentation_loads(tmp_path: Path) -> None:
    documented = (Path(__file__).parents[2] / "docs" / "playbooks.md").read_text(encoding="utf-8")
    page = documented.split("````markdown\n")[1].split("````")[0]
    (tmp_path / "lines-drop.md").write_text(page, encoding="utf-8")

    assert ["lines-drop"] == list(load_library(tmp_path))


def test_leaves_quietly_when_nobody_reads_on() -> None:
    command = [sys.executable, "-m", "local", "query", DROPS, "symptom", "--resource", LOBBY, *NIGHT]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        complained = process.stderr.read()

    assert complained == b""
    assert 141 == process.returncode


@pytest.fixture
def _children_hear_ctrl_c() -> Iterator[None]:
    """Let processes that this one starts hear Ctrl-C, also where it was itself started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_children_hear_ctrl_c")
def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "asked")
    asked = os.open(tmp_path / "asked", os.O_RDONLY | os.O_NONBLOCK)
    login = tmp_path / "az"  # a login that never comes
    login.write_text(f"#!/bin/sh\necho > {tmp_path / 'asked'}\nexec sleep 60\n", encoding="utf-8")
    login.chmod(0o700)
    workspace = ["--workspace", "11111111-2222-3333-4444-555555555555", "--resource", LOBBY, *NIGHT]
    command = [sys.executable, "-m", "local", "diagnose", *workspace]
    environment = {name: value for name, value in os.environ.items() if name != "IDENTITY_ENDPOINT"}
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"

    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert select.select([asked], [], [], 60)[0]
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=30)

    os.close(asked)
    assert ((b"", b""), 130) == (told, process.returncode)


@pytest.mark.usefixtures("_children_hear_ctrl_c")
def test_ctrl_c_ends_a_replay_of_all_cases_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local", "replay", "--all", "--out", str(tmp_path)]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            while not plays_of(process.pid):
                assert process.poll() is None
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of the group hears it
            told = process.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    assert ((b"", b""), 130) == (told, process.returncode)


def plays_of(parent: int) -> list[int]:
    """Return the processes of a replay that play cases."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8").split()
    return [int(child) for child in children if b"spawn_main" in command_of(int(child))]


def command_of(process: int) -> bytes:
    """Return the command line of a process, empty where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_looks_at_a_whole_folder_and_tells_scripts_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path)

    assert 12 == exit_status("diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT, "--exit-code")
    assert "Conclusion: no-data" in capsys.readouterr().out


def test_a_folder_without_any_table_is_refused_with_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path, '{"When": "soon"}', name="heartbeats.json")

    error_line = complaint(capsys, "diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT)

    assert "heartbeats.json (table 'heartbeats' is not known" in error_line
    assert "expected files such as WebPubSubConnectivity.csv" in error_line


def test_what_was_not_read_stands_in_the_report_and_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_connects(tmp_path / "logs")
    write_connects(tmp_path / "logs", "PK", name="night\x1b[31m.xlsx")
    out = tmp_path / "out"

    source = ["--logs", str(tmp_path / "logs"), "--playbook", HANDLERS]
    main(["diagnose", *source, "--resource", LOBBY, *NIGHT, "--out", str(out)])

    captured = capsys.readouterr()
    assert "Not read: night" in captured.out
    assert "\x1b" not in captured.out + captured.err
    assert "## Input that was not read" in (out / "report.md").read_text(encoding="utf-8")
    assert "xlsx" in json.loads((out / "diagnosis.json").read_text(encoding="utf-8"))["unread"][0]["file"]


def test_piped_output_is_as_wide_as_columns_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_connects(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")

    main(["diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT, "--playbook", HANDLERS])

    lines = capsys.readouterr().out.splitlines()
    assert 60 == max(
        len(line) for line in lines if not line.startswith("linekeeper ")
    )  # a command stays whole


def test_progress_is_told_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_connects(tmp_path)
    source = ["diagnose", "--logs", str(tmp_path), "--resource", LOBBY, *NIGHT, "--playbook", HANDLERS]

    main(source)
    assert "checks" not in capsys.readouterr().err
    main([*source, "--progress"])

    lines = capsys.readouterr().err.splitlines()
    done, _, every = lines[-1].split(" checks")[0].partition(" of ")
    assert done == every
