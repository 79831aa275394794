import pytest

from local.exports.csv_rows import read_csv
from shared.errors import InputError

HEADER = "TimeGenerated [UTC],Message\n"
ROW = "2025-02-25T09:00:00Z,Connection started\n"
EXPECTED = {"TimeGenerated": "2025-02-25T09:00:00Z", "Message": "Connection started"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEADER + ROW, id="as the portal writes it"),
        pytest.param((HEADER + ROW).replace("\n", "\r\n"), id="lines that end as on Windows"),
        pytest.param((HEADER + ROW).replace(",", ";"), id="semicolons, as Excel saves in half of Europe"),
        pytest.param((HEADER + ROW).replace(",", "\t"), id="tabs, as Excel's Unicode text"),
        pytest.param("sep=;\n" + (HEADER + ROW).replace(",", ";"), id="Excel's own hint"),
        pytest.param(
            "#TYPE System.Management.Automation.PSCustomObject\n" + HEADER + ROW, id="Windows PowerShell"
        ),
        pytest.param(HEADER + "\n" + ROW + "\n", id="blank lines"),
        pytest.param(HEADER + ROW.replace("\n", ",,\n"), id="empty cells beyond the header"),
    ],
)
def test_reads_a_row_in_every_dialect(text: str) -> None:
    assert [EXPECTED] == [cells for _, cells in read_csv(text, "logs.csv")]


def test_reads_an_empty_cell_as_null() -> None:
    assert [(2, {"Message": None, "UserId": "alice"})] == list(
        read_csv('Message,UserId\n"",alice\n', "logs.csv")
    )


def test_keeps_a_quoted_line_break_and_counts_its_lines() -> None:
    text = 'Message,UserId\n"closed:\nreason 1006",alice\nended,bob\n'

    rows = list(read_csv(text, "logs.csv"))

    assert [(2, "closed:\nreason 1006"), (4, "ended")] == [(line, cells["Message"]) for line, cells in rows]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param(
            "TimeGenerated [Local Time],Message\n", "logs.csv:1:TimeGenerated [Local Time]", id="local time"
        ),
        pytest.param(
            "TimeGenerated [Berlin]\n", "logs.csv:1:TimeGenerated [Berlin]", id="a zone without its offset"
        ),
        pytest.param("Message,UserId\nended,alice\nended\n", "logs.csv:3", id="a row that breaks off"),
        pytest.param("Message,UserId\nended,alice,lobby\n", "logs.csv:2", id="a cell too many"),
        pytest.param(
            'Message,UserId\nended,alice\n"ended,bob\n', "logs.csv:3", id="a quote that never closes"
        ),
        pytest.param("#TYPE x\nMessage,UserId\nended\n", "logs.csv:3", id="a bad row below a preamble"),
    ],
)
def test_refuses_with_the_line(text: str, where: str) -> None:
    with pytest.raises(InputError) as refused:
        list(read_csv(text, "logs.csv"))

    assert where == refused.value.where


def test_says_why_local_time_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be told from UTC"):
        list(read_csv("TimeGenerated [Local Time]\n", "logs.csv"))


@pytest.mark.parametrize(
    "header",
    [
        "TimeGenerated [UTC]",
        "TimeGenerated [utc]",
        "TimeGenerated [Etc/UTC]",
        "TimeGenerated (UTC)",
        "TimeGenerated [\u5354\u5b9a\u4e16\u754c\u6642]",
        "TimeGenerated [Koordinierte Weltzeit]",
        "TimeGenerated [Temps universel coordonn\u00e9]",
        "\u751f\u6210\u65e5\u6642 [UTC]",
        "Zeitpunkt [UTC]",
        "Time",
    ],
)
def test_reads_the_header_of_the_time_in_any_language(header: str) -> None:
    rows = list(read_csv(f"{header},Message\n2026-11-24,ended\n", "logs.csv"))

    assert [(2, {"TimeGenerated": "2026-11-24", "Message": "ended"})] == rows


@pytest.mark.parametrize(
    ("header", "offset"),
    [("GMT+01:00", "+01:00"), ("UTC-5", "-05:00"), ("UTC\u221203:30", "-03:30"), ("UTC+00:00", "+00:00")],
)
def test_adds_the_offset_that_a_header_names_to_its_times(header: str, offset: str) -> None:
    ((_, row),) = read_csv(f"TimeGenerated [{header}]\n2026-11-24 10:00\n", "logs.csv")

    assert f"2026-11-24 10:00 {offset}" == row["TimeGenerated"]


def test_keeps_brackets_that_name_no_zone() -> None:
    assert [(2, {"Share [%]": "5"})] == list(read_csv("Share [%]\n5\n", "logs.csv"))
