"""`trends`: count root causes by week, say what diagnoses lacked, and what is learned of the normal."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.table import Table

from local.output.console import console_for
from local.output.results import safe
from shared.app import bundles, stores
from shared.app.runtime import Runtime, current
from shared.errors import InputError
from shared.incidents.incident import Incident
from shared.incidents.report.normal import Normals, normal_line
from shared.incidents.report.trends import Lack, Week, lacks_of, weeks_of
from shared.incidents.store import stored_diagnosis
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import RootCause
from shared.queries.categories import CATEGORIES
from shared.signals.catalogue import SIGNALS

_LAST = 50
_REACH = timedelta(days=90)  # incidents that closed earlier are not looked at


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "trends", help="count the causes of incidents by week, and what their diagnoses lacked"
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
    every = last_incidents(runtime)
    incidents = every[: options.last]
    lacks = lacks_of(_diagnoses(runtime, incidents))
    console = console_for(sys.stdout)
    weeks = weeks_of(every, runtime.playbooks())
    if weeks:
        console.print(week_table(weeks))
        console.print()
    if lacks:
        console.print(lack_table(lacks))
    missing = "" if lacks else " None of their diagnoses lacked a table or a permission."
    console.print(f"{footer(len(every), len(incidents))}{missing}")
    lines = list(_normals(runtime))
    if lines:
        console.print()
        console.print(normal_table(lines))
    return 0


def last_incidents(runtime: Runtime) -> list[Incident]:
    """Return the newest incidents of the watched resources, newest first."""
    store, since = stores.incidents(runtime.storage), runtime.clock.now() - _REACH
    resources = bundles.policy(runtime, runtime.configuration()).resources
    incidents = [incident for resource in resources for incident in store.of_resource(resource.id, since)]
    return sorted(incidents, key=lambda incident: (incident.opened_at, incident.id), reverse=True)


def footer(every: int, newest: int) -> str:
    """Say how many incidents the weeks count, and of how many it is said what was lacking."""
    counted = f"{every} incidents in the last {_REACH.days} days"
    return f"{counted}; what was lacking is that of the newest {newest}." if newest < every else f"{counted}."


def week_table(weeks: Sequence[Week]) -> Table:
    """Return the incidents of each week by the bucket of their root cause."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Week from", "Incidents", *(str(bucket).capitalize() for bucket in RootCause)):
        table.add_column(column, overflow="fold")
    for week in weeks:
        counts = (str(week.by_bucket.get(bucket, 0) or "") for bucket in RootCause)
        table.add_row(f"{week.monday:%Y-%m-%d}", str(week.incidents), *counts)
    return table


def normal_table(lines: Sequence[tuple[str, str, str]]) -> Table:
    """Return what is usual in this hour of the week, by resource and signal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Resource", "Signal", "In this hour of the week"):
        table.add_column(column, overflow="fold")
    for resource, signal, line in lines:
        table.add_row(safe(resource.rsplit("/", 1)[-1]), signal, safe(line))
    return table


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


def _normals(runtime: Runtime) -> Iterator[tuple[str, str, str]]:
    """Say what is usual now for each signal that is counted."""
    policy = bundles.policy(runtime, runtime.configuration())
    normals = Normals(stores.counts(runtime.storage), stores.incidents(runtime.storage), policy.objectives)
    for resource in policy.resources:
        signals = [signal for signal in SIGNALS if signal.service == resource.service]
        for signal, normal in normals.now(resource.id, signals, runtime.clock.now()).items():
            if normal.first_counted is not None:
                yield resource.id, signal, normal_line(normal, policy.objectives.get(signal))


def _diagnoses(runtime: Runtime, incidents: list[Incident]) -> Iterator[Diagnosis]:
    documents = stores.documents(runtime.storage)
    for incident in incidents:
        diagnosis = stored_diagnosis(documents, incident)
        if diagnosis is not None:
            yield diagnosis
