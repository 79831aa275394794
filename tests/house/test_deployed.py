"""What is deployed holds the app and nothing else, and works with what requirements.txt pins."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from infra.package import is_left_out, pack, patterns_of
from tests.deployed import ROOT, copy_of_the_clone, environment_of, is_left_out_anywhere

TOP = {
    "config",
    "functions",
    "shared",
    "function_app.py",
    "host.json",
    "requirements.txt",
    "LICENSE",
    ".funcignore",
}
MOST_BYTES = 2_000_000
# What a clone in use holds beside what git tracks; each is left out, wherever it is.
CLUTTER = (
    ".mypy_cache/3.11/shared.data.json",
    ".ruff_cache/0.17.5/1",
    ".pytest_cache/v/cache/lastfailed",
    ".hypothesis/examples/1",
    ".import_linter_cache/1.meta.json",
    ".benchmarks/1.json",
    ".npmrc",
    ".venv/bin/python",
    ".checkov/bin/checkov",
    ".azure/dev/.env",
    ".vscode/settings.json",
    ".git/HEAD",
    "__pycache__/function_app.cpython-311.pyc",
    "shared/__pycache__/clock.cpython-311.pyc",
    "shared/app/tokens/__pycache__/negotiating.cpython-311.pyc",
    "config/__pycache__/x.pyc",
    "node_modules/azurite/package.json",
    "out/serve.env",
    "dist/linekeeper.whl",
    "build/lib/shared/clock.py",
    "mutants/shared/clock.py",
    "local.settings.json",
)
# A test that calls the stand-ins lets its whole process trust their certificate alone, and pip would not reach its index.
ENVIRONMENT = dict(os.environ)
IMPORTS = """
import json, sys, time
began, cpu = time.perf_counter(), time.process_time()
from function_app import app
names = [function.get_function_name() for function in app.get_functions()]
took, cpu = time.perf_counter() - began, time.process_time() - cpu
import importlib, pkgutil, functions, shared
for package in (functions, shared):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
places = sorted({getattr(module, "__file__", None) or "" for module in sys.modules.values()})
print(json.dumps({"names": names, "seconds": took, "cpu_seconds": cpu, "places": places}))
"""


@dataclass(frozen=True)
class Deployed:
    """What was packed, where it is unpacked, and what a process found there."""

    archive: Path
    folder: Path
    site: Path
    names: list[str]
    seconds: float
    cpu_seconds: float
    places: list[str]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    base = tmp_path_factory.mktemp("deployed")
    clone = copy_of_the_clone(base / "clone")
    for name in CLUTTER:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_bytes(b"x")
    archive = pack(clone, base / "app.zip")
    with ZipFile(archive) as packed:
        packed.extractall(base / "app")
    site = environment_of(ROOT / "requirements.txt", base / "site")
    # Without the packages of this environment, and without the variables and folders of whoever runs it.
    code = f"import sys; sys.path[:0] = [{str(base / 'app')!r}, {str(site)!r}]\n{IMPORTS}"
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    answer = subprocess.run(command, cwd=base, env={}, capture_output=True, text=True, check=False)
    assert 0 == answer.returncode, answer.stderr
    return Deployed(archive, base / "app", site, **json.loads(answer.stdout.splitlines()[-1]))


def paths_of(archive: Path) -> list[PurePosixPath]:
    with ZipFile(archive) as packed:
        return [PurePosixPath(name) for name in packed.namelist()]


def test_only_the_app_is_deployed(deployed: Deployed) -> None:
    assert TOP == {path.parts[0] for path in paths_of(deployed.archive)}


def test_no_cache_and_no_settings_are_deployed(deployed: Deployed) -> None:
    paths = {str(path) for path in paths_of(deployed.archive)}

    assert set() == paths & set(CLUTTER)
    assert [] == [path for path in paths if path.endswith(".pyc")]


def test_azd_and_core_tools_leave_the_same_out(deployed: Deployed) -> None:
    """They read a plain name differently: at the root alone, or in every folder."""
    patterns = patterns_of(ROOT)
    paths = paths_of(deployed.archive)

    assert [] == [str(path) for path in paths if is_left_out_anywhere(path, patterns)]
    assert all(is_left_out(PurePosixPath(name), patterns) for name in CLUTTER)


def test_it_has_exactly_the_functions_of_its_folder(deployed: Deployed) -> None:
    modules = {file.stem for file in (ROOT / "functions").glob("*.py")} - {"__init__"}

    assert modules == set(deployed.names)
    assert len(modules) == len(deployed.names)


def test_it_imports_nothing_but_python_itself_and_what_is_pinned(deployed: Deployed) -> None:
    """A package that only development needs is not there: what imports one would have failed."""
    own = (str(deployed.folder), str(deployed.site), str(deployed.site.resolve()))
    foreign = [place for place in deployed.places if "site-packages" in place and not place.startswith(own)]

    assert [] == foreign


def test_it_is_small_and_starts_fast(
    deployed: Deployed, record_property: Callable[[str, object], None]
) -> None:
    count, size = len(paths_of(deployed.archive)), deployed.archive.stat().st_size
    figures = f"{count} files, {size / 1e6:.2f} MB zipped, imported in {deployed.seconds:.2f} s"
    record_property("figure", f"deployed: {figures}")

    assert size < MOST_BYTES
    assert (
        deployed.cpu_seconds < 3
    )  # a tenth of it is usual; the time on the clock depends on who else is busy


@pytest.mark.thorough
def test_pip_fills_an_environment_from_what_is_pinned_in_which_it_has_its_functions(
    deployed: Deployed, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "environment"], check=True)
    python = tmp_path / "environment" / "bin" / "python"
    requirements = deployed.folder / "requirements.txt"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True, env=ENVIRONMENT
    )
    code = f"import sys; sys.path.insert(0, {str(deployed.folder)!r})\n{IMPORTS}"

    answer = subprocess.run([python, "-I", "-B", "-c", code], capture_output=True, text=True, check=False)

    assert 0 == answer.returncode, answer.stderr
    assert deployed.names == json.loads(answer.stdout.splitlines()[-1])["names"]
