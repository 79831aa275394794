"""A file of configuration that an edit broke is told once, until it is right again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.configuration.versions.good import Version
from shared.errors import InputError
from shared.health.configuration_watch import FaultState, announce_broken_files

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
RIGHT = Version("receivers.yaml", b"receivers:\n")


def wrong(*lines: int, instead: str = "the version of 2026-11-21 09:00 UTC") -> Version:
    problems = tuple(
        InputError(f"receivers.yaml:{line}", "it is not valid YAML", "valid YAML") for line in lines
    )
    return Version("receivers.yaml", b"", problems, instead)


@dataclass
class Room:
    """Faults that are remembered, and a channel; both of them in memory."""

    kept: dict[str, FaultState] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, _resource: str) -> Mapping[str, FaultState]:
        return self.kept

    def save(self, _resource: str, states: Sequence[FaultState]) -> None:
        self.kept = {**self.kept, **{state.key: state for state in states}}

    def announce(self, key: str, title: str, text: str, _at: datetime, *_: str, **__: str) -> None:
        self.told.setdefault(key, (title, text))

    def look(self, version: Version) -> int:
        """Look at a file, and return how often anything was told by now."""
        announce_broken_files([version], self, self, TEN)
        return len(self.told)


def test_what_an_edit_broke_is_told_once() -> None:
    room = Room()

    assert [0, 1, 1, 1] == [room.look(each) for each in (RIGHT, wrong(2), wrong(2), wrong(9))]


def test_what_breaks_again_is_told_again() -> None:
    room = Room()

    assert [1, 1, 2] == [room.look(each) for each in (wrong(2), RIGHT, wrong(2))]


def test_says_what_is_wrong_and_what_counts_instead() -> None:
    room = Room()
    room.look(wrong(*range(1, 9)))
    ((title, text),) = room.told.values()

    assert "config/receivers.yaml cannot be used" == title
    assert "receivers.yaml:1: it is not valid YAML" in text
    assert "And 3 more." in text
    assert "Until it is right, the version of 2026-11-21 09:00 UTC counts." in text


def test_says_that_a_part_counts_where_nothing_better_is_known() -> None:
    room = Room()
    room.look(wrong(2, instead=""))
    ((title, text),) = room.told.values()

    assert ("config/receivers.yaml is wrong", True) == (title, "What is right of it counts." in text)
