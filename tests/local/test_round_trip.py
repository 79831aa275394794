"""What is written in any of the exported forms is read back as the same typed rows."""

import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from export_files import TypedRow, as_api_json, as_cli_json, as_ndjson, as_portal_csv, write
from hypothesis import given
from hypothesis import strategies as st

from local.exports import read_folder
from shared.queries.schema import tables
from tests import drawn

CHOSEN = ("WebPubSubConnectivity", "AppRequests", "AppTraces", "ContainerAppHTTPLogs", "ACSCallSummary")
# "None" is what the command line prints for null, so it cannot come back as text.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text != "None")
JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
CELLS = {
    "string": TEXT,
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False),
    "bool": st.booleans(),
    # The portal writes milliseconds; the default time of ingestion is still in the calendar.
    "datetime": st.integers(0, 250_000_000_000_000).map(
        lambda milliseconds: datetime(1, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    ),
    "dynamic": JSON.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))),
}


@st.composite
def exported_tables(draw: st.DrawFn) -> tuple[str, list[TypedRow]]:
    table = draw(st.sampled_from(CHOSEN))
    cells = {name: st.none() | CELLS[kind] for name, kind in tables()[table].items()}
    names = draw(st.lists(st.sampled_from(sorted(cells)), unique=True, min_size=1, max_size=6))
    required = {name: cells[name] for name in {*names} - {"TimeGenerated"}}
    row = st.fixed_dictionaries({**required, "TimeGenerated": CELLS["datetime"]})
    return table, draw(st.lists(row, min_size=1, max_size=4))


def without_nulls(rows: Sequence[TypedRow]) -> list[dict[str, object]]:
    return [
        {name: cell for name, cell in row.items() if cell is not None and name != "_IngestionTime"}
        for row in rows
    ]


@pytest.mark.parametrize(
    ("extension", "written"),
    [
        pytest.param("ndjson", as_ndjson, id="an object a line"),
        pytest.param("csv", as_portal_csv, id="the portal's CSV"),
        pytest.param("json", as_cli_json, id="the command line's array"),
        pytest.param("json", as_api_json, id="the API's own answer"),
    ],
)
@drawn.examples("exported tables of each format", 25, 500)
@given(exported=exported_tables())
def test_rows_come_back_as_they_were(
    extension: str, written: Callable[[Sequence[TypedRow]], str], exported: tuple[str, list[TypedRow]]
) -> None:
    table, rows = exported
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), f"{table}.{extension}", written(rows))

        export = read_folder(Path(folder))

    assert without_nulls(rows) == without_nulls(export.tables[table])
