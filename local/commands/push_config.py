"""`config push`: store files of config/ in the container that the app reads before its package."""

import argparse

from local.commands.exit_codes import UNUSABLE_INPUT
from local.configuration.check import problems_in
from local.configuration.desk import ANY_WORKSPACE, SOON, EditingDesk, add_options, desk_of, file_named
from local.configuration.difference import difference
from local.output.results import safe
from shared.configuration.files.folder import TextFolder
from shared.configuration.resources import FILE as RESOURCES
from shared.configuration.versions.judge import FILES, problems_of
from shared.configuration.versions.store import StoredFile
from shared.errors import InputError


def add_to(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the action."""
    push = actions.add_parser(
        "push", help="store files in the container that the app reads before its package"
    )
    push.add_argument(
        "files", nargs="*", metavar="FILE", help="such as silences.yaml (default: every file there is)"
    )
    push.add_argument("--dry-run", action="store_true", help="show the difference, and store nothing")
    add_options(push)
    push.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the action: check everything, show what differs, and store it; a wrong file stores none.

    Raises:
        InputError: a file is not there.
    """
    desk = desk_of(options)
    contents = _contents(desk, options.files)
    folder = TextFolder(contents)
    problems = problems_in(folder, contents)
    if not problems and RESOURCES in contents:
        problems = [*problems_of(RESOURCES, folder, ANY_WORKSPACE)]
    if problems:
        for problem in problems:
            print(safe(str(problem)))
        return UNUSABLE_INPUT
    changed = {file: desk.store.read(file) for file in contents}
    changed = {
        file: stored for file, stored in changed.items() if stored is None or stored.content != contents[file]
    }
    for file, stored in changed.items():
        _show(file, stored, contents[file])
        if not options.dry_run:
            desk.store.write(file, contents[file], stored)
    print(_summary(len(contents), len(changed), desk, is_dry=options.dry_run))
    return 0


def _contents(desk: EditingDesk, names: list[str]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for file in map(file_named, names) if names else FILES:
        content = desk.local(file)
        if content is not None:
            contents[file] = content
        elif names:
            raise InputError(file, f"there is no such file in {desk.folder}/", "a file that is there")
    return contents


def _show(file: str, stored: StoredFile | None, content: bytes) -> None:
    if stored is None:
        print(f"{file} is new in the container ({len(content.splitlines())} lines).")
    else:
        print(difference(file, stored.content, content))


def _summary(count: int, changed: int, desk: EditingDesk, *, is_dry: bool) -> str:
    if not changed:
        return f"Nothing to store: the container {desk.container} has all {count} files as they are here."
    if is_dry:
        return f"{changed} of {count} files would be stored in the container {desk.container}."
    return f"{changed} of {count} files are stored in the container {desk.container}, the former ones as snapshots. {SOON}"
