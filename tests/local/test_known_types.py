from collections.abc import Iterator

import duckdb
import pytest
from duckdb_kql import to_sql

from local.workspace.database import columns_of, definition
from local.workspace.typed_sql.known_types import with_known_types
from shared.queries.schema import tables

LEGS = "ACSCallSummary"
ROWS = """
    INSERT INTO ACSCallSummary BY NAME SELECT
        TIMESTAMP '2026-11-20 03:00:00' + INTERVAL (i) SECOND AS TimeGenerated, 'call-' || (i // 2) AS CorrelationId,
        CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN '' ELSE 'p' || i END AS ParticipantId,
        CASE i % 4 WHEN 0 THEN 410 WHEN 1 THEN NULL ELSE 0 END AS ParticipantEndReason,
        (CASE i % 3 WHEN 0 THEN '3112' WHEN 1 THEN '' ELSE 'none' END) AS ResultCategory, 40 * i AS CallDuration
    FROM range(20) t(i)
"""


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    columns = ", ".join(definition(LEGS, column) for column in columns_of(LEGS))
    connection.execute(f"CREATE TABLE {LEGS} ({columns})")
    connection.execute(ROWS)
    yield connection
    connection.close()


def sql_of(kql: str) -> str:
    schema = {table: list(columns_of(table)) for table in tables()}
    return str(to_sql(kql, schema=schema, allow_write=False))


def answer(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
    cursor = database.execute(sql)
    kinds = [f"{column[0]} {column[1]}" for column in cursor.description or []]
    return kinds, sorted(cursor.fetchall(), key=str)


@pytest.mark.parametrize(
    "kql",
    [
        "| extend A = tostring(ParticipantId), B = tostring(CallDuration), C = tostring(TimeGenerated), D = tostring(CallDuration > 400)",
        "| extend A = toreal(ResultCategory), B = tolong(ResultCategory), C = toint(CallDuration), D = todouble(CallDuration)",
        "| extend A = coalesce(ParticipantId, CorrelationId, 'nobody'), B = coalesce(CallDuration, -1), C = coalesce(ParticipantId, '')",
        "| extend A = strcat(CallDuration, ' seconds of ', CorrelationId, ' at ', TimeGenerated, ' ', CallDuration > 400)",
        "| extend A = iff(isempty(ParticipantId), 1.0, 2.5), B = case(CallDuration > 400, 'long', CallDuration > 80, 'middle', 'short')",
        "| extend A = ParticipantId in~ ('P2', 'p3'), B = ParticipantId contains 'P1', C = ResultCategory has 'none', D = isempty(ResultCategory)",
        "| summarize arg_max(TimeGenerated, CorrelationId, ParticipantEndReason, ResultCategory), First = min(TimeGenerated) by Even = CallDuration % 80",
        "| summarize arg_min(TimeGenerated, *) by CorrelationId",
        "| summarize Lengths = make_list(CallDuration), Names = make_set(ParticipantId) by ResultCategory | extend A = array_length(Lengths), B = strcat_array(Names, ',')",
        "| extend Bag = bag_pack('code', ParticipantEndReason, 'text', ResultCategory) | extend A = tolong(Bag.code), B = tostring(Bag.text), C = tostring(Bag) | project-away Bag",
        "| extend A = bin(CallDuration, 60), B = bin(CallDuration / 60.0, 0.5), C = TimeGenerated - bin(TimeGenerated, 1h)",
        "| extend Half = toscalar(ACSCallSummary | summarize avg(CallDuration)) | extend A = iff(CallDuration > Half, strcat('over ', Half), '')",
        "| extend Side = dynamic([0, 1]) | mv-expand Side to typeof(long) | summarize Count = count(), Text = max(strcat(Side, ParticipantId)) by Side",
        "| join kind=leftouter (ACSCallSummary | summarize Legs = count() by CorrelationId) on CorrelationId | extend A = strcat(Legs, '/', CorrelationId1)",
        "| where ParticipantEndReason in (toscalar(ACSCallSummary | summarize max(ParticipantEndReason))) | extend A = tostring(ParticipantEndReason)",
        "| project A = TimeGenerated - datetime(2026-11-20), B = bin(TimeGenerated, 5m), C = format_datetime(TimeGenerated, 'HH:mm') | extend D = tostring(A), E = A / 1m",
        "| order by TimeGenerated asc | take 7 | extend A = strcat(CallDuration / 60, '. ', ParticipantId), B = array_length(split(CorrelationId, '-'))",
    ],
)
def test_gives_the_same_rows_of_the_same_types(database: duckdb.DuckDBPyConnection, kql: str) -> None:
    sql = sql_of(f"{LEGS}\n{kql}")

    shorter = with_known_types(sql)

    assert answer(database, sql) == answer(database, shorter)
    assert len(shorter) < len(sql)


def test_a_query_may_name_its_columns_anew(database: duckdb.DuckDBPyConnection) -> None:
    sql = """WITH timers(Seconds) AS (SELECT CallDuration AS Name FROM ACSCallSummary)
        SELECT typeof(Seconds) AS A, typeof(t.Late) AS B FROM timers, (SELECT TimeGenerated FROM ACSCallSummary) AS t(Late)"""

    shorter = with_known_types(sql)

    assert "typeof" not in shorter
    assert answer(database, sql) == answer(database, shorter)


def test_a_conversion_of_a_text_is_the_text_itself() -> None:
    shorter = with_known_types(sql_of(f"{LEGS} | project Told = tostring(ParticipantId)"))

    assert len(shorter) < 150, shorter


def test_a_branch_keeps_the_type_of_all_branches(database: duckdb.DuckDBPyConnection) -> None:
    dispatch = "CASE typeof(CallDuration) WHEN 'VARCHAR' THEN 1.5::DOUBLE ELSE 7 END // 2"
    sql = f"SELECT {dispatch} AS Half FROM {LEGS} LIMIT 1"

    shorter = with_known_types(sql)

    assert "typeof" not in shorter
    assert answer(database, sql) == answer(database, shorter)


def test_what_stands_in_an_untaken_branch_does_not_matter(database: duckdb.DuckDBPyConnection) -> None:
    sql = f"SELECT CASE WHEN typeof(CallDuration) = 'JSON' THEN typeof(CallDuration) ELSE 'plain' END AS Kind FROM {LEGS} LIMIT 1"

    assert "'plain'" in with_known_types(sql)
    assert answer(database, sql) == answer(database, with_known_types(sql))


def test_the_type_of_a_lone_null_stays_open() -> None:
    sql = "SELECT typeof(x) AS Kind FROM (SELECT NULL AS x UNION ALL SELECT 1 AS x)"

    assert [("INTEGER",), ("INTEGER",)] == duckdb.execute(with_known_types(sql)).fetchall()


def test_a_parameter_may_be_of_any_type() -> None:
    sql = "SELECT typeof($kqlp0) AS Kind"

    assert ("BIGINT",) == duckdb.execute(with_known_types(sql), {"kqlp0": 2**40}).fetchone()
    assert ("VARCHAR",) == duckdb.execute(with_known_types(sql), {"kqlp0": "five"}).fetchone()


def test_what_cannot_be_read_stays_as_it_is() -> None:
    sql = "SELECT typeof(a) FROM no_such_table"

    assert sql == with_known_types(sql)
