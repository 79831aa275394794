"""What Entra must hold is printed as a script that a shell reads, and names what the code demands."""

import re
import subprocess
from pathlib import Path

import pytest

from local.__main__ import main
from local.deploy.registrations import steps
from shared.cloud.entra import gate

PARTS = ("alerts", "events", "sign-in")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert 0 == main(["entra", *arguments])
    return capsys.readouterr().out


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_a_script_that_a_shell_reads(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = printed(capsys, "--print", part)

    assert 0 == subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode
    assert f"linekeeper-{part}" in script


def test_all_parts_are_printed_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    script = printed(capsys)

    assert ["alerts", "events", "sign-in"] == [part for part in PARTS if f"linekeeper-{part}" in script]


def test_alerts_are_of_the_application_and_the_role_that_the_gate_demands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = printed(capsys, "alerts")

    assert (True, True) == (gate.CALLER in script, f'"value":"{gate.ROLE}"' in script)


def test_every_name_that_a_command_uses_was_found_before() -> None:
    given = {"AZURE_FUNCTION_APP_NAME", "AZURE_RESOURCE_GROUP", "AZURE_WEB_PUBSUB_ID"}
    for part in PARTS:
        known = set(given)
        for step in steps([part], "$AZURE_FUNCTION_APP_NAME", "$AZURE_RESOURCE_GROUP"):
            known |= set(re.findall(r"\b([A-Z_]+)=\$\(", step.command))
            used = set(re.findall(r"\$([A-Z_]+)", step.command))
            assert used <= known, step.why


def test_what_is_run_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("az", "azd"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\necho found\n', encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_WEB_PUBSUB_ID", "/lobby")

    assert 0 == main(["entra", "--run", "--app", "func-1", "--group", "rg-1"])
    calls = (tmp_path / "calls").read_text(encoding="utf-8")
    assert "azd env set ALERT_AUDIENCE api://found" in calls
    assert "azd env set EVENTS_AUDIENCE api://found" in calls
    assert (
        "az webapp auth update --name func-1 --resource-group rg-1 --enabled true --action AllowAnonymous"
        in calls
    )


def test_a_command_that_fails_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "az"
    program.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert 7 == main(["entra", "--run", "events"])


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["entra", "alarms"])

    assert "there is no part alarms; expected alerts, events, sign-in" in capsys.readouterr().err
