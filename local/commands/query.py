"""`query`: print the complete text of a check, for the portal."""

import argparse
from collections.abc import Mapping

from local.commands.library_option import add_library_option, playbooks_of
from local.commands.scope_options import add_scope_options, scope_of
from shared.errors import InputError
from shared.playbooks.playbook import Check, Engine, Playbook
from shared.queries.prelude import complete

SYMPTOM = "symptom"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("query", help="print the complete text of a check, for the portal")
    parser.add_argument("playbook", metavar="PLAYBOOK")
    parser.add_argument("hypothesis", metavar="HYPOTHESIS", help=f"a hypothesis, or {SYMPTOM}")
    add_library_option(parser)
    add_scope_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    check = _check(playbooks_of(options), options.playbook, options.hypothesis)
    if check.engine is not Engine.LOGS:
        raise InputError(options.hypothesis, f"its check is `{check.engine} {check.text}`", "a check in KQL")
    print(complete(check.text, scope_of(options)))
    return 0


def _check(library: Mapping[str, Playbook], playbook_id: str, hypothesis_id: str) -> Check:
    if playbook_id not in library:
        raise InputError("PLAYBOOK", f"there is no playbook {playbook_id!r}", f"one of {', '.join(library)}")
    playbook = library[playbook_id]
    if hypothesis_id == SYMPTOM:
        return playbook.symptom_check
    checks = {hypothesis.id: hypothesis.check for hypothesis in playbook.hypotheses}
    if hypothesis_id not in checks:
        raise InputError(
            "HYPOTHESIS", f"there is no {hypothesis_id!r}", f"one of {', '.join([SYMPTOM, *checks])}"
        )
    return checks[hypothesis_id]
