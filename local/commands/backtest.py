"""`backtest`: say which incidents the objectives would have opened, and what other settings change."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.azure.session import callers_logs, session_on
from local.backtest.changes import Change, changes_of
from local.backtest.past import Difference, difference, past_incidents
from local.backtest.recount import MOST_DAYS, MOST_RESOURCES, newest_row, recount
from local.commands.diagnose import workspace_id
from local.commands.exit_codes import DONE, FAILED
from local.exports.moments import moment
from local.output.backtest import show_backtest
from local.output.console import console_for
from shared.clock import SystemClock
from shared.configuration.files.usable import flawless
from shared.configuration.objectives import usable_objectives
from shared.configuration.resources import WatchedResource, usable_resources
from shared.configuration.severity import usable_severity
from shared.errors import InputError
from shared.queries.run import Run
from shared.queries.scope import Scope, Window, resource_id
from shared.settings import Settings
from shared.signals.signal import bucket_of

_DAYS = 30
_PER_DAY = timedelta(minutes=3)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "backtest", help="say which incidents your objectives would have opened in the last weeks"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--workspace", metavar="GUID", help="a real workspace, asked with your `az login`")
    source.add_argument("--logs", type=Path, metavar="DIR", help="a folder of exported tables")
    parser.add_argument(
        "--resource",
        action="append",
        default=[],
        metavar="ARM_ID",
        help="a resource; repeat for several (default: those of config/resources.yaml)",
    )
    parser.add_argument(
        "--days",
        type=int,
        default=_DAYS,
        metavar="N",
        help=f"so many days, at most {MOST_DAYS} (default {_DAYS})",
    )
    parser.add_argument(
        "--to", metavar="TIME", help="their end, ISO 8601 (default: now; of a folder its newest row)"
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="what would another setting change? refused-connects.target=0.995, or min_events=40 for every signal",
    )
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="what would this folder's objectives.yaml change?"
    )
    parser.add_argument("--config", type=Path, metavar="FOLDER", help="instead of the setting CONFIG_FOLDER")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Compared:
    """One change, and what it makes of the past."""

    change: Change
    difference: Difference


def run(options: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        InputError: an option cannot be used.
    """
    if not 1 <= options.days <= MOST_DAYS:
        raise InputError("--days", f"{options.days} is out of range", f"1 to {MOST_DAYS}")
    folder = options.config or Settings.from_environment().config_folder
    objectives, severity = flawless(usable_objectives(folder)), flawless(usable_severity(folder))
    changes = changes_of(options.settings, options.against, objectives)
    resources = _resources(options, folder)
    with _opened(options, resources) as (asked, end):
        window = Window(end - timedelta(days=options.days), end)
        counted = recount(asked, resources, window)
    environments = {resource.id: resource.environment for resource in resources}
    before = past_incidents(counted.counts, objectives, severity, environments, end)
    compared = [
        Compared(
            change,
            difference(
                before, past_incidents(counted.counts, change.objectives, severity, environments, end)
            ),
        )
        for change in changes
    ]
    show_backtest(
        console_for(sys.stdout),
        before,
        [(each.change.name, each.difference) for each in compared],
        counted,
        window=window,
        objectives=objectives,
    )
    return FAILED if counted.is_blind else DONE


def _resources(options: argparse.Namespace, folder: Path) -> Sequence[WatchedResource]:
    workspace = workspace_id(options.workspace) if options.workspace else "logs"
    configured, problems = usable_resources(folder, workspace if options.workspace else None)
    if options.resource:
        ids = [resource_id(text, where="--resource") for text in options.resource]
        by_id = {resource.id: resource for resource in configured}
        chosen = [_here(by_id.get(name, WatchedResource(name, "", "", "")), workspace) for name in ids]
    else:
        chosen = [
            _here(resource, workspace)
            for resource in configured
            if options.logs or resource.workspace == workspace
        ]
    if not chosen:
        why = f"config/resources.yaml names no resource of it{f' ({problems[0]})' if problems else ''}"
        raise InputError("--resource", why, "--resource with an ARM id")
    if len(chosen) > MOST_RESOURCES:
        raise InputError("--resource", f"{len(chosen)} resources are too many", f"at most {MOST_RESOURCES}")
    return chosen


def _here(resource: WatchedResource, workspace: str) -> WatchedResource:
    """Return a resource all of whose rows are asked in one place."""
    return WatchedResource(
        resource.id,
        workspace,
        workspace,
        workspace,
        resource.apps,
        resource.environment,
        resource.owner,
        resource.region,
    )


@contextmanager
def _opened(
    options: argparse.Namespace, resources: Sequence[WatchedResource]
) -> Iterator[tuple[Run, datetime]]:
    """Open the source, and find the end of what is counted."""
    now = SystemClock().now()
    end = moment("--to", options.to) if options.to else now
    scope = Scope(tuple(resource.id for resource in resources), Window(end - timedelta(days=1), end))
    if options.workspace:
        logs = callers_logs(Settings.from_environment(), workspace_id(options.workspace))
        yield Run(logs, scope, _PER_DAY), _edge(end)
        return
    with session_on(options.logs, scope) as session:
        run_of_queries = session.run
        newest = None if options.to else newest_row(run_of_queries)
        yield run_of_queries, _edge(newest + timedelta(minutes=5) if newest else end)


def _edge(end: datetime) -> datetime:
    """Return the start of the bucket of a moment: what has not ended is not judged."""
    return bucket_of(end)
