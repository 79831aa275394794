"""A file that an edit breaks: what the app goes on with, what it tells, and what readiness says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.app import readiness, watching
from shared.app.pubsub_events import receive_pubsub_event_once
from shared.app.runtime import Runtime
from shared.app.stores import outbox
from shared.app.tokens.negotiating import negotiate_once
from shared.cloud.storage.configuration import BlobFiles
from shared.errors import LinekeeperError
from shared.notices.notice import lane_key
from shared.settings import Settings
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.fake_outbox import StandingClock

LOBBY = "/subscriptions/5f/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
RESOURCES = f"resources:\n  - {LOBBY}\n"
RECEIVERS = "receivers:\n  - {name: on-call, webhook: TEAMS_ON_CALL_URL}\n"
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"

Start = Callable[[], Runtime]


@pytest.fixture
def start(storage_environment: dict[str, str], tmp_path: Path) -> Start:
    """Return what lets another process of the app begin, beside the files of `tmp_path`."""
    (tmp_path / "resources.yaml").write_text(RESOURCES, encoding="utf-8")
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    values = {**storage_environment, "CONFIG_FOLDER": str(tmp_path), "LOGS_WORKSPACE": WORKSPACE}
    return lambda: Runtime(Settings.from_environment(values), StandingClock(NOW))


def look(runtime: Runtime) -> None:
    """Do with the files what a watch does."""
    watching.keep_files(runtime, runtime.configuration())


def told(runtime: Runtime, file: str, time: int) -> int:
    return len(outbox(runtime.storage).of(lane_key(f"config/{file} {time}", "on-call")))


def test_broken_files_leave_what_is_watched_and_who_is_told_and_are_told_once(
    start: Start, tmp_path: Path
) -> None:
    """Ten minutes of a tab ended in a receiver that does not exist, and in a watch of nothing."""
    look(start())
    for file, text in (("resources.yaml", RESOURCES), ("receivers.yaml", RECEIVERS)):
        (tmp_path / file).write_text(text.replace("  -", "\t-"), encoding="utf-8")
    for app in (start(), start()):
        look(app)

    configuration = app.configuration()
    assert [LOBBY] == [resource.id for resource in configuration.resources]
    assert ["on-call"] == [receiver.name for receiver in configuration.receivers.receivers]
    assert [1, 1] == [told(app, "resources.yaml", 1), told(app, "receivers.yaml", 1)]
    with pytest.raises(
        LinekeeperError, match=r"^resources.yaml:2: .* until then the version of .* UTC counts"
    ):
        configuration.require("resources")

    (tmp_path / "resources.yaml").write_text(RESOURCES, encoding="utf-8")
    look(app)
    app.configuration().require("resources")
    (tmp_path / "resources.yaml").unlink()
    look(app)
    assert [1, 1, 0] == [told(app, "resources.yaml", time) for time in (1, 2, 3)]


def test_a_file_that_names_no_resource_is_not_ready(start: Start, tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").write_text("resources: []\n", encoding="utf-8")

    with pytest.raises(
        LinekeeperError, match=r"^resources\.yaml: it names no resource, so nothing is watched"
    ):
        start().configuration().require("resources")


def test_while_nobody_knows_what_counts_callers_come_later_and_readiness_says_so(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("tokens.yaml", "events.yaml"):
        (tmp_path / file).write_text("- [", encoding="utf-8")

    def silent(*_: object) -> None:
        raise LinekeeperError("storage does not answer: it is down", permanent=False)

    monkeypatch.setattr(BlobFiles, "read", silent)
    app = start()

    assert 503 == negotiate_once("lobby", {}, b"", {}, app).status
    assert 503 == receive_pubsub_event_once("POST", "lobby", {}, b"{}", app).status
    checks = {probe.name: probe.check for probe in readiness.probes(app)}
    with pytest.raises(LinekeeperError, match=r"nobody knows the last good version of tokens\.yaml"):
        checks["negotiating"]()
