"""`fetch`: bring every table of a service from a workspace into a folder that `diagnose --logs` reads."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.table import Table

from local.azure.session import callers_logs
from local.commands.diagnose import workspace_id
from local.commands.exit_codes import DONE, NOT_AS_EXPECTED
from local.commands.library_option import add_library_option, playbooks_of
from local.commands.window_options import add_window_options, window_of
from local.exports.fetch import Fetch, FetchedTable
from local.exports.owned import tables_of_service
from local.exports.sources import FETCH_RECORD
from local.output.console import console_for
from local.output.progress import add_progress_option, progress_on
from local.output.results import safe
from shared.clock import SystemClock, iso
from shared.configuration.arm import resource_id, resource_type
from shared.errors import InputError
from shared.incidents.wording import moment
from shared.playbooks.next_command import diagnose_command
from shared.queries.logs import Logs
from shared.queries.scope import Scope, Window
from shared.settings import Settings


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "fetch",
        help="bring every table of a service from a workspace into a folder",
        description="The rows are not redacted: `export` writes what may be shared.",
    )
    parser.add_argument("resource", metavar="RESOURCE", help="the resource, by its ARM id")
    parser.add_argument("--workspace", required=True, metavar="GUID", help="asked with your `az login`")
    add_window_options(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="default: named after the resource and the time"
    )
    add_library_option(parser)
    add_progress_option(parser)
    parser.set_defaults(run=run, app=[])


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    scope = Scope((resource_id(options.resource, where="RESOURCE"),), window_of(options))
    workspace = workspace_id(options.workspace)
    service = resource_type(scope.resources[0])
    playbooks = playbooks_of(options).values()
    if service not in {playbook.service for playbook in playbooks}:
        wrong = f"no playbook is for a {service}"
        raise InputError("RESOURCE", wrong, "a Web PubSub or Communication Services resource")
    folder = _folder_for(options.out, scope)
    logs = callers_logs(Settings.from_environment(), workspace)
    names = tables_of_service(service, playbooks)
    with progress_on(things="tables", wanted=options.progress) as observe:
        fetched = fetch_into(folder, logs, scope, workspace, names, observe=observe)
    _show(fetched, folder, scope)
    return DONE if all(table.is_complete for table in fetched) else NOT_AS_EXPECTED


def fetch_into(
    folder: Path,
    logs: Logs,
    scope: Scope,
    workspace: str,
    names: Sequence[str],
    *,
    observe: Callable[[int, int], None] | None = None,
) -> list[FetchedTable]:
    """Fetch tables into a folder, and write beside them what was asked and what came."""
    fetch = Fetch(logs, scope, folder, observe=observe)
    asked_at = SystemClock().now()
    fetched = fetch.tables(names)
    record = {
        "version": 1,
        "resource": scope.resources[0],
        "workspace": workspace,
        "from": iso(scope.window.start),
        "to": iso(scope.window.end),
        "rows_from": iso(fetch.start),
        "asked_at": iso(asked_at),
        "tables": {
            table.name: _record_of(table) for table in fetched if not table.is_missing and not table.failure
        },
        "missing": [table.name for table in fetched if table.is_missing],
        "failed": {table.name: safe(table.failure) for table in fetched if table.failure},
    }
    (folder / FETCH_RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return fetched


def _folder_for(out: Path | None, scope: Scope) -> Path:
    folder = out or Path(_default_name(scope.resources[0], scope.window))
    try:
        if folder.exists() and any(folder.iterdir()):
            raise InputError(
                str(folder), "there is something in it", "--out with a folder that is new or empty"
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # the rows are not redacted
    except OSError as error:
        wrong = f"it cannot be written ({error.strerror})"
        raise InputError(str(folder), wrong, "a folder for the rows") from error
    return folder


def _default_name(resource: str, window: Window) -> str:
    return f"{resource.rpartition('/')[2]}-{window.start:%Y-%m-%dT%H%M}Z"


def _record_of(table: FetchedTable) -> dict[str, object]:
    return {
        "rows": table.rows,
        "first": iso(table.first) if table.first else None,
        "last": iso(table.last) if table.last else None,
        "parts": table.parts,
        "complete": table.is_complete,
    }


def _show(fetched: Sequence[FetchedTable], folder: Path, scope: Scope) -> None:
    console = console_for(sys.stdout)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Table", "Rows", "First", "Last", ""):
        grid.add_column(column, justify="right" if column == "Rows" else "left")
    for table in fetched:
        if not table.is_missing:
            times = [moment(at) if at else "" for at in (table.first, table.last)]
            grid.add_row(table.name, str(table.rows), *times, _remark(table))
    console.print(grid)
    missing = [table.name for table in fetched if table.is_missing]
    if missing:
        console.print(f"Never received by this workspace: {', '.join(missing)}", style="dim", markup=False)
    command = diagnose_command(scope.resources[0], scope.window, logs=str(folder))
    console.print(f"Next: {safe(command)}", markup=False, soft_wrap=True)


def _remark(table: FetchedTable) -> str:
    if table.failure:
        return f"not fetched: {safe(table.failure)}"
    return "" if table.is_complete else "not complete"
