"""A setting or a line that is missing or wrong: the rest runs on, readiness names it, and nothing is lost."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.azure.azurite import Azurite
from local.host import Host
from local.replay.case import find_case
from local.replay.play import incidents_of
from local.replay.stage import Stage, stage_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Return a stage on which a key was rotated and every row has arrived, before anything looked."""
    monkeypatch.setenv("HEALTH_KEY", "open-sesame")
    with stage_of(find_case("key-rotated-under-the-traders"), azurite) as found:
        found.move_to(found.case.scope.window.end + 15 * MINUTE)
        yield found


def problems(host: Host) -> dict[str, str]:
    """Ask readiness through HTTP what is wrong, by the name of the check."""
    answered = host.request("GET", "/api/health/ready", headers={"X-Health-Key": "open-sesame"})
    checks = json.loads(answered.get_body())["checks"]
    assert answered.status_code == (503 if any(one["problem"] for one in checks) else 200)
    return {one["name"]: one["problem"] for one in checks if not one["ok"]}


def watched(stage: Stage, host: Host) -> list[str]:
    """Watch once, and let everything follow from it; return what has a cause by now."""
    assert host.fire("watch_connectivity").succeeded
    host.drain()
    return [str(one.cause) for one in incidents_of(stage)]


def test_a_wrong_line_is_named_and_blinds_no_other_resource(stage: Stage) -> None:
    folder = Path(os.environ["CONFIG_FOLDER"])
    right = json.dumps(json.loads((folder / "resources.yaml").read_text(encoding="utf-8"))["resources"][0])
    (folder / "resources.yaml").write_text(f"resources:\n  - {right}\n  - lobby\n", encoding="utf-8")
    (folder / "severity.yaml").write_text("rules:\n  - {severity: 9}\n", encoding="utf-8")

    assert ["access-key-rotated"] == watched(stage, stage.host)
    told = problems(stage.host)
    assert {"configuration: resources", "configuration: severity"} == set(told)
    assert told["configuration: resources"].startswith("resources.yaml:3: ")
    assert told["configuration: severity"].startswith("severity.yaml:2: ")


def test_a_token_that_nobody_can_check_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_AUDIENCE", "api://linekeeper")

    assert ["settings: ALERT_TENANT"] == list(problems(stage.host))


def test_a_missing_schedule_stops_its_own_timer_only(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ["access-key-rotated"] == watched(stage, stage.host)
    monkeypatch.delenv("WATCH_SCHEDULE")
    monkeypatch.setenv("TRACK_SCHEDULE", "* * * *")
    host = Host()

    assert {"watch_connectivity", "track_incidents", "set_alert_states"} == set(host.unusable)
    assert 200 == host.request("GET", "/api/health/live").status_code
    told = problems(host)
    assert told["settings: WATCH_SCHEDULE"].startswith("setting WATCH_SCHEDULE: it is missing")
    assert told["settings: TRACK_SCHEDULE"].startswith("setting TRACK_SCHEDULE: '* * * *' has 4 fields")
    assert ["access-key-rotated"] == [str(one.cause) for one in incidents_of(stage)]


def test_a_missing_workspace_is_named_and_what_it_saw_is_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ["access-key-rotated"] == watched(stage, stage.host)
    monkeypatch.delenv("LOGS_WORKSPACE")
    stage.move_to(stage.clock.moment + MINUTE)
    assert stage.host.fire("watch_connectivity").succeeded
    assert stage.host.fire("track_incidents").succeeded
    stage.host.drain()

    assert problems(stage.host)["configuration: resources"].startswith("resources.yaml:1: ")
    assert [True] == [one.is_open for one in incidents_of(stage)]


def test_without_a_channel_the_notices_wait_until_it_is_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = os.environ["TEAMS_WEBHOOK_URL"]
    monkeypatch.delenv("TEAMS_WEBHOOK_URL")

    assert ["access-key-rotated"] == watched(stage, stage.host)
    assert [] == stage.channel.cards
    assert any("TEAMS_WEBHOOK_URL" in name for name in problems(stage.host))
    monkeypatch.setenv("TEAMS_WEBHOOK_URL", address)
    stage.move_to(stage.clock.moment + 20 * MINUTE)
    stage.host.fire("send_due_notices")
    stage.host.drain()
    assert stage.channel.cards
    assert {} == problems(stage.host)
