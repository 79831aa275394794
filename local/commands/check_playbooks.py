"""`playbook check`: load a folder of one's own pages, and compile their KQL as Azure would."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from local.commands.exit_codes import UNUSABLE_INPUT
from local.kusto.compiler import compile_texts
from local.kusto.faults import faults
from local.kusto.places import Written, checks_of
from local.machine.node import NodeMissingError
from shared.errors import PlaybookError
from shared.playbooks.loading.team_pages import usable_playbooks
from shared.queries.scope import Scope, Window

# What a text names depends on no scope, so any one does.
_ANY = Scope(("/",), Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("playbook", help="check your own playbooks")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="load a folder of pages, and compile their KQL")
    check.add_argument("folder", type=Path, metavar="DIR", help="a folder of pages, `<id>.md`")
    check.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    _, problems = usable_playbooks(options.folder)
    checks = list(_checks(options.folder))
    try:
        complaints, compiled = list(_faults(checks)), "compiled"
    except NodeMissingError as missing:
        complaints, compiled = [], f"not compiled by Microsoft's compiler: {missing}"
    for complaint in [*(problem.message for problem in problems), *complaints]:
        print(complaint)
    print(f"{len(list(options.folder.glob('*.md')))} pages, {len(checks)} checks in KQL, {compiled}")
    return UNUSABLE_INPUT if problems or complaints else 0


def _checks(folder: Path) -> Iterator[Written]:
    for path in sorted(folder.glob("*.md")):
        with suppress(PlaybookError):  # not a page at all, as the loader says
            yield from checks_of(path)


def _faults(checks: Sequence[Written]) -> Iterator[str]:
    texts = [check.complete(_ANY) for check in checks]
    for check, compiled in zip(checks, compile_texts(texts), strict=True):
        for fault in faults(compiled, answer=check.answer):
            file, line = check.place(compiled.text, fault.line)
            yield f"{file}:{line}:{fault.column}: {fault.message}"
