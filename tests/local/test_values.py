from datetime import UTC, datetime

import pytest

from local.exports.unfit import UnfitError
from local.exports.values import READERS

NINE = datetime(2025, 2, 25, 9, 19, 25, 391000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2025-02-25T09:19:25.391Z", id="ISO as the API writes it"),
        pytest.param("2025-02-25T09:19:25.3910000Z", id="seven digits of fraction"),
        pytest.param("2025-02-25T09:19:25.391000999Z", id="nine digits of fraction"),
        pytest.param("2025-02-25 09:19:25.391", id="without a zone it is UTC"),
        pytest.param("2025-02-25T10:19:25.391+01:00", id="an offset is taken off"),
        pytest.param("2025-02-25t09:19:25.391z", id="lower case"),
        pytest.param("2/25/2025, 9:19:25.391 AM", id="the portal"),
        pytest.param("2/25/2025, 9:19:25.391\u202fAM", id="the portal in a newer browser"),
        pytest.param("02/25/2025 09:19:25.391 AM", id="padded, without the comma"),
    ],
)
def test_reads_a_time_as_utc(text: str) -> None:
    assert NINE == READERS["datetime"](text)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2/25/2025, 12:05:00 AM", 0), ("2/25/2025, 12:05:00 PM", 12), ("2/25/2025, 11:05:00 PM", 23)],
)
def test_reads_noon_and_midnight_of_the_portal(text: str, hour: int) -> None:
    assert datetime(2025, 2, 25, hour, 5, tzinfo=UTC) == READERS["datetime"](text)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        pytest.param("string", 401, "401", id="a number in a text column"),
        pytest.param("string", True, "true", id="truth in a text column"),
        pytest.param("string", {"hub": "lobby"}, '{"hub":"lobby"}', id="nested JSON in a text column"),
        pytest.param("string", "", "", id="empty text stays text"),
        pytest.param("long", "1006", 1006, id="a number as text"),
        pytest.param("long", "1006.0", 1006, id="a whole number that a spreadsheet made real"),
        pytest.param("long", 1006.0, 1006, id="a whole real number"),
        pytest.param("int", " ", None, id="blank is null"),
        pytest.param("real", "0.25", 0.25, id="a real number as text"),
        pytest.param("real", 3, 3.0, id="a whole number in a real column"),
        pytest.param("real", "-Infinity", float("-inf"), id="an infinity as the API writes it"),
        pytest.param("bool", "True", True, id="truth as the command line prints it"),
        pytest.param("bool", 0, False, id="zero is false"),
        pytest.param("dynamic", {"code": 1006}, '{"code":1006}', id="JSON in a dynamic column"),
        pytest.param("dynamic", '{"code": 1006}', '{"code":1006}', id="text that holds JSON is read"),
        pytest.param("dynamic", '"{\\"a\\":1}"', '"{\\"a\\":1}"', id="text that holds JSON is read once"),
        pytest.param("dynamic", "hub lobby", '"hub lobby"', id="plain text is a JSON string"),
        pytest.param("dynamic", "NaN", '"NaN"', id="NaN is not JSON"),
        pytest.param("dynamic", "null", None, id="null is null"),
        pytest.param(
            "guid",
            "{74BE27DE-1E4E-49D9-B579-FE0B331D3642}",
            "74be27de-1e4e-49d9-b579-fe0b331d3642",
            id="a GUID in braces",
        ),
    ],
)
def test_reads_a_cell_by_the_type_of_its_column(kind: str, cell: object, value: object) -> None:
    assert (type(value), value) == (type(READERS[kind](cell)), READERS[kind](cell))


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        pytest.param("long", "abc", id="letters in a whole number"),
        pytest.param("long", "1,006", id="thousands are not separated"),
        pytest.param("long", "1_006", id="Python's own spelling"),
        pytest.param("long", 10.5, id="half a number"),
        pytest.param("long", True, id="truth is not a number"),
        pytest.param("long", 2**63, id="more than 64 bits"),
        pytest.param("int", 2**31, id="more than 32 bits"),
        pytest.param("real", "fast", id="a word in a real column"),
        pytest.param("real", 10**400, id="more than a double holds"),
        pytest.param("bool", "yes", id="a word in a truth column"),
        pytest.param("bool", 2, id="two is neither true nor false"),
        pytest.param("datetime", "yesterday", id="a word for a time"),
        pytest.param("datetime", 1740475165, id="a number for a time"),
        pytest.param("datetime", "20250225", id="a date without separators"),
        pytest.param("datetime", "5/2/2025, 09:19:25", id="a day or a month first"),
        pytest.param("datetime", "2/25/2025, 13:19:25 PM", id="an hour that the half day lacks"),
        pytest.param("datetime", "2/30/2025, 9:19:25 AM", id="a day that the month lacks"),
        pytest.param("dynamic", {"share": float("nan")}, id="NaN inside JSON"),
        pytest.param("guid", "lobby", id="a name for a GUID"),
    ],
)
def test_refuses_a_cell_that_does_not_fit_its_column(kind: str, cell: object) -> None:
    with pytest.raises(UnfitError):
        READERS[kind](cell)
