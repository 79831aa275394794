"""The command `linekeeper`, from a wheel that is installed where nothing may be written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.machine.places import cache_folder
from local.replay.case import read_case
from shared.notices.answers.fill import TEMPLATES

ROOT = Path(__file__).parents[2]
CASE = ROOT / "local" / "cases" / "quiz-fills-the-free-tier"
# A test that calls the stand-ins lets its whole process trust their certificate alone, and pip would not reach its index.
ENVIRONMENT = dict(os.environ)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which only the wheel is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, capture_output=True, env=ENVIRONMENT)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the unpacked command in a folder that is not the clone."""
    paths = {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    return started([sys.executable, "-m", "linekeeper", *arguments], elsewhere, paths)


def started(
    command: Sequence[str | Path], elsewhere: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder that is not the clone; its cache is there too."""
    environment = {**ENVIRONMENT, "XDG_CACHE_HOME": str(elsewhere / "cache"), **(variables or {})}
    return subprocess.run(
        command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )


def diagnose_options() -> list[str]:
    case = read_case(CASE)
    window = ("--from", case.scope.window.start.isoformat(), "--to", case.scope.window.end.isoformat())
    return ["diagnose", "--logs", str(CASE / "tables"), "--resource", case.scope.resources[0], *window]


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
    before = files_of(installed)
    # `make` has translated every check once; in a cache without translations this would take a minute.
    shutil.copytree(cache_folder("translations"), tmp_path / "cache" / "linekeeper" / "translations")

    answer = run(installed, tmp_path, *diagnose_options())

    assert (0, "") == (answer.returncode, answer.stderr)
    assert "quota" in answer.stdout
    assert before == files_of(installed)
    assert any((tmp_path / "cache" / "linekeeper" / "certificates").iterdir())


def test_what_needs_node_names_the_command_that_installs_it(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, tmp_path, "replay", "quiz-fills-the-free-tier")

    assert 2 == answer.returncode, answer.stderr
    assert "linekeeper set-up" in answer.stderr


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment into which `.[local]` is installed as pipx does, set up from an empty cache."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    pip = [folder / "environment" / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, f"{ROOT}[local]"], check=True, cwd=folder, env=ENVIRONMENT)
    answer = started([folder / "environment" / "bin" / "linekeeper", "set-up"], folder)
    assert (0, "") == (answer.returncode, answer.stderr)
    return folder


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(["--version"], "linekeeper 0.1.0", id="version"),
        pytest.param(diagnose_options(), "quota", id="diagnose"),
        pytest.param(["replay", "quiz-fills-the-free-tier"], "resolved", id="replay"),
    ],
)
def test_a_clean_environment_runs_every_kind_of_command(clean: Path, arguments: list[str], text: str) -> None:
    answer = started([clean / "environment" / "bin" / "linekeeper", *arguments], clean)

    assert (0, "") == (answer.returncode, answer.stderr)
    assert text in answer.stdout
