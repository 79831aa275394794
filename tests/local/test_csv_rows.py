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
            "TimeGenerated [GMT+01:00]\n", "logs.csv:1:TimeGenerated [GMT+01:00]", id="another zone"
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


def test_keeps_brackets_that_name_no_zone() -> None:
    assert [(2, {"Share [%]": "5"})] == list(read_csv("Share [%]\n5\n", "logs.csv"))
