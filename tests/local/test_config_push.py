"""Configuration is changed from a laptop, in real storage, and the app reads it there before its package."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import HttpResponseError

from local.__main__ import main
from shared.app.runtime import Runtime
from shared.app.stores import config_files, good_files, incidents, silences
from shared.clock import SystemClock
from shared.cloud.storage.account import Storage
from shared.cloud.storage.notices.silences import TableSilences
from shared.configuration.versions.good import LOOK
from shared.configuration.versions.judge import FILES
from shared.errors import LinekeeperError
from shared.incidents.lifecycle import respond
from shared.notices.routing.silence import card_silence
from shared.races import LostRaceError
from shared.settings import Settings
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import broken_lobby
from tests.notices.fake_outbox import StandingClock

if TYPE_CHECKING:
    from collections.abc import Mapping

RECEIVERS = "receivers:\n  - {name: on-call, webhook: TEAMS_WEBHOOK_URL}\n"
LOBBY = "/subscriptions/5f/resourceGroups/rt/providers/Microsoft.SignalRService/webPubSub/lobby"


@pytest.fixture
def environment(
    storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> "Mapping[str, str]":
    """Put an app with a container into the environment, and a folder with two files on the laptop."""
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    (tmp_path / "silences.yaml").write_text("# none\n", encoding="utf-8")
    settings = {**storage_environment, "CONFIG_FOLDER": str(tmp_path), "CONFIG_CONTAINER": "team-files"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def app(environment: "Mapping[str, str]", tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Return an app whose package has no files."""
    folder = str(tmp_path_factory.mktemp("package"))
    return Runtime(Settings.from_environment({**environment, "CONFIG_FOLDER": folder}), StandingClock(NOW))


def names_of(app: Runtime) -> list[str]:
    return [receiver.name for receiver in app.configuration().receivers.receivers]


@pytest.mark.usefixtures("environment")
def test_what_is_pushed_counts_within_seconds(
    app: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ["default"] == names_of(app)

    assert 0 == main(["config", "push"])
    assert "2 of 2 files are stored in the container team-files" in capsys.readouterr().out
    assert ["default"] == names_of(app)
    app.clock.goes_on(LOOK)  # type: ignore[attr-defined]
    assert ["on-call"] == names_of(app)

    (tmp_path / "receivers.yaml").write_text(RECEIVERS.replace("on-call", "leads"), encoding="utf-8")
    assert 0 == main(["config", "push", "receivers"])
    shown = capsys.readouterr().out
    assert "-  - {name: on-call" in shown
    assert "+  - {name: leads" in shown
    container = app.storage.container("team-files")
    assert 2 == len(list(container.list_blobs("receivers", include=["snapshots"])))
    assert 0 == main(["config", "push"])
    assert "Nothing to store" in capsys.readouterr().out


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("receivers:\n\t- {name: on-call}\n", "receivers.yaml:2: it is not valid YAML"),
        (RECEIVERS + "routes: [{to: [on-call], match: {symptom: lobby-on-fire}}]\n", "unknown symptom"),
        (RECEIVERS + "# password: hunter2hunter2\n", "receivers.yaml:3: what looks like a secret"),
    ],
)
def test_a_wrong_file_is_told_and_none_is_stored(
    app: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    (tmp_path / "receivers.yaml").write_text(text, encoding="utf-8")

    assert 2 == main(["config", "push"])
    assert complaint in capsys.readouterr().out
    assert [] == list(app.storage.container("team-files").list_blobs())


@pytest.mark.usefixtures("environment")
def test_a_file_that_watches_nothing_is_not_pushed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "resources.yaml").write_text("resources: []\n", encoding="utf-8")

    assert (2, 0) == (main(["config", "push"]), main(["config"]))
    assert "it names no resource, so nothing is watched" in capsys.readouterr().out


@pytest.mark.usefixtures("environment")
def test_a_dry_run_stores_nothing(app: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["config", "push", "--dry-run"])
    assert "2 of 2 files would be stored" in capsys.readouterr().out
    assert [] == list(app.storage.container("team-files").list_blobs())


