"""A query of several checks runs on the stand-in: what they share is read once, and each answers as it does alone."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from local.workspace import translation
from local.workspace.cursors import Cursors
from local.workspace.database import Workspace
from local.workspace.joined import plan
from local.workspace.kql import run
from local.workspace.refusal import RefusedQueryError
from shared.queries.logs import LogAnswer
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.queries.scope import Scope, Window
from shared.queries.together import answers_of, together

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
SCOPE = Scope((LOBBY,), Window(NINE, NINE + timedelta(hours=1)))


def dropped(word: str) -> str:
    """Return a check that counts the ends whose text holds a word."""
    return f"""\
let named = pubsubAllEnds | where Text has "{word}";
named
| summarize Hits = count(), Last = max(TimeGenerated), Share = 1.0 * count() / toscalar(pubsubAllEnds | count)
| extend Hub = "the \\"lobby\\"", Nowhere = real(null), Summary = strcat(Hits, " of them.")
| project Verdict = "minor", Strength = 0.5, Summary, Onset = Last, Hits, Last, Share, Hub, Nowhere, Odd = real(nan)"""


CHECKS = [dropped("ping"), dropped("reloading"), "print Text = 'nobody', Events = 3\n| project Text, Events"]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(translation, "cache_folder", lambda _: tmp_path)
    plan.statements_of.cache_clear()
    yield tmp_path
    plan.statements_of.cache_clear()


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    new = Workspace()
    ends = ["Connection ping timeout", "Connection ping timeout", "Service reloading, try reconnecting"]
    new.load({"WebPubSubConnectivity": [
        {
            "TimeGenerated": NINE + timedelta(minutes=place), "OperationName": "ConnectionAborted", "Message": end,
            "ConnectionId": f"c{place}", "UserId": f"u{place}", "_ResourceId": LOBBY,
        }
        for place, end in enumerate(ends)
    ]})  # fmt: skip
    yield new
    new.close()


def asked(text: str, workspace: Workspace) -> LogAnswer:
    """Ask as the product's client does: times are times, a bag is text."""
    answer = run(workspace, complete(text, SCOPE, absent=set(tables()) - workspace.tables))
    rows = [zip(answer.columns, row, strict=True) for row in answer.rows()]
    return LogAnswer(tuple({name: value(kind, cell) for (name, kind), cell in row} for row in rows))


def value(kind: str, cell: object) -> object:
    if kind == "datetime" and cell:
        return datetime.fromisoformat(str(cell))
    return float(cell) if kind == "real" and isinstance(cell, str) else cell


def test_each_check_answers_as_it_does_alone(workspace: Workspace) -> None:
    answers = answers_of(asked(together(CHECKS), workspace), CHECKS)

    # As texts, since one number is none and equals nothing.
    assert repr({text: asked(text, workspace) for text in CHECKS}) == repr(answers)
    assert [row["Hits"] for text in CHECKS[:2] for row in answers[text].rows] == [2, 1]


def test_what_several_checks_read_is_filled_once(workspace: Workspace) -> None:
    query = complete(together(CHECKS), SCOPE, absent=set(tables()) - workspace.tables)

    planned = plan.plan_of(query, workspace.tables)

    assert planned
    assert len(planned.statements) == len(CHECKS)
    # The rows of the log stand in what fills a table, and in no check.
    assert ["WebPubSubConnectivity" in statement.query for statement in planned.statements] == [False] * 3
    assert any("WebPubSubConnectivity" in statement.query for _, statement in planned.fills)


def test_a_plan_is_kept_on_disk(workspace: Workspace, kept: Path) -> None:
    query = complete(together(CHECKS), SCOPE, absent=set(tables()) - workspace.tables)
    first = plan.plan_of(query, workspace.tables)
    plan.statements_of.cache_clear()
    (file,) = kept.glob("*.joined.json")
    file.write_text('{"fills": [], "statements": ["SELECT 42"]}', encoding="utf-8")

    second = plan.plan_of(query, workspace.tables)

    assert first
    assert second
    assert [statement.query for statement in second.statements] == ["SELECT 42"]


def test_a_bad_check_refuses_them_all(workspace: Workspace) -> None:
    with pytest.raises(RefusedQueryError, match="Mesage"):
        asked(together([*CHECKS, "WebPubSubConnectivity\n| project Text = Mesage"]), workspace)


def test_no_table_is_left_behind(workspace: Workspace) -> None:
    before = schemas(workspace)

    asked(together(CHECKS), workspace)
    with pytest.raises(RefusedQueryError):
        asked(together([*CHECKS, "pubsubAllEnds\n| project Text = toint(Text) / Nothing"]), workspace)

    assert before == schemas(workspace)


def schemas(workspace: Workspace) -> set[str]:
    rows = workspace.cursor().execute("SELECT schema_name FROM information_schema.schemata").fetchall()
    return {str(name) for (name,) in rows}


def test_an_interrupted_query_ends(workspace: Workspace) -> None:
    cursors = Cursors(workspace)
    cursor = cursors.open()
    threading.Timer(0.2, cursors.interrupt).start()

    with pytest.raises(duckdb.InterruptException):
        cursor.execute("SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE hash(a, b) = 7")
