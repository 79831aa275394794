"""`cases`: list the cases that can be replayed."""

import argparse
import sys

from rich.table import Table

from local.case import all_cases
from local.present import console_for
from shared.incidents.wording import span


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("cases", help="list the cases that can be replayed")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Carry out the command."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Case", "Playbook", "Window", "Expected"):
        table.add_column(column, no_wrap=True)
    for case in all_cases():
        table.add_row(case.name, case.playbook, span(case.scope.window), case.cause or case.conclusion)
    console_for(sys.stdout).print(table)
    return 0
