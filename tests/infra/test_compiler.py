"""A Bicep compiler is used where there is one, and missed aloud."""

from pathlib import Path

import pytest

from infra.checks.compiler import compiler_of, main


def compiler(folder: Path, status: int) -> Path:
    program = folder / "bicep"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\nexit {status}\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def test_it_says_plainly_that_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main({"PATH": str(tmp_path)})
    assert "There is no Bicep compiler here" in capsys.readouterr().out


def test_it_finds_one_by_its_setting_and_on_the_path(tmp_path: Path) -> None:
    program = compiler(tmp_path, 0)

    assert "/opt/bicep" == compiler_of({"BICEP": "/opt/bicep", "PATH": str(tmp_path)})
    assert str(program) == compiler_of({"PATH": str(tmp_path)})


def test_it_lints_and_builds_both_templates(tmp_path: Path) -> None:
    status = main({"BICEP": str(compiler(tmp_path, 0))})
    calls = [
        [*line.split("/")[0].split(), line.split("/")[-1]]
        for line in (tmp_path / "calls").read_text().splitlines()
    ]

    assert 0 == status
    assert [
        ["lint", "main.bicep"],
        ["build", "--stdout", "main.bicep"],
        ["lint", "connect.bicep"],
        ["build", "--stdout", "connect.bicep"],
    ] == calls


def test_what_the_compiler_refuses_fails(tmp_path: Path) -> None:
    assert 1 == main({"BICEP": str(compiler(tmp_path, 1))})
