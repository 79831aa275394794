from datetime import UTC, datetime

import pytest

from local.exports.local_times import DateOrder, local_time, proven_order
from local.exports.unfit import UnfitError

NINE = datetime(2026, 11, 24, 9, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026/11/24 9:00:00.123", id="Japan"),
        pytest.param("2026/11/24 午前9:00:00.123", id="Japan, with its half of the day"),
        pytest.param("2026年11月24日 9:00:00.123", id="Japan, spelled out"),
        pytest.param("2026年11月24日 9時00分00.123秒", id="Japan, the clock too"),
        pytest.param("2026/11/24 上午9:00:00.123", id="China and Taiwan"),
        pytest.param("2026. 11. 24. 오전 9:00:00.123", id="Korea"),
        pytest.param("2026. 11. 24. 9:00:00,123", id="Hungary"),
        pytest.param("24.11.2026 09:00:00,123", id="Germany"),
        pytest.param("24.11.2026, 09:00:00.123", id="Germany in a browser"),
        pytest.param("24.11.2026 klo 9.00.00,123", id="Finland"),
        pytest.param("24. 11. 2026 9:00:00,123", id="Czechia"),
        pytest.param("24.11.2026 \u0433., 9:00:00,123", id="Bulgaria"),
        pytest.param("24/11/2026 09:00:00,123", id="France"),
        pytest.param("24/11/2026, 09:00:00.123", id="Great Britain"),
        pytest.param("24/11/2026, 9:00:00.123 am", id="Australia and India"),
        pytest.param("24/11/2026, 9:00:00,123 a. m.", id="Spanish America"),
        pytest.param("24/11/2026, 9:00:00,123 π.μ.", id="Greece"),
        pytest.param("24-11-2026 09:00:00,123", id="the Netherlands"),
        pytest.param("09:00:00.123 24/11/2026", id="Vietnam"),
        pytest.param("24-11-2026 09.00.00,123", id="Denmark"),
        pytest.param(
            "\u200f\u0662\u0664/\u0661\u0661/\u0662\u0660\u0662\u0666 9:00:00.123", id="digits of Egypt"
        ),
        pytest.param("11/24/2026, 9:00:00.123 AM", id="the United States"),
        pytest.param("11/24/2026, 9:00:00.123\u202fAM", id="the United States in a newer browser"),
        pytest.param("11/24/2026 09:00:00.123", id="the United States without half days"),
        pytest.param("2026-11-24 09 h 00 min 00,123 s", id="Canada in French"),
        pytest.param("2026-11-24 9:00:00,123", id="Sweden, a single digit"),
        pytest.param("24.11.2026 10:00:00,123 +01:00", id="with an offset"),
        pytest.param("11/24/2026 4:00:00.123 AM -05:00", id="with an offset to the west"),
        pytest.param("1795510800123", id="milliseconds of Grafana"),
    ],
)
def test_reads_a_time_of_any_language(text: str) -> None:
    assert NINE == local_time(text)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026/11/24 午後9:00:00", 21),
        ("2026/11/24 下午1:00:00", 13),
        ("2026/11/24 中午12:00:00", 12),
        ("2026/11/24 凌晨12:00:00", 0),
        ("2026. 11. 24. 오후 11:00:00", 23),
        ("24/11/2026, 9:00:00 p. m.", 21),
        ("24/11/2026, 12:00:00 am", 0),
        ("24/11/2026, 12:00:00 pm", 12),
    ],
)
def test_reads_the_afternoon_of_any_language(text: str, hour: int) -> None:
    assert datetime(2026, 11, 24, hour, tzinfo=UTC) == local_time(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("5/11/2026 09:00:00", id="slashes"),
        pytest.param("05-11-2026 09:00:00", id="dashes"),
        pytest.param("5/11/2026, 9:00:00 am", id="Australia"),
    ],
)
def test_refuses_to_guess_and_names_the_cure(text: str) -> None:
    with pytest.raises(UnfitError, match="--date-order dmy"):
        local_time(text)


def test_takes_the_order_that_a_person_names() -> None:
    assert datetime(2026, 11, 5, 9, tzinfo=UTC) == local_time("5/11/2026 9:00", DateOrder.DMY)
    assert datetime(2026, 5, 11, 9, tzinfo=UTC) == local_time("5/11/2026 9:00", DateOrder.MDY)


@pytest.mark.parametrize(
    ("text", "day", "month"),
    [("5.11.2026 09:00", 5, 11), ("11/5/2026, 9:00:00 AM", 5, 11), ("11/11/2026 09:00", 11, 11)],
    ids=["dots stand behind days", "AM in capitals is American", "day and month are the same"],
)
def test_reads_what_only_looks_ambiguous(text: str, day: int, month: int) -> None:
    assert datetime(2026, month, day, 9, tzinfo=UTC) == local_time(text)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["5/11/2026 9:00", "24/11/2026 9:00"], DateOrder.DMY),
        (["11/5/2026 9:00", "11/24/2026 9:00"], DateOrder.MDY),
        (["5/11/2026 9:00", "6/11/2026 9:00"], None),
        (["2026/11/24 9:00"], None),
    ],
)
def test_tells_the_order_of_a_column_by_its_plain_dates(cells: list[str], order: DateOrder | None) -> None:
    assert order == proven_order(cells)


def test_refuses_a_column_of_both_orders() -> None:
    with pytest.raises(UnfitError):
        proven_order(["24/11/2026 9:00", "11/24/2026 9:00"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("24/11/2569 09:00:00", id="the Buddhist year"),
        pytest.param("1405/9/3 9:00:00", id="the Persian year"),
        pytest.param("24/11/26 09:00", id="a year of two digits"),
        pytest.param("31.02.2026 09:00", id="a day that the month lacks"),
        pytest.param("24.13.2026 09:00", id="a month that the year lacks"),
        pytest.param("24.11.2026 25:00", id="an hour that the day lacks"),
        pytest.param("24.11.2026 09:00 Berlin", id="a word that says nothing"),
        pytest.param("24/11/2026 13:00 pm", id="an hour that the half day lacks"),
        pytest.param("179551080", id="a number that is no time"),
        pytest.param("Tuesday", id="a day of the week"),
    ],
)
def test_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(UnfitError):
        local_time(text)
