"""`make` takes any Python from 3.11 on, and says plainly what is missing where there is none."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "local" / "machine" / "find_python.sh"
SH, MAKE = shutil.which("sh"), shutil.which("make")


def path_with(folder: Path, **pythons: str) -> Path:
    """Make a folder for the PATH with nothing but a shell and these Pythons, each of a version, perhaps without venv."""
    folder.mkdir()
    (folder / "sh").symlink_to(str(SH))
    for name, version in pythons.items():
        number, _, lacks_venv = version.partition(" ")
        program = folder / name.replace("_", ".")
        program.write_text(
            f'#!{SH}\ncase "$*" in *ensurepip*) exit {int(bool(lacks_venv))};; -c*) echo {number};; *) echo "$0" "$@";; esac\n',
            encoding="utf-8",
        )
        program.chmod(0o755)
    return folder


def find(path: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "PYTHON": python}
    return subprocess.run([str(SH), SCRIPT], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        pytest.param(
            {"python3_11": "3.11", "python3": "3.13"}, "python3.11", id="what Azure runs comes first"
        ),
        pytest.param({"python3_12": "3.12"}, "python3.12", id="3.12 alone"),
        pytest.param({"python3_13": "3.13", "python3": "3.9"}, "python3.13", id="3.13 beside an old python3"),
        pytest.param({"python3_14": "3.14"}, "python3.14", id="3.14 alone"),
        pytest.param({"python3": "3.15"}, "python3", id="a python3 newer than any that is named"),
        pytest.param(
            {"python3": "3.10", "python": "3.12"},
            "python",
            id="a python that is new beside a python3 that is not",
        ),
        pytest.param(
            {"python3_11": "3.11 bare", "python3_12": "3.12"},
            "python3.12",
            id="one without venv is passed over",
        ),
    ],
)
def test_finds_the_first_python_from_3_11_on(pythons: dict[str, str], chosen: str, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", **pythons)

    assert f"{path / chosen}\n" == find(path).stdout


@pytest.mark.parametrize(
    ("pythons", "said"),
    [
        pytest.param({}, "No Python from 3.11 on was found on the PATH.", id="no Python at all"),
        pytest.param({"python3": "3.10"}, "python3 is Python 3.10.", id="3.10 alone"),
        pytest.param({"python": "2.7"}, "python is Python 2.7.", id="2.7 alone"),
        pytest.param({"python3_11": "3.11 bare"}, "apt install python3.11-venv", id="3.11 without venv"),
    ],
)
def test_says_what_is_missing_and_how_to_get_it(pythons: dict[str, str], said: str, tmp_path: Path) -> None:
    answer = find(path_with(tmp_path / "bin", **pythons))

    assert (1, "") == (answer.returncode, answer.stdout)
    assert said in answer.stderr
    assert "uv python install 3.11" in answer.stderr
    assert "make PYTHON=" in answer.stderr


def test_the_python_that_is_named_is_taken_or_refused_by_its_name(tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", python3="3.12")
    elsewhere = path_with(tmp_path / "opt", mine="3.13", old="3.8")

    assert f"{elsewhere / 'mine'}\n" == find(path, str(elsewhere / "mine")).stdout
    assert f"PYTHON={elsewhere / 'old'} is no Python" in find(path, str(elsewhere / "old")).stderr


def make(folder: Path, target: str, path: Path) -> subprocess.CompletedProcess[str]:
    for name in (
        "Makefile",
        "pyproject.toml",
        "requirements-dev.txt",
        "infra/checkov.txt",
        "local/machine/find_python.sh",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return subprocess.run(
        [str(MAKE), target], cwd=folder, env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(MAKE is None, reason="there is no make here")
@pytest.mark.parametrize(
    ("target", "environment"),
    [("setup", ".venv"), (".checkov/.ready", ".checkov")],
    ids=["set-up", "checkov"],
)
def test_make_makes_its_environment_with_it(target: str, environment: str, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", python3_13="3.13")

    assert f"{path / 'python3.13'} -m venv {environment}\n" in make(tmp_path / "clone", target, path).stdout


@pytest.mark.skipif(MAKE is None, reason="there is no make here")
def test_make_ends_where_there_is_none_and_says_so(tmp_path: Path) -> None:
    answer = make(tmp_path / "clone", "setup", path_with(tmp_path / "bin", python3="3.9"))

    assert 2 == answer.returncode
    assert "No Python from 3.11 on was found on the PATH. python3 is Python 3.9." in answer.stderr
