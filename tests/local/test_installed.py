"""The command `linekeeper`, from a wheel that is installed where nothing may be written."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.replay.case import read_case
from shared.notices.answers.fill import TEMPLATES

ROOT = Path(__file__).parents[2]
CASE = ROOT / "local" / "cases" / "quiz-fills-the-free-tier"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which only the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder that is not the clone; its cache is there too."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CACHE_HOME": str(elsewhere / "cache"),
    }
    command = [sys.executable, "-m", "linekeeper", *arguments]
    return subprocess.run(
        command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )


def files_of(folder: Path) -> Mapping[str, int]:
    return {
        str(file.relative_to(folder)): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()
    }


def test_one_top_level_package_holds_the_whole_app(installed: Path) -> None:
    packages = {file.name for file in installed.iterdir() if not file.name.endswith(".dist-info")}
    app = {file.name for file in (installed / "linekeeper" / "app").iterdir()}

    assert {"linekeeper"} == packages
    assert {"shared", "functions", "local", "config", "function_app.py", "host.json"} <= app


def test_the_templates_of_pages_are_installed(installed: Path) -> None:
    place = TEMPLATES.relative_to(ROOT)
    templates = {file.name for file in (installed / "linekeeper" / "app" / place).iterdir()}

    assert {file.name for file in TEMPLATES.iterdir()} == templates


def test_it_tells_its_version_outside_the_clone(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, tmp_path, "--version")

    assert (0, "linekeeper 0.1.0\n") == (answer.returncode, answer.stdout)


def test_it_diagnoses_outside_the_clone_and_writes_nothing_where_it_is_installed(
    installed: Path, tmp_path: Path
) -> None:
    case, before = read_case(CASE), files_of(installed)
    window = ("--from", case.scope.window.start.isoformat(), "--to", case.scope.window.end.isoformat())
    resource = case.scope.resources[0]

    answer = run(
        installed, tmp_path, "diagnose", "--logs", str(CASE / "tables"), "--resource", resource, *window
    )

    assert (0, "") == (answer.returncode, answer.stderr)
    assert "quota" in answer.stdout
    assert before == files_of(installed)
    assert any((tmp_path / "cache").rglob("*.sql"))


def test_what_needs_node_names_the_command_that_installs_it(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, tmp_path, "replay", "quiz-fills-the-free-tier")

    assert 2 == answer.returncode, answer.stderr
    assert "linekeeper set-up" in answer.stderr
