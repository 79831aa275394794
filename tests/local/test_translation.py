from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.workspace import translation
from local.workspace.database import Workspace
from local.workspace.kql import run
from local.workspace.translation import translate
from shared.queries.prelude import complete
from shared.queries.schema import empty_table
from shared.queries.scope import Scope, Window

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
FOUR = datetime(2026, 11, 20, 4, tzinfo=UTC)
LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
COUNT = (
    "WebPubSubConnectivity\n| where TimeGenerated >= windowStart and _ResourceId in (resourceIds)\n| count"
)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translation, "cache_folder", lambda _: tmp_path)
    translation._statement.cache_clear()
    return tmp_path


def asked(start: datetime, resource: str = LOBBY) -> str:
    return complete(COUNT, Scope((resource,), Window(start, datetime(2026, 11, 21, tzinfo=UTC))))


def test_one_text_serves_every_window_and_resource(kept: Path) -> None:
    first, second = translate(asked(THREE), frozenset()), translate(asked(FOUR, LOBBY + "2"), frozenset())

    assert first.statement.query == second.statement.query
    assert first.values != second.values
    assert len(list(kept.glob("*.sql"))) == 1


def test_a_kept_text_is_read_again(kept: Path) -> None:
    translate(asked(THREE), frozenset())
    translation._statement.cache_clear()
    (file,) = kept.glob("*.sql")
    file.write_text("SELECT 42", encoding="utf-8")

    assert translate(asked(FOUR), frozenset()).statement.query == "SELECT 42"


def test_a_folder_that_cannot_be_written_costs_no_answer(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kept / "a-file").touch()
    monkeypatch.setattr(translation, "cache_folder", lambda _: kept / "a-file" / "below")

    assert [[1]] == run(Workspace(), "print 1").rows()


def test_answers_with_the_constants_that_were_asked_for() -> None:
    workspace = Workspace()
    workspace.load({"WebPubSubConnectivity": [{"TimeGenerated": THREE, "_ResourceId": LOBBY}]})

    assert run(workspace, asked(THREE)).rows() == [[1]]
    assert run(workspace, asked(FOUR)).rows() == [[0]]
    assert run(workspace, asked(THREE, LOBBY + "2")).rows() == [[0]]


def test_a_stand_in_is_empty_and_only_for_the_query_that_brings_it() -> None:
    workspace = Workspace()

    assert run(workspace, f"{empty_table('AppTraces')}\nAppTraces | count").rows() == [[0]]
    assert workspace.tables == frozenset()


def test_a_stand_in_hides_a_table_that_exists() -> None:
    """A `let` goes before a table of the same name, in Kusto too."""
    workspace = Workspace()
    workspace.load({"AppTraces": [{"TimeGenerated": THREE}]})

    assert run(workspace, f"{empty_table('AppTraces')}\nAppTraces | count").rows() == [[0]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), min_size=1, max_size=3))
def test_a_list_reaches_the_query_as_it_was_written(words: list[str]) -> None:
    scope = Scope(tuple(words), Window(THREE, FOUR))

    (row,) = run(
        Workspace(), complete("print N = array_length(resourceIds), First = tostring(resourceIds[0])", scope)
    ).rows()

    assert row == [len(words), words[0].lower()]
