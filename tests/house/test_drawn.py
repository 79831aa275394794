"""What `make test` runs of a long matrix is drawn by a seed, and said."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests import drawn

NIGHTS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


@dataclass
class Report:
    nodeid: str
    user_properties: list[tuple[str, Any]]


def sampled(parameters: list[Any]) -> list[str]:
    return [one.id for one in parameters if any(mark.name == "sample" for mark in one.marks)]


def test_a_plain_run_takes_what_is_always_run_and_as_many_others_as_it_may() -> None:
    parameters = drawn.cases("nights", NIGHTS, 2, always=["friday"])

    assert NIGHTS == [one.id for one in parameters]
    assert 3 == len(sampled(parameters))
    assert "friday" in sampled(parameters)


def test_the_same_seed_draws_the_same() -> None:
    assert sampled(drawn.cases("nights", NIGHTS, 2)) == sampled(drawn.cases("nights", NIGHTS, 2))


def test_every_case_is_part_of_a_thorough_run() -> None:
    marks = [{mark.name for mark in one.marks} for one in drawn.cases("nights", NIGHTS, 2)]

    assert all("thorough" in names for names in marks)


@pytest.mark.parametrize(("thoroughly", "size"), [(False, 2), (True, 5)])
def test_drawn_items_keep_their_order_and_are_all_there_in_a_thorough_run(
    thoroughly: bool, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_THOROUGHLY", raising=False)
    if thoroughly:
        monkeypatch.setenv("TEST_THOROUGHLY", "yes")

    items = drawn.items("nights", NIGHTS, 2)

    assert size == len(items)
    assert list(items) == sorted(items, key=NIGHTS.index)


def test_says_how_much_of_each_matrix_was_run() -> None:
    reports = [
        Report("test_night[monday]", [("sample", ("nights", 0, 5))]),
        Report("test_night[friday]", [("sample", ["nights", 0, 5])]),  # as another process sends it
        Report("test_lives", [("sample", ("lives", 30, 500))]),
        Report("test_other", []),
    ]

    assert ["30 of 500 lives", "2 of 5 nights"] == drawn.coverage(reports)
