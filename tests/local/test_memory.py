"""An answer is remembered for the same text and the same rows, and is what a fresh workspace answers."""

import random
from datetime import timedelta

import pytest

from local.replay.case import find_case
from local.replay.partial import after_each_part, rows_of, without_each_table
from local.rows.pubsub_log import CONNECTIVITY, NINE, REQUEST
from local.workspace.direct import TableLogs
from local.workspace.memory import Memory, RememberingLogs, Rows
from shared.playbooks.answers import queries_of

SEED = random.randrange(2**32)
AT_ONCE = timedelta(seconds=10)


def row(minute: int, hub: str) -> dict[str, object]:
    return {"TimeGenerated": NINE + timedelta(minutes=minute), "ResultDescription": hub}


ROWS: Rows = {
    CONNECTIVITY: [row(1, "lobby"), row(2, "floor")],
    REQUEST: [row(3, "lobby")],
}
COUNT = f"{CONNECTIVITY} | summarize Rows = count(), Last = max(TimeGenerated)"


def asked(memory: Memory, *parts: Rows, text: str = COUNT) -> list[object]:
    return [RememberingLogs(rows, memory).query(text, AT_ONCE).rows[0]["Rows"] for rows in parts]


@pytest.mark.parametrize(
    ("change", "rows", "runs"),
    [
        pytest.param(ROWS, 2, 1, id="the same rows"),
        pytest.param({**ROWS, REQUEST: []}, 2, 1, id="other rows in a table that is not read"),
        pytest.param({CONNECTIVITY: ROWS[CONNECTIVITY]}, 2, 1, id="a missing table that is not read"),
        pytest.param({**ROWS, CONNECTIVITY: ROWS[CONNECTIVITY][:1]}, 1, 2, id="a row less"),
        pytest.param({**ROWS, CONNECTIVITY: [row(1, "lobby"), row(4, "floor")]}, 2, 2, id="a row of another time"),
        pytest.param({**ROWS, CONNECTIVITY: ROWS[CONNECTIVITY][::-1]}, 2, 2, id="another order"),
    ],
)  # fmt: skip
def test_runs_a_text_again_when_a_table_that_it_reads_has_other_rows(
    change: Rows, rows: int, runs: int
) -> None:
    memory = Memory()

    counts = asked(memory, ROWS, change)

    assert [2, rows] == counts
    assert (2, runs) == (memory.asked, memory.answered)


def test_a_text_with_another_constant_is_another_text() -> None:
    memory = Memory()

    counts = [asked(memory, ROWS, text=f"{CONNECTIVITY} | take {most} | summarize Rows = count()") for most in (1, 2)]  # fmt: skip

    assert [[1], [2]] == counts


def test_remembered_answers_are_those_of_a_fresh_workspace() -> None:
    case, drawn, memory = find_case("gateway-audience-mismatch"), random.Random(SEED), Memory()
    rows = rows_of(case)
    parts = [rows, *(part for _, part in without_each_table(rows)), *(part for _, part in after_each_part(rows))]  # fmt: skip
    checks = drawn.sample(queries_of([case.known_playbook()], case.scope.window), 2)

    for part in drawn.sample(parts, 4):
        fresh, remembering = (TableLogs(part), RememberingLogs(part, memory))
        texts = [remembering.run_on(case.scope).text_of(check) for check in checks]
        answers = [(fresh.query(text, AT_ONCE), remembering.query(text, AT_ONCE)) for text in texts]

        assert all(one == other for one, other in answers), f"seed {SEED}"
