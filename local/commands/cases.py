"""`cases`: list the cases that can be replayed."""

import argparse
import sys

from rich.table import Table

from local.output.console import console_for
from local.replay.case import all_cases


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("cases", help="list the cases that can be replayed")
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Carry out the command."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Case", "Playbook", "Expected"):
        table.add_column(column, overflow="fold")
    for case in all_cases():
        table.add_row(case.name, case.playbook, case.cause or case.conclusion)
    console_for(sys.stdout).print(table)
    return 0
