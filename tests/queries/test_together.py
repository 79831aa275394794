"""Checks that are put together into one query are answered as each is alone, and those that it fails are asked singly."""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import Run
from shared.queries.together import answers_of, can_join, together
from tests.queries.test_run import SCOPE, FakeLogs

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
FOUR = "Verdict, Strength, Summary, Onset"


def check(name: str, *numbers: str) -> str:
    """Return a check of a page; its name stands in it."""
    return f'{name}\n| where Message == "a | b, c"\n| project {", ".join((FOUR, *numbers))}'


PINGS, RELOADS = check("pings", "Total", "Share = 1.0 * Hits / Bad"), check("reloads")
OPEN = "open\n| project Text, Events, Callers, Total"
FIVE = [PINGS, RELOADS, *(check(f"cause{number}", "Total") for number in range(3))]


def packed(place: int, numbers: Mapping[str, object], verdict: str = "refuted") -> Mapping[str, object]:
    """Return a row of the query of several checks."""
    own = {"Verdict": verdict, "Strength": 0.1, "Summary": "Nothing.", "Onset": NINE}
    return {"Check": place, **own, "Numbers": json.dumps(numbers)}


def is_joined(text: str) -> bool:
    return "let Check0 = () {" in text


def answering(
    joined: Callable[[Sequence[str]], LogAnswer], alone: Callable[[str], LogAnswer]
) -> Callable[[str], LogAnswer]:
    """Answer a query of several checks one way, and a single check another way."""
    return lambda text: joined(re.findall(r"let Check\d+ = .*", text)) if is_joined(text) else alone(text)


def whole(functions: Sequence[str]) -> LogAnswer:
    return LogAnswer(
        tuple(packed(place, {"Total": 7, "Share": 0.5}) for place in reversed(range(len(functions))))
    )


def refuse(_: object) -> LogAnswer:
    raise QueryError(Failure.REFUSED, "SEM0100")


def test_each_check_is_a_function_and_its_numbers_are_a_bag() -> None:
    assert together([PINGS, RELOADS, OPEN]) == (
        f"let Check0 = () {{\n{PINGS}\n}};\nlet Check1 = () {{\n{RELOADS}\n}};\nlet Check2 = () {{\n{OPEN}\n}};\nunion\n"
        "(Check0() | project Check = 0, Verdict = tostring(Verdict), Strength = todouble(Strength), "
        "Summary = tostring(Summary), Onset = todatetime(Onset), "
        'Numbers = bag_pack("Total", Total, "Share", Share)),\n'
        "(Check1() | project Check = 1, Verdict = tostring(Verdict), Strength = todouble(Strength), "
        "Summary = tostring(Summary), Onset = todatetime(Onset), Numbers = dynamic({})),\n"
        '(Check2() | project Check = 2, Verdict = "", Strength = 0.0, Summary = "", Onset = datetime(null), '
        'Numbers = bag_pack("Text", Text, "Events", Events, "Callers", Callers, "Total", Total))'
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("WebPubSubConnectivity\n| count", id="no columns are named at its end"),
        pytest.param(f"set notruncation;\n{PINGS}", id="a statement that no function can hold"),
        pytest.param("pings\n| project Verdict, 1 + 1", id="a column without a name"),
    ],
)
def test_what_cannot_stand_beside_others_is_asked_alone(text: str) -> None:
    assert not can_join(text)


def test_a_row_is_that_of_its_check_alone_in_the_order_of_its_columns() -> None:
    row = packed(0, {"Share": "NaN", "Total": 7})

    answer = answers_of(LogAnswer((row,)), [PINGS])[PINGS]

    assert list(answer.rows[0]) == ["Verdict", "Strength", "Summary", "Onset", "Total", "Share"]
    assert answer.rows[0]["Total"] == 7
    assert str(answer.rows[0]["Share"]) == "nan"


def test_a_time_in_a_bag_is_a_time_again() -> None:
    text = check("changes", "LastChange")
    row = packed(0, {"LastChange": "2026-11-20T09:00:00.5000000Z"})

    (answer,) = answers_of(LogAnswer((row,)), [text])[text].rows

    assert answer["LastChange"] == NINE + timedelta(seconds=0.5)


