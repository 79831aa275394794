"""`diagnose`: run playbooks on exported tables, or on a real workspace."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from local.azure.session import Session, callers_context, callers_logs, callers_metrics, session_on
from local.commands.exit_codes import code_of
from local.commands.library_option import add_library_option, playbooks_of
from local.commands.scope_options import add_scope_options, scope_of
from local.commands.target import Target, target_named, workspace_for
from local.commands.window_options import window_of
from local.exports.local_times import DateOrder
from local.exports.sources import Unread
from local.output.console import console_for, show_diagnosis
from local.output.evidence import write_evidence
from local.output.progress import add_progress_option, progress_on
from local.output.results import distinct_users, safe, unread_as_json, user_ids, write_results
from local.output.support import support_text
from shared.errors import InputError
from shared.playbooks.diagnosis import Conclusion
from shared.playbooks.encode import as_json, others_as_json
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.run import diagnose
from shared.playbooks.survey import Survey, survey
from shared.queries.run import Run
from shared.queries.scope import Scope, resource_id, resource_type
from shared.settings import Settings

AUTO = "auto"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("diagnose", help="run playbooks on exported tables or on a real workspace")
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a resource that your `az login` can read, by its name or ARM id; its workspace is that of its diagnostic setting",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--logs", type=Path, metavar="DIR", help="a folder of exported tables, and metrics.ndjson"
    )
    source.add_argument("--workspace", metavar="GUID", help="a real workspace, asked with your `az login`")
    parser.add_argument("--playbook", default=AUTO, metavar="ID", help="a playbook, or auto (default)")
    add_library_option(parser)
    add_scope_options(parser, named=True)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write diagnosis.json, card.json and report.md there"
    )
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR", help="write the rows behind each figure there, check by check"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--support",
        action="store_true",
        help="print a text for a support case: exact messages, ids and times",
    )
    parser.add_argument(
        "--date-order",
        type=DateOrder,
        choices=list(DateOrder),
        help="how the dates of CSV files are ordered, where they do not tell it themselves",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="tell scripts what was found: 10 a cause, 11 inconclusive, 12 no data, 0 nothing, 3 no check could run",
    )
    add_progress_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    _check_names(options)
    if options.logs is None:
        return _diagnose_live(options)
    scope = scope_of(options)
    playbooks = playbooks_for(options.playbook, scope, playbooks_of(options))
    with session_on(options.logs, scope, options.date_order) as session:
        return _answer(options, playbooks, session)


def _check_names(options: argparse.Namespace) -> None:
    """Make sure that the resource is named once.

    Raises:
        InputError: it is not.
    """
    if options.name and options.resource:
        raise InputError("NAME", "--resource names the resource already", "one of the two")
    if options.logs is not None and options.name:
        raise InputError(
            "NAME", "a folder of tables has no names", "--resource with the ARM id beside --logs"
        )
    if not options.name and not options.resource:
        raise InputError("NAME", "the resource is missing", "its name, or --resource with its ARM id")


def _diagnose_live(options: argparse.Namespace) -> int:
    """Diagnose in Azure: what is not named is found through Azure Resource Manager."""
    settings = Settings.from_environment()
    window_of(options)  # refused before anybody is asked
    workspace = workspace_id(options.workspace) if options.workspace else None
    sources = callers_context(settings)
    target = target_named(options.name, sources) if options.name else None
    target = target or Target(resource_id(options.resource, where="--resource"))
    scope = scope_of(options, target.resource)
    playbooks = playbooks_for(options.playbook, scope, playbooks_of(options))
    if workspace is None:
        workspace = workspace_for(target, sources)
        print(f"{safe(target.resource)}: its logs are in the workspace {workspace}", file=sys.stderr)
    run = Run(callers_logs(settings, workspace), scope)
    if target.region:
        run.metrics, run.region = callers_metrics(settings), target.region
    return _answer(options, playbooks, Session(run, (), sources))


def workspace_id(text: str) -> str:
    """Read a workspace's GUID, which the portal shows as its workspace id.

    Raises:
        InputError: it is none; the ARM id of the workspace is a common slip.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise InputError(
            "--workspace", f"{text!r} is not a GUID", "the workspace id, not its name or ARM id"
        ) from error


def playbooks_for(playbook_id: str, scope: Scope, library: Mapping[str, Playbook]) -> list[Playbook]:
    """Return the playbooks of the resource's service, or the one that was named.

    Raises:
        InputError: there is no such playbook, or it is for another service.
    """
    service = resource_type(scope.resources[0])
    of_service = [playbook for playbook in library.values() if playbook.service == service]
    if playbook_id != AUTO:
        if playbook_id not in library:
            raise InputError(
                "--playbook", f"there is no playbook {playbook_id!r}", f"one of {', '.join(library)}"
            )
        of_service = [playbook for playbook in of_service if playbook.id == playbook_id]
    if not of_service:
        wrong = "no playbook is" if playbook_id == AUTO else f"playbook {playbook_id!r} is not"
        fitting = library.values() if playbook_id == AUTO else [library[playbook_id]]
        services = sorted({playbook.service for playbook in fitting})
        raise InputError(
            "--resource", f"{wrong} for a {service}", f"a resource of type {' or '.join(services)}"
        )
    return of_service


def _answer(options: argparse.Namespace, playbooks: list[Playbook], session: Session) -> int:
    with progress_on(wanted=options.progress) as observe:
        session.run.observe = observe
        result = _surveyed(playbooks, options, session)
    playbook = next(page for page in playbooks if page.id == result.strongest.playbook)
    if options.out:
        write_results(result.strongest, playbook, options.out, unread=session.unread)
    if options.evidence:
        write_evidence(result, {page.id: page for page in playbooks}, session.run, options.evidence)
    support = (
        support_text(result.strongest, playbook, session.run, distinct_users()) if options.support else ""
    )
    if options.json:
        _print_json(options, result, session.unread, support)
    elif options.support:
        print(support, end="")
    else:
        shown = redact_diagnosis(result.strongest, user_ids())
        logs = str(options.logs) if options.logs else None
        show_diagnosis(console_for(sys.stdout), shown, playbook, result.others, session.unread, logs=logs)
    conclusions = [result.strongest.conclusion, *(Conclusion(other.conclusion) for other in result.others)]
    return code_of(conclusions, tells=options.exit_code)


def _surveyed(playbooks: list[Playbook], options: argparse.Namespace, session: Session) -> Survey:
    if options.playbook == AUTO:
        return survey(playbooks, session.run, session.sources)
    return Survey(diagnose(playbooks[0], session.run, playbooks_of(options), session.sources), ())


def _print_json(options: argparse.Namespace, result: Survey, unread: Sequence[Unread], support: str) -> None:
    document = as_json(result.strongest, user_ids())
    document["unread"] = unread_as_json(unread)
    if support:
        document["support"] = support
    if options.playbook == AUTO:
        document["others"] = others_as_json(result.others)
    sys.stdout.buffer.write(json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
    sys.stdout.buffer.flush()
