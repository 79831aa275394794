"""`doctor`: tell what is missing between a resource and a working watch, each with the command that mends it."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.azure.session import callers_context, callers_credential, callers_logs
from local.commands.exit_codes import DONE, FAILED, NOT_AS_EXPECTED
from local.commands.review import reviewable
from local.commands.target import target_named
from local.doctor.app import WatchingApp
from local.doctor.azure import AskedAzure
from local.doctor.examine import Patient, examine
from local.doctor.remark import Light, Remark
from local.output.console import console_for
from local.output.results import safe
from shared.app import bundles
from shared.app.runtime import Runtime, current
from shared.configuration.resources import WatchedResource
from shared.configuration.snapshot import Configuration
from shared.context.ports import ContextSources
from shared.errors import InputError

APP_VARIABLE = "AZURE_FUNCTION_APP_NAME"  # as azd names it

_UNKNOWN_WORKSPACE = "00000000-0000-0000-0000-000000000000"
_COLOURS = {Light.GREEN: "green", Light.ADVICE: "cyan", Light.UNREAD: "yellow", Light.RED: "bold red"}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "doctor",
        help="tell what is missing between a resource and a working watch, with the commands that mend it",
        description="Nothing is changed. The status is 1 where something is missing, and 3 where something could not be read.",
    )
    parser.add_argument(
        "resource",
        nargs="?",
        metavar="NAME",
        help="a resource by its name or ARM id (default: every one of config/resources.yaml)",
    )
    parser.add_argument("--app", metavar="APP", help=f"the function app (default: {APP_VARIABLE})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        InputError: no resource is named and none is configured, or the name is not of one resource that can be watched.
    """
    runtime = current()
    settings, sources = runtime.settings, callers_context(runtime.settings)
    azure = AskedAzure(
        sources,
        lambda workspace: callers_logs(settings, workspace),
        callers_credential(settings),
        settings.arm_endpoint,
    )
    named = reviewable(target_named(options.resource, sources).resource) if options.resource else ""
    remarks = examine(
        azure,
        options.app or os.environ.get(APP_VARIABLE, ""),
        lambda app: _patient(runtime, sources, named, app),
        runtime.clock.now(),
    )
    if options.json:
        print(json.dumps({"remarks": [as_json(remark) for remark in remarks]}, ensure_ascii=False, indent=2))
    else:
        show(console_for(sys.stdout), remarks)
    return code_of_remarks(remarks)


def code_of_remarks(remarks: Sequence[Remark]) -> int:
    """Return 1 where something is missing, else 3 where something could not be read."""
    worst = max(remark.light for remark in remarks)
    return {Light.RED: NOT_AS_EXPECTED, Light.UNREAD: FAILED}.get(worst, DONE)


def show(console: Console, remarks: Sequence[Remark]) -> None:
    """Print the remarks by area, and at the end how many there are of each kind."""
    by_area = sorted(
        remarks, key=lambda remark: list(dict.fromkeys(each.area for each in remarks)).index(remark.area)
    )
    for area, members in groupby(by_area, key=lambda remark: remark.area):
        console.print(Text(area, style="bold"))
        for remark in members:
            _show_remark(console, remark)
    counts = {light: sum(remark.light is light for remark in remarks) for light in reversed(Light)}
    console.print()
    console.print(
        ", ".join(f"{count} {light.word}" for light, count in counts.items() if count), style="bold"
    )


def as_json(remark: Remark) -> dict[str, str]:
    """Return a remark as plain JSON values."""
    return {
        "area": remark.area,
        "light": remark.light.word,
        "text": safe(remark.text),
        "mend": safe(remark.mend),
        "before": safe(remark.before),
    }


def _show_remark(console: Console, remark: Remark) -> None:
    line = Table.grid(padding=(0, 1))
    line.add_column(width=2)
    line.add_column(width=8, no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row("", Text(remark.light.word, style=_COLOURS[remark.light]), Text(f"{safe(remark.text)}."))
    if remark.before:
        line.add_row("", "", Text(f"Before: {safe(remark.before)}", style="dim"))
    console.print(line)
    if remark.mend:
        # Of one line, so that it can be copied.
        console.print(f"            {safe(remark.mend)}", markup=False, soft_wrap=True)


def _patient(runtime: Runtime, sources: ContextSources, named: str, app: WatchingApp | None) -> Patient:
    # Settings of this machine say nothing of an app, also where those of the app may not be read.
    workspace = (app.setting("LOGS_WORKSPACE") if app else runtime.settings.logs_workspace) or None
    configuration = Configuration.of_folder(
        runtime.settings.config_folder, workspace or _UNKNOWN_WORKSPACE, runtime.discovered.lines
    )
    resources = [each for each in configuration.resources if not named or each.id == named]
    if named and not resources:
        asked = workspace or _UNKNOWN_WORKSPACE
        resources = [WatchedResource(named, asked, asked, asked)]
    if not resources:
        raise InputError("NAME", "it is missing, and config/resources.yaml names none", "a name or an ARM id")
    reviewer = bundles.reviewer(runtime, configuration, sources)
    return Patient(resources, configuration.receivers, reviewer, knows_workspaces=workspace is not None)