def test_a_check_without_a_row_has_none_and_one_of_several_is_asked_again() -> None:
    rows = (packed(0, {"Total": 1, "Share": 1}), packed(0, {"Total": 2, "Share": 1}))

    answers = answers_of(LogAnswer(rows), [PINGS, RELOADS])

    assert answers == {RELOADS: LogAnswer(())}


def test_what_no_check_explains_may_have_several_rows() -> None:
    rows = tuple(packed(0, {"Text": text, "Events": 9, "Callers": None, "Total": 18}) for text in "ab")

    answers = answers_of(LogAnswer(rows), [OPEN])

    assert [row["Text"] for row in answers[OPEN].rows] == ["a", "b"]
    assert list(answers[OPEN].rows[0]) == ["Text", "Events", "Callers", "Total"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(LogAnswer((packed(0, {}),), partial="500,000 records"), id="partial"),
        pytest.param(LogAnswer((packed(7, {}),)), id="of a check that nobody asked"),
        pytest.param(LogAnswer((packed(0, {"Total": 1}),)), id="without one of its numbers"),
        pytest.param(LogAnswer(({"Rows": 7},)), id="of another form"),
    ],
)
def test_an_answer_that_is_not_whole_answers_nothing(answer: LogAnswer) -> None:
    assert answers_of(answer, [PINGS]) == {}


def test_a_group_is_one_query() -> None:
    logs = FakeLogs(answering(whole, refuse))

    outcomes = Run(logs, SCOPE).ask_all([], [FIVE])

    assert len(logs.queries) == 1
    assert {text: outcome.rows[0]["Verdict"] for text, outcome in outcomes.items() if isinstance(outcome, LogAnswer)} == (
        dict.fromkeys(FIVE, "refuted")
    )  # fmt: skip


def test_as_few_as_run_at_once_are_asked_singly() -> None:
    logs = FakeLogs(answering(refuse, lambda _: LogAnswer(())))

    Run(logs, SCOPE).ask_all([], [FIVE[:4]])

    assert [is_joined(text) for text in logs.queries] == [False] * 4


def test_a_bad_check_ends_no_other() -> None:
    def alone(text: str) -> LogAnswer:
        return refuse(text) if "reloads" in text else LogAnswer(({"Verdict": "supported"},))

    outcomes = dict(Run(FakeLogs(answering(refuse, alone)), SCOPE).ask_all([], [FIVE]))

    assert isinstance(outcomes.pop(RELOADS), QueryError)
    assert list(outcomes.values()) == [LogAnswer(({"Verdict": "supported"},))] * 4


def test_a_group_that_is_late_leaves_time_to_ask_singly() -> None:
    released = threading.Event()

    def late(_: object) -> LogAnswer:
        released.wait(timeout=5)
        return LogAnswer(())

    logs = FakeLogs(answering(late, lambda _: LogAnswer(({"Verdict": "minor"},))))
    outcomes = Run(logs, SCOPE, budget=timedelta(milliseconds=400)).ask_all([], [FIVE])
    released.set()

    assert list(outcomes.values()) == [LogAnswer(({"Verdict": "minor"},))] * 5
    assert logs.allowed[0] <= timedelta(milliseconds=200)


def test_a_permission_that_the_group_lacks_is_not_asked_for_again() -> None:
    def forbid(_: object) -> LogAnswer:
        raise QueryError(Failure.PERMISSION, "403")

    logs = FakeLogs(answering(forbid, refuse))

    outcomes = Run(logs, SCOPE).ask_all([], [FIVE])

    assert len(logs.queries) == 1
    assert {one.failure for one in outcomes.values() if isinstance(one, QueryError)} == {Failure.PERMISSION}
    assert set(outcomes) == set(FIVE)


def test_a_text_of_two_groups_is_asked_once() -> None:
    logs = FakeLogs(answering(whole, lambda _: LogAnswer(())))

    outcomes = Run(logs, SCOPE).ask_all(["print 1"], [FIVE, [*FIVE, check("another")]])

    assert sorted(map(is_joined, logs.queries)) == [False, False, True]
    assert len(outcomes) == 7


def test_each_check_of_a_group_counts_as_one_that_is_done() -> None:
    seen: list[tuple[int, int]] = []
    run = Run(FakeLogs(answering(whole, refuse)), SCOPE, observe=lambda done, of: seen.append((done, of)))

    run.ask_all([], [FIVE])

    assert seen == [(number, 5) for number in range(1, 6)]
