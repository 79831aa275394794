import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.queries.prelude import complete, library, library_statements
from shared.queries.scope import Scope, Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
NIGHT = Window(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC))
SCOPE = Scope((LOBBY,), NIGHT)
CHECK = "WebPubSubConnectivity\n| where TimeGenerated >= windowStart and ofResource(_ResourceId)\n| count"


def test_puts_the_window_and_the_day_before_it_in_front() -> None:
    text = complete(CHECK, SCOPE)

    assert "let windowStart = datetime(2026-11-20T03:00:00Z);" in text
    assert "let windowEnd = datetime(2026-11-20T04:00:00Z);" in text
    assert "let lookbackStart = datetime(2026-11-19T03:00:00Z);" in text


def test_writes_a_window_of_another_zone_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    window = Window(datetime(2026, 11, 20, 12, tzinfo=tokyo), datetime(2026, 11, 20, 13, tzinfo=tokyo))

    assert "let windowStart = datetime(2026-11-20T03:00:00Z);" in complete(CHECK, Scope((LOBBY,), window))


def test_brings_only_the_functions_that_a_check_names() -> None:
    assert any(statement.startswith("let ofResource") for statement in library_statements(CHECK))
    assert not any(statement.startswith("let judge") for statement in library_statements(CHECK))


def test_a_name_in_a_sentence_brings_no_function() -> None:
    assert [] == library_statements('print Summary = "Nobody will judge the ofResource of //comments."')


def test_keeps_the_check_itself_last_and_whole() -> None:
    assert complete(CHECK, SCOPE).endswith("\n" + CHECK)


def test_stands_in_for_an_absent_table_that_the_check_reads() -> None:
    text = complete(CHECK, SCOPE, absent=["WebPubSubConnectivity", "ACSCallSummary"])

    assert "let WebPubSubConnectivity = datatable(" in text
    assert "ACSCallSummary" not in text


def test_holds_no_blank_line_because_one_would_end_the_statement() -> None:
    for name in library():
        assert "" not in complete(name, SCOPE).splitlines()


def test_defines_every_function_before_its_use() -> None:
    for name in library():
        defined: set[str] = set()
        for statement in [*library_statements(name), name]:
            words = set(re.findall(r"\w+", statement)) & set(library())
            own = re.match(r"let (\w+)", statement)
            assert words - {own[1] if own else ""} <= defined
            defined |= words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_an_id_cannot_leave_its_quotes(name: str) -> None:
    line = next(
        line
        for line in complete("print 1", Scope((LOBBY + name.replace("\n", ""),), NIGHT)).split("\n")
        if line.startswith("let resourceIds")
    )

    assert re.fullmatch(r'let resourceIds = dynamic\(\["(?:[^"\\]|\\.)*"\]\);', line, re.DOTALL)


@pytest.mark.parametrize("name", ["presence", "judge", "wilsonLower", "resourceChanges"])
def test_knows_the_shared_functions(name: str) -> None:
    assert name in library()
