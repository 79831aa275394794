"""An edit never leaves the app with less than the last good version of a file, wherever it is edited."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_files import FakeFiles
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration.files.folder import Folder
from shared.configuration.receivers import usable_receivers
from shared.configuration.versions.good import LOOK, GoodFiles, Version
from shared.configuration.versions.judge import FILES, problems_of
from shared.configuration.versions.store import FileOrigin
from shared.errors import InputError, LinekeeperError
from tests import drawn

FILE = "receivers.yaml"
ON_CALL = b"receivers:\n  - {name: on-call, webhook: TEAMS_WEBHOOK_URL}\n"
LEADS = b"receivers:\n  - {name: leads, webhook: TEAMS_LEADS_URL}\n"
TAB = ON_CALL.replace(b"  - ", b"\t- ")
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
LOBBY = b"resources:\n  - /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/chat/providers/Microsoft.SignalRService/webPubSub/lobby\n"


@dataclass
class MovedClock:
    moment: datetime = datetime(2026, 11, 21, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def judge(file: str, folder: Folder) -> Sequence[InputError]:
    return problems_of(file, folder, WORKSPACE)


@dataclass
class House:
    """A package, perhaps a container, and processes of the app that come and go."""

    package: Path
    has_container: bool = False
    clock: MovedClock = field(default_factory=MovedClock)

    def __post_init__(self) -> None:
        self.edited = FakeFiles(self.clock)
        self.kept = FakeFiles(self.clock)
        self.start()

    def start(self) -> None:
        """Let another process begin, which knows nothing."""
        self.files = GoodFiles(
            self.package,
            judge,
            self.clock,
            edited=(lambda: self.edited) if self.has_container else None,
            kept=lambda: self.kept,
        )

    def edit(self, content: bytes | None, file: str = FILE) -> None:
        """Edit a file of the package; None removes it."""
        if content is None:
            (self.package / file).unlink(missing_ok=True)
        else:
            (self.package / file).write_bytes(content)

    def push(self, content: bytes | None) -> None:
        """Edit a file of the container; None removes it."""
        if content is None:
            self.edited.kept.pop(FILE, None)
        else:
            self.edited.put(FILE, content)

    def later(self) -> None:
        self.clock.moment += LOOK

    def storage_is(self, *, down: bool) -> None:
        """Let storage fail, or answer again, some seconds ago."""
        self.later()
        self.edited.is_down = self.kept.is_down = down

    def watch(self, file: str = FILE) -> Version:
        version = self.files.version(file)
        self.files.keep([version])
        return version


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


BROKEN = {
    "a tab": TAB,
    "a misspelt key": ON_CALL.replace(b"webhook", b"webhoook"),
    "cut in the middle": ON_CALL[:40],
    "not UTF-8": ON_CALL + b"# caf\xe9\n",
    "a secret": ON_CALL + b"# password: hunter2hunter2\n",
    "a route to nobody": ON_CALL + b"routes: [{to: [nobody]}]\n",
    "another kind": b"- on-call\n",
    "removed": None,
}


@pytest.mark.parametrize("edit", BROKEN.values(), ids=BROKEN)
def test_an_edit_that_breaks_a_file_leaves_the_last_good_version(house: House, edit: bytes | None) -> None:
    house.edit(ON_CALL)
    house.watch()
    house.edit(edit)

    version = house.watch()

    assert (ON_CALL, True) == (version.content, bool(version.problems))
    assert "the version of 2026-11-21 10:00 UTC" == version.instead


@pytest.mark.parametrize("edit", BROKEN.values(), ids=BROKEN)
def test_the_last_good_version_survives_a_cold_start(house: House, edit: bytes | None) -> None:
    house.edit(ON_CALL)
    house.watch()
    house.edit(edit)
    house.start()

    assert ON_CALL == house.files.version(FILE).content


def test_a_mended_file_counts_at_once(house: House) -> None:
    house.edit(ON_CALL)
    house.watch()
    house.edit(TAB)
    house.watch()
    house.edit(LEADS)

    assert (LEADS, (), "") == (
        house.files.version(FILE).content,
        house.files.version(FILE).problems,
        house.files.version(FILE).instead,
    )


def test_what_is_right_of_a_first_version_counts(house: House) -> None:
    """Nothing better is known: one wrong entry does not silence the others."""
    house.edit(ON_CALL + LEADS.removeprefix(b"receivers:\n").replace(b"webhook", b"webhoook"))

    version = house.watch()
    routing, _ = usable_receivers(version.folder)

    assert (["on-call"], "") == ([receiver.name for receiver in routing.receivers], version.instead)
    assert version.problems


def test_a_file_that_never_was_means_the_defaults(house: House) -> None:
    version = house.watch()

    assert (None, (), "") == (version.content, version.problems, version.instead)


@pytest.mark.parametrize("edit", [b"resources: []\n", b"resources:\n", b"", None])
def test_watching_nothing_is_no_good_version(house: House, edit: bytes | None) -> None:
    house.edit(LOBBY, "resources.yaml")
    house.watch("resources.yaml")
    house.edit(edit, "resources.yaml")
    house.start()
    version = house.files.version("resources.yaml")

    assert LOBBY == version.content
    with pytest.raises(InputError, match=r"resources.yaml.* until then the version of .* counts"):
        version.require()


def test_the_package_needs_no_storage_while_it_is_good(house: House) -> None:
    house.edit(ON_CALL)
    house.storage_is(down=True)

    assert ON_CALL == house.files.version(FILE).content
    assert 0 == house.kept.calls


def test_nobody_guesses_where_storage_does_not_tell_the_last_good_version(house: House) -> None:
    house.edit(TAB)
    house.storage_is(down=True)

    with pytest.raises(LinekeeperError, match="last good version") as refused:
        house.files.version(FILE)

    assert not refused.value.permanent


def test_storage_that_is_down_is_left_alone_for_a_while(house: House) -> None:
    house.storage_is(down=True)
    for file in FILES:
        house.edit(b"- broken\n", file)
        with pytest.raises(LinekeeperError):
            house.files.version(file)

    assert 1 == house.kept.calls


def test_a_function_that_is_run_again_finds_storage_at_once_when_it_is_back(house: House) -> None:
    house.edit(ON_CALL)
    house.watch()
    house.edit(TAB)
    house.start()
    house.storage_is(down=True)
    with pytest.raises(LinekeeperError):
        house.files.version(FILE)
    house.kept.is_down = False

    assert ON_CALL == house.files.version(FILE).content


def test_strangers_do_not_wait_for_storage_again_and_again(house: House) -> None:
    house.edit(TAB)
    house.storage_is(down=True)
    for _ in range(20):
        with pytest.raises(LinekeeperError):
            house.files.version(FILE, waits=False)

    assert 1 == house.kept.calls


def test_a_good_version_is_stored_once_storage_answers(house: House) -> None:
    house.edit(ON_CALL)
    house.storage_is(down=True)
    house.watch()
    house.edit(TAB)
    house.watch()
    house.storage_is(down=False)
    house.watch()
    house.start()

    assert ON_CALL == house.files.version(FILE).content


def test_a_version_that_another_process_stored_later_is_not_replaced_by_an_older_one(house: House) -> None:
    house.edit(ON_CALL)
    house.watch()
    house.later()
    house.kept.put(FILE, LEADS, FileOrigin.PACKAGE)
    house.edit(TAB)
    house.later()

    assert LEADS == house.watch().content
    assert LEADS == house.kept.kept[FILE].content


def test_a_good_version_is_written_once(house: House) -> None:
    house.edit(ON_CALL)
    for _ in range(3):
        house.watch()
        house.start()
        house.later()

    assert 1 == house.kept.writes


EDITS = st.sampled_from([ON_CALL, LEADS, TAB, b"# the defaults\n", None])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["edit", "push"]), EDITS),
    st.tuples(st.sampled_from(["start", "later", "down", "up", "watch", "look"]), st.none()),
)


def step_of(house: House, name: str, content: bytes | None) -> Callable[[], object]:
    return {
        "edit": lambda: house.edit(content),
        "push": lambda: house.push(content),
        "start": house.start,
        "later": house.later,
        "down": lambda: house.storage_is(down=True),
        "up": lambda: house.storage_is(down=False),
        "watch": lambda: None,
        "look": lambda: None,
    }[name]


def is_good(content: bytes | None) -> bool:
    return content is not None and content != TAB


@drawn.examples("edits, cold starts and failures of storage", 150, 5000)
@given(st.booleans(), st.lists(STEPS, max_size=25))
def test_whatever_happens_the_last_good_version_counts(
    has_container: bool, steps: list[tuple[str, bytes | None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), has_container)
        for name, content in steps:
            step_of(house, name, content)()
            try:
                version = house.watch() if name == "watch" else house.files.version(FILE)
            except LinekeeperError:
                assert house.edited.is_down
                continue
            stored = house.kept.kept.get(FILE)
            assert is_good(version.content) or stored is None
            if not house.has_container and is_good(newest := content_of(house.package / FILE)):
                assert newest == version.content  # an edit of the package counts at once
        house.storage_is(down=False)
        for _ in range(2):
            house.later()
            version = house.watch()
        pushed = house.edited.kept.get(FILE)
        if has_container and pushed is not None and is_good(pushed.content):
            assert pushed.content == version.content
        if is_good(version.content):
            assert house.kept.kept[FILE].content == version.content


def content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def test_an_edit_in_the_container_counts_before_the_package_after_some_seconds(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.edit(ON_CALL)
    house.watch()
    house.push(LEADS)
    before, _, after = house.watch().content, house.later(), house.watch().content

    assert (ON_CALL, LEADS) == (before, after)


def test_a_container_is_asked_once_in_some_seconds(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.push(ON_CALL)
    for _ in range(50):
        house.files.version(FILE)
        house.clock.moment += timedelta(seconds=0.1)

    assert 1 == house.edited.calls


def test_a_file_that_is_gone_from_the_container_is_told_and_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.edit(b"# the defaults\n")
    house.push(ON_CALL)
    house.watch()
    house.push(None)
    house.start()

    version = house.files.version(FILE)

    assert ON_CALL == version.content
    assert "receivers.yaml: it is gone from the container" in str(version.problems[0])


def test_a_first_push_that_is_wrong_leaves_the_file_of_the_package(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.edit(ON_CALL)
    house.push(TAB)

    assert ON_CALL == house.watch().content
    assert house.watch().problems


def test_a_known_version_goes_on_while_the_container_is_down(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.push(ON_CALL)
    house.watch()
    house.storage_is(down=True)

    assert ON_CALL == house.files.version(FILE).content


def test_who_does_not_wait_is_answered_while_the_container_is_asked(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.push(ON_CALL)
    house.files.version(FILE)
    house.push(LEADS)
    house.later()

    assert ON_CALL == house.files.version(FILE, waits=False).content


def test_a_container_that_never_answered_is_an_error_that_passes(tmp_path: Path) -> None:
    house = House(tmp_path, has_container=True)
    house.edit(ON_CALL)
    house.storage_is(down=True)

    with pytest.raises(LinekeeperError, match="nobody knows which version"):
        house.files.version(FILE)
