"""`trends`: say what the diagnoses of the last incidents lacked."""

import argparse
import sys
from collections.abc import Iterator
from datetime import timedelta

from rich.table import Table

from local.output.console import console_for
from local.output.results import safe
from shared.app import bundles, stores
from shared.app.runtime import Runtime, current
from shared.errors import InputError
from shared.incidents.incident import Incident
from shared.incidents.report.trends import Lack, lacks_of
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.stored import decode_diagnosis
from shared.queries.categories import CATEGORIES

_LAST = 50
_REACH = timedelta(days=90)  # incidents that closed earlier are not looked at


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "trends", help="say which table or permission the last incidents lacked most"
    )
    parser.add_argument(
        "--last", type=int, default=_LAST, metavar="N", help=f"so many incidents (default {_LAST})"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        InputError: no incident was asked for.
    """
    if options.last < 1:
        raise InputError("--last", f"{options.last} is too small", "the number of incidents, from 1 on")
    runtime = current()
    incidents = last_incidents(runtime, options.last)
    lacks = lacks_of(_diagnoses(runtime, incidents))
    console = console_for(sys.stdout)
    if lacks:
        console.print(lack_table(lacks))
    missing = "" if lacks else " None of their diagnoses lacked a table or a permission."
    console.print(f"{len(incidents)} incidents, those of the last {_REACH.days} days.{missing}")
    return 0


def last_incidents(runtime: Runtime, most: int) -> list[Incident]:
    """Return the newest incidents of the watched resources, newest first."""
    store, since = stores.incidents(runtime.storage), runtime.clock.now() - _REACH
    resources = bundles.policy(runtime, runtime.configuration()).resources
    incidents = [incident for resource in resources for incident in store.of_resource(resource.id, since)]
    return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id), reverse=True)[:most]


def lack_table(lacks: tuple[Lack, ...]) -> Table:
    """Return what was lacking as a table, most hypotheses first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "Lacking",
        "Diagnostic category",
        "Incidents",
        "Hypotheses left open",
        "Symptoms left open",
    ):
        table.add_column(column, overflow="fold")
    for lack in lacks:
        counts = (f"{count:,}" for count in (lack.incidents, lack.hypotheses, lack.symptoms))
        table.add_row(safe(lack.name), CATEGORIES.get(lack.name, ""), *counts)
    return table


def _diagnoses(runtime: Runtime, incidents: list[Incident]) -> Iterator[Diagnosis]:
    documents = stores.documents(runtime.storage)
    for incident in incidents:
        text = documents.get(incident.document) if incident.document else None
        if text:
            yield decode_diagnosis(text)
