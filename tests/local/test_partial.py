"""On a part of its rows a case names no wrong cause, and rows that do not matter change none.

`make thorough` runs both matrices whole and prints them, as `python -m bench.partial` does; `make test` draws a few parts.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from rich.console import Console

from bench.partial import table_of
from local.replay.case import Case, all_cases, find_case
from local.replay.partial import Answer, Matrix, answers_on, contradictions, matrix_of, parts_of, rows_of
from local.workspace.memory import Memory, Rows
from tests import drawn

OTHER = "/subscriptions/6f1c/resourcegroups/rg-other/providers/microsoft.signalrservice/webpubsub/kitchen"
# Small enough to be diagnosed again and again, one of each service.
PLAIN = (
    "gateway-audience-mismatch",
    "hub-without-handler-closes-with-1000",
    "agency-staff-removed-mid-shift",
)


@pytest.mark.parametrize(
    "case", drawn.cases("cases on parts of their rows", [case.name for case in all_cases()], 1, of=find_case)
)
def test_a_part_of_the_rows_names_no_wrong_cause(
    case: Case, record_property: Callable[[str, object], None]
) -> None:
    parts = drawn.items(f"parts of {case.name}", parts_of(case), 1)

    matrix = matrix_of(case, parts, Memory())

    record_property("print", printed(case.name, matrix))
    assert () == matrix.faults, f"TEST_SEED={drawn.SEED}"


def printed(name: str, matrix: Matrix) -> str:
    console = Console(width=140, record=True, quiet=True)
    console.print(table_of(name, matrix))
    return console.export_text()


def shuffled(rows: Rows) -> Rows:
    return {table: random.Random(7).sample(list(held), len(held)) for table, held in rows.items()}


def repeated(rows: Rows) -> Rows:
    return {table: [*held, *held[::3]] for table, held in rows.items()}


def beside_another_resource(rows: Rows) -> Rows:
    """Add the same rows, half an hour later, of a resource beside it."""
    later = timedelta(minutes=30)
    return {
        table: [
            *held,
            *({**row, "_ResourceId": OTHER, "TimeGenerated": row["TimeGenerated"] + later} for row in held),
        ]  # type: ignore[operator]  # a datetime
        for table, held in rows.items()
        if not table.startswith("App")
    } | {table: held for table, held in rows.items() if table.startswith("App")}


def with_a_loud_client(rows: Rows) -> Rows:
    """Add one address that asks for a path that is none, every two seconds."""
    requests = rows.get("WebPubSubHttpRequest")
    if not requests:
        return rows
    first = min(requests, key=lambda row: str(row["TimeGenerated"]))
    loud = [
        {**first, "StatusCode": "404", "Url": "/client/.env", "Message": "", "CallerIpAddress": "203.0.113.66", "TimeGenerated": first["TimeGenerated"] + timedelta(seconds=2 * number)}  # type: ignore[operator]  # a datetime
        for number in range(600)
    ]  # fmt: skip
    return {**rows, "WebPubSubHttpRequest": [*requests, *loud]}


@drawn.both
@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param(name, change, id=f"{name}, {change.__name__}")
        for name, change in drawn.items(
            "changes",
            [*product(PLAIN, (shuffled, repeated, beside_another_resource)), (PLAIN[0], with_a_loud_client)],
            1,
        )
    ],
)
def test_rows_that_do_not_matter_change_no_cause(name: str, change: Callable[[Rows], Rows]) -> None:
    case = find_case(name)
    rows = rows_of(case)

    answers, changed = (answers_on(case, some, auto=False) for some in (rows, change(rows)))

    assert answers.by_name.cause == changed.by_name.cause


EXPIRED, ROTATED = (
    "web-pubsub-connection-failures/expired-tokens",
    "web-pubsub-connection-failures/key-rotated",
)
OPEN = Answer("inconclusive", None)


@pytest.mark.parametrize(
    ("later", "count"),
    [
        pytest.param(Answer("supported", EXPIRED), 0, id="the same cause again"),
        pytest.param(OPEN, 0, id="no cause any more"),
        pytest.param(Answer("supported", ROTATED), 1, id="another cause"),
        pytest.param(Answer("inconclusive", None, frozenset({EXPIRED})), 1, id="the cause is ruled out"),
        pytest.param(Answer("nothing-found", None), 1, id="an all-clear"),
    ],
)
def test_a_cause_that_is_taken_back_on_more_rows_is_told(later: Answer, count: int) -> None:
    answers = [OPEN, Answer("supported", EXPIRED), later]

    assert count == len(list(contradictions(find_case(PLAIN[0]), answers)))
