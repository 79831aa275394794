"""What `judge` makes of callers and of background, and which callers are set aside, at their edges."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.weigh import Cell, weigh
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
SCOPE = Scope(("/subscriptions/s1",), Window(NINE, NINE + timedelta(hours=1)))

Event = tuple[int, bool, bool, str]  # minute, is bad, is a hit, caller


def rows(check: str) -> list[dict[str, object]]:
    answer = kql.run(Workspace(), complete(check, SCOPE))
    names = [name for name, _ in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows()]


def judged(events: Iterable[Event]) -> dict[str, object]:
    cells = ", ".join(
        f'datetime({NINE + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}), {str(is_bad).lower()}, {str(hit).lower()}, "{caller}"'
        for minute, is_bad, hit, caller in events
    )
    columns = "TimeGenerated:datetime, IsBad:bool, Hit:bool, Caller:string"
    (row,) = rows(f"datatable({columns})[{cells}]\n| invoke judge()")
    return row


def loud(callers: Sequence[tuple[str, float, float]]) -> set[object]:
    """The callers that are set aside, of some with their bad and their good events."""
    cells = ", ".join(
        f'{is_bad}, {float(weight)}, "{caller}"'
        for caller, bad, good in callers
        for is_bad, weight in (("true", bad), ("false", good))
    )
    return {row["Caller"] for row in rows(f"datatable(IsBad:bool, Weight:real, Caller:string)[{cells}]\n| invoke loudCallers()")}  # fmt: skip


def people(count: int, bad: float, good: float = 0.0) -> list[tuple[str, float, float]]:
    return [(f"user-{number}", bad, good) for number in range(count)]


def healthy(count: int, callers: int = 50) -> list[Event]:
    return [(minute % 60, False, False, f"user-{minute % callers}") for minute in range(count)]


def failing(minutes: Iterable[int], each: int, *, hit: bool, callers: int = 5) -> list[Event]:
    return [(minute, True, hit, f"user-{number % callers}") for minute in minutes for number in range(each)]


def cells(events: Sequence[Event]) -> list[Cell]:
    """The same events as a metric has them: counted, without callers."""
    buckets: dict[int, list[Event]] = {}
    for event in events:
        buckets.setdefault(event[0] // 5, []).append(event)
    return [
        Cell(
            NINE + timedelta(minutes=5 * place),
            total=len(those),
            bad=sum(is_bad for _, is_bad, _, _ in those),
            hits=sum(is_bad and hit for _, is_bad, hit, _ in those),
            hit_at=min((NINE + timedelta(minutes=at) for at, is_bad, hit, _ in those if is_bad and hit), default=None),
        )
        for place, those in sorted(buckets.items())
    ]  # fmt: skip


A_BURST_BESIDE_BACKGROUND = [
    *healthy(600),
    *failing(range(60), 1, hit=True),
    *failing(range(40, 60), 15, hit=False),
    *failing([50], 30, hit=True),
]
# 5 in five minutes from the start on, and 30 more from 09:20 on.
A_FIFTH_OF_THE_FAULT = [
    *healthy(600),
    *failing(range(60), 1, hit=True),
    *failing(range(20, 60), 6, hit=False),
]
# About 52 in each five minutes, 66 in the busiest: its first bucket is as much the fault as its last.
ONE_LONG_FAULT = [
    *healthy(600),
    *failing(range(0, 60, 5), 50, hit=True),
    *failing([40], 16, hit=True),
    *failing([50, 55], 6, hit=True),
    (58, True, True, "user-1"),
]
# 15 in ten minutes from 09:10 on, and 60 from 09:30 on.
A_SMALLER_FAULT_FIRST = [
    *healthy(600),
    *failing(range(10, 60, 2), 3, hit=True),
    *failing(range(30, 60), 12, hit=False),
]


def test_a_second_fault_of_several_callers_is_minor() -> None:
    row = judged([*healthy(500), *failing(range(10, 20), 17, hit=False), *failing(range(10, 20), 4, hit=True, callers=4)])  # fmt: skip

    assert ("minor", 40, 210, 4) == (row["Verdict"], row["Hits"], row["Bad"], row["Callers"])


def test_so_many_events_of_one_caller_are_not() -> None:
    row = judged([*healthy(500), *failing(range(10, 20), 17, hit=False), *failing(range(10, 20), 4, hit=True, callers=1)])  # fmt: skip

    assert ("refuted", 1) == (row["Verdict"], row["Callers"])


def test_callers_are_unknown_where_none_is_named() -> None:
    events = [(minute, True, True, "") for minute in range(30)]

    assert ("supported", None) == (judged(events)["Verdict"], judged(events)["Callers"])


def test_nothing_at_all_is_no_data() -> None:
    assert ("no-data", 0) == (judged([])["Verdict"], judged([])["Total"])


def test_failures_that_ran_before_the_onset_at_the_same_rate_explain_nothing() -> None:
    usual = failing(range(60), 1, hit=True)
    fault = failing(range(40, 60), 15, hit=False)
    row = judged([*healthy(600), *usual, *fault])

    assert ("refuted", 60, 360, 0.0) == (row["Verdict"], row["Hits"], row["Bad"], row["Beyond"])


def test_a_cause_is_weighed_without_the_background_beside_it() -> None:
    usual = failing(range(60), 2, hit=False)
    fault = failing(range(40, 60), 2, hit=True)
    row = judged([*healthy(600), *usual, *fault, *failing([50], 60, hit=True)])

    assert ("supported", 100.0) == (row["Verdict"], row["Beyond"])


def test_a_burst_that_was_over_before_the_onset_stays() -> None:
    row = judged([*healthy(600), *failing(range(5), 6, hit=True), *failing(range(40, 60), 20, hit=False)])

    assert ("minor", 30.0) == (row["Verdict"], row["Beyond"])


def test_failures_at_a_fifth_of_the_fault_are_background_too() -> None:
    row = judged(A_FIFTH_OF_THE_FAULT)

    assert ("refuted", 60, 300, 0.0) == (row["Verdict"], row["Hits"], row["Bad"], row["Beyond"])


def test_a_fault_that_lasts_the_whole_window_is_not_its_own_background() -> None:
    row = judged(ONE_LONG_FAULT)

    assert ("supported", 629.0) == (row["Verdict"], row["Beyond"])


def test_a_smaller_fault_that_began_earlier_in_the_window_is_not_background() -> None:
    row = judged(A_SMALLER_FAULT_FIRST)

    assert ("minor", 75.0) == (row["Verdict"], row["Beyond"])


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(A_BURST_BESIDE_BACKGROUND, id="a burst beside background"),
        pytest.param(A_FIFTH_OF_THE_FAULT, id="a fifth of the fault"),
        pytest.param(ONE_LONG_FAULT, id="one long fault"),
        pytest.param(A_SMALLER_FAULT_FIRST, id="a smaller fault first"),
    ],
)
def test_metrics_and_logs_find_the_same_background(events: Sequence[Event]) -> None:
    weighing, row = weigh(cells(events)), judged(events)

    assert (str(weighing.verdict), round(weighing.strength, 9)) == (
        row["Verdict"],
        round(float(str(row["Strength"])), 9),
    )


def test_one_client_in_a_loop_is_set_aside() -> None:
    robot = ("robot", 600.0, 3.0)

    assert {"robot"} == loud([robot, *people(1000, 0.0, 3.0)])  # a healthy lobby
    assert {"robot"} == loud([robot, *people(25, 6.0)])  # beside a fault of 25 people
    assert {"robot"} == loud([robot, ("", 0.0, 900.0)])  # beside events that name no caller


def test_a_caller_with_as_many_failures_as_the_others_is_not() -> None:
    assert set() == loud([("robot", 60.0, 0.0), *people(25, 6.0)])
    assert {"robot"} == loud([("robot", 61.0, 0.0), *people(25, 6.0)])


def test_fewer_than_20_failures_are_never_loud() -> None:
    assert set() == loud([("robot", 19.0, 0.0), *people(1000, 0.0, 3.0)])
    assert {"robot"} == loud([("robot", 20.0, 0.0), *people(1000, 0.0, 3.0)])


def test_nobody_is_set_aside_in_a_lab() -> None:
    assert set() == loud([("robot", 600.0, 0.0), *people(2, 0.0, 3.0)])
    assert {"robot"} == loud([("robot", 600.0, 0.0), *people(3, 0.0, 3.0)])


def test_more_than_three_loud_callers_are_a_fault_of_several() -> None:
    kiosks = [(f"kiosk-{number}", 200.0, 0.0) for number in range(4)]

    assert set() == loud([*kiosks, *people(40, 1.0)])
    assert 3 == len(loud([*kiosks[:3], *people(40, 1.0)]))


def test_events_without_a_caller_are_never_loud() -> None:
    assert set() == loud([("", 900.0, 0.0), *people(25, 6.0)])
