"""What is deployed: the files that .funcignore leaves, in an environment that holds what requirements.txt pins and no more."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from infra.package import ANYWHERE

ROOT = Path(__file__).parents[1]


def is_left_out_anywhere(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    """Tell it as azd does, which reads the file like a .gitignore: a plain name stands for it in every folder."""
    return any(pattern.removeprefix(ANYWHERE) in path.parts for pattern in patterns)


def copy_of_the_clone(target: Path) -> Path:
    """Copy what git tracks, and what is not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def environment_of(requirements: Path, target: Path) -> Path:
    """Make a folder with the packages of this environment that the file pins, in the pinned versions.

    It takes a second and no network, which an environment that pip fills would not.
    """
    installed = {_name(one.name): one for one in distributions()}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if version:
            distribution = installed[_name(name)]
            assert version == distribution.version, f"{name} is installed as {distribution.version}"
            _link(distribution, target)
    return target


def _link(distribution: Distribution, target: Path) -> None:
    for file in distribution.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            link = target / file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path(str(file.locate())).resolve())


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
