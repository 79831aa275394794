"""`explain`: print every decision about the notices of an incident, with its reason."""

import argparse
import sys
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from local.output.console import console_for
from local.output.results import safe
from shared.app.runtime import current
from shared.app.stores import decisions, incidents
from shared.errors import LinekeeperError
from shared.incidents.wording import moment
from shared.notices.routing.decisions import RecordedDecision

_DIGEST = "digest "


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("explain", help="say who was told of an incident, who was not, and why")
    parser.add_argument("incident", metavar="INCIDENT", help="the id on its card")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        LinekeeperError: there is no such incident.
    """
    storage = current().storage
    if incidents(storage).get(options.incident) is None:
        raise LinekeeperError(f"there is no incident {options.incident}; expected the id on its card")
    records = decisions(storage).of(options.incident)
    console_for(sys.stdout).print(decision_table(records) if records else "Nothing was decided about it yet.")
    return 0


def decision_table(records: Sequence[RecordedDecision]) -> Table:
    """Return the decisions as a table, oldest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("When", "State", "Receiver", "Told", "Why"):
        table.add_column(column, overflow="fold")
    for record in records:
        state = "digest" if record.milestone.startswith(_DIGEST) else record.milestone
        decided = record.decision
        notified = "yes" if decided.notifies else "no"
        why = Text(f"{decided.reason}: {safe(decided.text)}")  # as it is: brackets are not markup here
        table.add_row(moment(record.at), state, decided.receiver, notified, why)
    return table