@pytest.mark.usefixtures("environment")
def test_a_silence_begins_is_listed_and_ends(app: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    add = [
        "silence",
        "add",
        "--reason",
        "load test",
        "--match",
        "severity=3,4",
        "--match",
        "resource=*/lobby",
        "--for",
        "2h",
    ]
    assert 0 == main(add)
    identifier = capsys.readouterr().out.split()[0]
    (silence,) = app.configuration().silences
    assert (identifier, (3, 4), ("*/lobby",)) == (silence.id, silence.match.severity, silence.match.resource)
    assert silence.start is not None
    assert silence.end == silence.start + timedelta(hours=2)

    assert 0 == main(["silence", "list"])
    listed = capsys.readouterr().out
    assert "active" in listed
    assert identifier in listed
    assert 0 == main(["silence", "expire", identifier])
    app.clock.goes_on(LOOK)  # type: ignore[attr-defined]
    assert () == app.configuration().silences
    assert 2 == main(["silence", "expire", identifier])


def silenced_from_its_card(app: Runtime) -> tuple[str, str]:
    """Return the id of a silence that somebody made now, and that of its incident."""
    now = SystemClock().now()
    kept = incidents(app.storage)
    lobby = kept.create(broken_lobby(), None)
    silence = card_silence(lobby.id, "ada (unverified)", now, reason="silenced from its card")
    silences(app.storage, ()).put(silence)
    assert silence.end is not None
    kept.save(respond.silenced(lobby, 0, silence.end, silence.by, now).incident)
    return silence.id, lobby.id


@pytest.mark.usefixtures("environment")
def test_a_silence_from_a_card_is_listed_beside_those_of_the_file_and_ends(
    app: Runtime, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # a narrow table folds names
    assert 0 == main(["silence", "add", "--reason", "test", "--match", "severity=4", "--for", "2h"])
    identifier, lobby = silenced_from_its_card(app)
    capsys.readouterr()

    assert 0 == main(["silence", "list"])
    listed = capsys.readouterr().out
    expected = (
        identifier,
        "(by ada",
        "1 silences of silences.yaml",
        "1 made from a card or a notice.",
    )
    assert [] == [part for part in expected if part not in listed]
    assert 0 == main(["silence", "expire", identifier])
    ended = incidents(app.storage).get(lobby)
    assert ended is not None
    assert (None, "silence ended") == (ended.silence, ended.timeline[-1].what)
    assert () == silences(app.storage, ()).made(SystemClock().now())
    assert 2 == main(["silence", "expire", identifier])


@pytest.mark.usefixtures("environment")
def test_of_two_silences_over_an_incident_one_goes_on(app: Runtime) -> None:
    identifier, lobby = silenced_from_its_card(app)
    other = card_silence(lobby, "grace", SystemClock().now(), reason="silenced from its card", link="other")
    silences(app.storage, ()).put(other)

    assert 0 == main(["silence", "expire", identifier])
    goes_on = incidents(app.storage).get(lobby)
    assert goes_on is not None
    assert goes_on.silence is not None
    assert [other.id] == [silence.id for silence in silences(app.storage, ()).made(SystemClock().now())]


def test_who_may_not_read_the_tables_sees_the_file_and_what_would_help(
    environment: "Mapping[str, str]", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise HttpResponseError(
            "This request is not authorized to perform this operation using this permission."
        )

    monkeypatch.setattr(TableSilences, "made", refused)

    assert 0 == main(["silence", "list"])
    out = capsys.readouterr().out
    assert "0 silences of silences.yaml" in out
    assert "Storage Table Data Contributor" in out
    assert 0 != main(["silence", "expire", "card-lobby.failures.1-0-1-2"])
    assert "Storage Table Data Contributor" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--match", "colour=red", "--for", "2h"], "--match: 'colour=red' is not a matcher"),
        (["--match", "severity=high", "--for", "2h"], "'severity' is a text ('high')"),
        (["--match", "severity=9", "--for", "2h"], "'severity' is 9"),
        (["--match", "owner=bob", "--for", "soon"], "--for: 'soon' is not a length"),
        (["--match", "owner=bob", "--end", "2026-11-12"], "--end: '2026-11-12' is not a moment"),
        (["--match", "owner=bob", "--end", "2020-01-01T00:00:00Z"], "--end: 2020-01-01T00:00:00Z is over"),
        (["--match", "owner=bob", "--start", "2099-01-02T00:00:00Z", "--end", "2099-01-01T00:00:00Z"], "'end' is not after 'start'"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("environment")
def test_a_silence_that_says_nothing_usable_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["silence", "add", "--reason", "x", *arguments])
    assert complaint in capsys.readouterr().err


def test_the_watch_keeps_good_versions_for_a_cold_start(
    app: Runtime, environment: "Mapping[str, str]"
) -> None:
    main(["config", "push"])
    app.files.keep([app.files.version(file) for file in FILES])
    app.storage.container("team-files").upload_blob("receivers.yaml", b"\t- broken", overwrite=True)

    fresh = Runtime(app.settings, app.clock)

    assert ["on-call"] == names_of(fresh)
    with pytest.raises(
        LinekeeperError, match=r"^receivers.yaml:1: .* until then the version of .* UTC counts"
    ):
        fresh.configuration().require("receivers")
    kept = good_files(lambda: fresh.storage).read("receivers.yaml")
    assert kept is not None
    assert (RECEIVERS.encode(), "container") == (kept.content, kept.origin)


def test_a_file_is_asked_for_by_its_tag_and_written_over_what_was_read(storage: Storage) -> None:
    files = config_files(lambda: storage, "team-files")
    assert files.read("receivers.yaml") is None
    first = files.write("receivers.yaml", b"a: 1", None)

    assert first is files.read("receivers.yaml", first)
    assert first == files.read("receivers.yaml")
    with pytest.raises(LostRaceError):
        files.write("receivers.yaml", b"a: 2", None)
    second = files.write("receivers.yaml", b"a: 2", first)
    with pytest.raises(LostRaceError):
        files.write("receivers.yaml", b"a: 3", first)
    storage.container("team-files").delete_blob("receivers.yaml", delete_snapshots="include")
    with pytest.raises(LostRaceError):
        files.write("receivers.yaml", b"a: 3", second)
    assert files.read("receivers.yaml", second) is None
