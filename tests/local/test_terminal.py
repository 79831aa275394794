"""What strangers wrote never moves the cursor, changes a colour or hides a text on the terminal of who reads it."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from local.__main__ import main
from local.output.console import console_for
from local.output.terminal import VisibleStream, visible_output
from shared.redaction.logs import SafeRecord

OBEYED = {chr(code) for code in (*range(9), *range(11, 32), *range(0x7F, 0xA0))}
HIDING = set(
    "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
NASTY = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31mred",
    "\x1b[2J\x1b[H",
    "done\rfailed",
    "a\x08b",
    "\u202etxt.exe",
    "line\x85two\x0bthree\x0cfour",
    "\x90q\x9c",
]
texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=5).map("".join)


def shown_by(*lines: object, colours: bool = False) -> str:
    stream = io.StringIO()
    console = console_for(stream)
    if colours:
        console._force_terminal, console._color_system = True, None
    for line in lines:
        console.print(line)
    return stream.getvalue()


@given(texts)
def test_no_text_is_obeyed_by_a_terminal(text: str) -> None:
    stream = io.StringIO()
    print(text, file=VisibleStream(stream))

    assert not set(stream.getvalue()) & (OBEYED | HIDING)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_in_a_table_or_a_panel_is_obeyed_by_a_terminal(text: str) -> None:
    table = Table("column")
    table.add_row(Text(text))

    assert not set(shown_by(Text(text), Panel(Text(text), title=text), table)) & (OBEYED | HIDING)


def test_our_own_colours_stay() -> None:
    stream = io.StringIO()
    Console(file=stream, force_terminal=True, color_system="standard").print(Text("red", style="red"))
    ours = io.StringIO()
    console = type(console_for(ours))(file=ours, force_terminal=True, color_system="standard")
    console.print(Text("r\x1b[5med", style="red"))

    assert stream.getvalue() == ours.getvalue().replace("[5m", "")


def test_a_complaint_repeats_no_escape_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["diagnose\x1b[31m\u202e"])

    assert not set(capsys.readouterr().err) & (OBEYED | HIDING)


def test_the_streams_of_before_are_back_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    with visible_output():
        print("a\x1bb")
    print("c", end="")

    assert "ab\nc" == capsys.readouterr().out


def record(text: str, *arguments: object, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return SafeRecord("shared", logging.INFO, __file__, 1, text, arguments, info)


@pytest.mark.parametrize("text", NASTY)
def test_no_line_of_a_log_is_obeyed_by_a_terminal(text: str) -> None:
    shown = logging.Formatter().format(record("refused: %s", text, error=ValueError(text)))

    assert not set(shown) & (OBEYED | HIDING)


def test_no_line_of_a_log_holds_a_secret() -> None:
    line = "https://x/c?sv=1&sig=Zk3wRt88aa%2B"
    shown = logging.Formatter().format(record("post to %s failed", line, error=ValueError(line)))

    assert "Zk3wRt88" not in shown
    assert "post to https://x/c?sv=1&sig=[redacted signature] failed" in shown
    assert "ValueError: https://x/c?sv=1&sig=[redacted signature]" in shown


def test_an_argument_of_a_log_stays_what_it_was() -> None:
    assert ("lobby", 3) == record("%s: %d", "lobby", 3).args
