"""`playbook check` says what is wrong with a team's pages, and on which line, before anybody deploys them."""

from pathlib import Path

import pytest
from pages import EXTENSION, PAGE, write_page

from local.__main__ import main
from local.machine import node


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    status = main(["playbook", "check", str(folder)])
    return status, capsys.readouterr().out.splitlines()


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_names_the_line_of_what_only_the_compiler_sees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = EXTENSION.replace('Message has "gateway drained"', "Message > 7").replace("gateway-", "proxy-")
    write_page(tmp_path, EXTENSION, "gateway.md")
    page = write_page(tmp_path, wrong, "proxy.md")

    status, (complaint, summary) = checked(tmp_path, capsys)

    assert (2, "2 pages, 2 checks in KQL, compiled") == (status, summary)
    assert complaint.startswith(f"{page}:{line_of(wrong, 'Message > 7')}:")
    assert "operand types string and long" in complaint


def test_says_plainly_that_there_is_no_compiler(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_page(tmp_path, EXTENSION, "gateway.md")
    monkeypatch.setattr(node, "npm_folder", lambda: tmp_path)

    status, (line,) = checked(tmp_path, capsys)

    assert 0 == status
    assert "1 pages, 1 checks in KQL, not compiled by Microsoft's compiler: the npm package" in line


def test_says_what_the_loader_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_page(tmp_path, PAGE.replace("[Measured]", "[Guessed]"))
    write_page(tmp_path, "# Not a page\n", "notes.md")
    monkeypatch.setattr(node, "npm_folder", lambda: tmp_path)

    status, lines = checked(tmp_path, capsys)

    assert 2 == status
    assert ["lines-drop.md:28", "notes.md:1"] == [line.partition(": ")[0] for line in lines[:-1]]
