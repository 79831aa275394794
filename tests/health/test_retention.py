"""What is stored is kept for as long as its setting says, and deleted once an hour, each kind by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.errors import InputError
from shared.health.retention import KINDS, days_kept, delete_old
from tests.incidents.fake_rooms import NOON, FakeMarks

SILENT = {kind.name: "" for kind in KINDS}
HOUR = timedelta(hours=1)


@dataclass
class Attic:
    """Remembers what was asked of it; `left` says how often something is left, `error` what goes wrong."""

    left: int = 0
    error: Exception | None = None
    asked: list[datetime] = field(default_factory=list)

    def forget(self, before: datetime) -> bool:
        self.asked.append(before)
        if self.error is not None:
            raise self.error
        self.left -= 1
        return self.left < 0


@dataclass
class Noted:
    failures: dict[str, str] = field(default_factory=dict)

    def note(self, loop: str, failures: Mapping[str, str]) -> None:
        self.failures = dict(failures)


def attics() -> dict[str, Attic]:
    return {kind.name: Attic() for kind in KINDS}


def test_each_kind_has_its_age() -> None:
    stored = attics()

    delete_old(stored, {**SILENT, "notices": "7"}, FakeMarks(), Noted(), NOON)

    ages = {name: [(NOON - before).days for before in attic.asked] for name, attic in stored.items()}
    assert {
        "alerts": [90],
        "notices": [7],
        "decisions": [90],
        "diagnoses": [90],
        "reports": [400],
        "dead letters": [90],
        "quarantine": [90],
        "incidents": [400],
    } == ages


def test_it_is_done_once_an_hour() -> None:
    marks, stored = FakeMarks(), attics()
    moments = [NOON + minutes * HOUR / 60 for minutes in (0, 1, 59, 60, 61)]

    done = [delete_old(stored, SILENT, marks, Noted(), moment) for moment in moments]

    assert [True, False, False, True, False] == done


def test_a_clock_that_was_a_month_ahead_keeps_nothing_for_longer() -> None:
    marks, stored = FakeMarks(), attics()

    done = [
        delete_old(stored, SILENT, marks, Noted(), NOON + days * 24 * HOUR) for days in (30, 0, 0, 1 / 24)
    ]

    assert [True, True, False, True] == done


def test_where_something_is_left_it_goes_on_a_minute_later() -> None:
    marks, stored = FakeMarks(), attics()
    stored["notices"].left = 2

    done = [delete_old(stored, SILENT, marks, Noted(), NOON + minute * HOUR / 60) for minute in range(4)]

    assert [True, True, True, False] == done


@pytest.mark.parametrize("error", [KeyError("at"), OSError("no route to the account")], ids=repr)
def test_one_kind_that_fails_ends_no_other(error: Exception) -> None:
    stored, noted = attics(), Noted()
    stored["alerts"].error = error

    delete_old(stored, SILENT, FakeMarks(), noted, NOON)

    assert all(attic.asked for attic in stored.values())
    assert ["alerts"] == list(noted.failures)


@pytest.mark.parametrize("text", ["0", "-3", "a year", "1.5", "4000", "٣"])
def test_what_is_no_number_of_days_is_told_and_the_default_counts(text: str) -> None:
    stored = attics()

    delete_old(stored, {**SILENT, "alerts": text}, FakeMarks(), Noted(), NOON)

    assert [NOON - timedelta(days=90)] == stored["alerts"].asked
    with pytest.raises(InputError, match="setting KEEP_ALERTS_DAYS"):
        days_kept(KINDS[0], text)
