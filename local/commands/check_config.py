"""`config`: tell what is wrong with the files of config/, or write their schemas."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from local.commands.exit_codes import UNUSABLE_INPUT
from shared.configuration import receivers, silences
from shared.configuration.alerts import NamedRule, usable_alert_rules
from shared.configuration.dependencies import usable_dependencies
from shared.configuration.events import usable_events
from shared.configuration.match import Match
from shared.configuration.objectives import usable_objectives
from shared.configuration.receivers import usable_receivers
from shared.configuration.resources import usable_resources
from shared.configuration.schema import FOLDER, schemas
from shared.configuration.severity import SeverityRules, usable_severity
from shared.configuration.silences import usable_silences
from shared.configuration.tokens import usable_token_rules
from shared.errors import InputError
from shared.playbooks.loading.team_pages import usable_playbooks
from shared.playbooks.playbook import Playbook
from shared.settings import Settings
from shared.signals.catalogue import SIGNALS

Playbooks = Mapping[str, Playbook]

# A check of the files does not depend on the settings of the machine that it runs on.
_ANY_WORKSPACE = "00000000-0000-0000-0000-000000000000"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("config", help="tell what is wrong with the files of config/")
    parser.add_argument("--folder", type=Path, help="another folder (default: the setting CONFIG_FOLDER)")
    parser.add_argument(
        "--schema", action="store_true", help="write the JSON Schema of each file for editors"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    settings = Settings.from_environment()
    folder = options.folder or settings.config_folder
    if options.schema:
        return _write_schemas(folder / FOLDER)
    playbooks, unusable = usable_playbooks(settings.playbooks_folder)
    return _check(folder, settings.logs_workspace, playbooks, unusable)


def _write_schemas(folder: Path) -> int:
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


def _check(
    folder: Path, workspace: str | None, playbooks: Playbooks, unusable_pages: Sequence[InputError]
) -> int:
    resources, resource_problems = usable_resources(folder, workspace or _ANY_WORKSPACE)
    objectives, objective_problems = usable_objectives(folder)
    matrix, matrix_problems = usable_severity(folder)
    named_rules, named_rule_problems = usable_alert_rules(folder)
    routing, routing_problems = usable_receivers(folder)
    muted, silence_problems = usable_silences(folder)
    _, event_problems = usable_events(folder)
    _, dependency_problems = usable_dependencies(folder)
    _, token_problems = usable_token_rules(folder)
    matches = {
        receivers.FILE: [route.match for route in routing.routes],
        silences.FILE: [silence.match for silence in muted],
    }
    problems = [
        *unusable_pages,
        *(*resource_problems, *objective_problems, *matrix_problems, *_unknown_kinds(matrix, playbooks)),
        *(*named_rule_problems, *_unknown_symptoms(named_rules, playbooks)),
        *(
            *routing_problems,
            *silence_problems,
            *token_problems,
            *dependency_problems,
            *event_problems,
            *_unmatched_symptoms(matches, playbooks),
        ),
    ]
    if problems:
        return _refuse(problems)
    print(
        f"{len(resources)} resources, {len(objectives)} objectives, {len(matrix.rules)} rules of severity, "
        f"{len(routing.receivers)} receivers, {len(routing.routes)} routes, {len(muted)} silences"
    )
    return 0


def _refuse(problems: Iterable[InputError]) -> int:
    for problem in problems:
        print(problem)
    return UNUSABLE_INPUT


def _unknown_kinds(matrix: SeverityRules, playbooks: Playbooks) -> Iterator[InputError]:
    """Find the kinds that no playbook and no signal knows, and that so would never fit."""
    causes = [
        (playbook.id, hypothesis.id) for playbook in playbooks.values() for hypothesis in playbook.hypotheses
    ]
    kinds = {kind for symptom, cause in causes for kind in (symptom, cause, f"{symptom}/{cause}")}
    kinds |= {signal.id for signal in SIGNALS}
    expected = "the id of a playbook, a hypothesis, a signal or `one/other`"
    for rule in matrix.rules:
        for kind in rule.kinds:
            if kind not in kinds:
                yield InputError(rule.where, f"unknown kind {kind!r}", expected)


def _unknown_symptoms(rules: Sequence[NamedRule], playbooks: Playbooks) -> Iterator[InputError]:
    """Find the alert rules that stand for a symptom that no playbook explains."""
    for rule in rules:
        yield from _unexplained(rule.where, [rule.symptom], playbooks)


def _unmatched_symptoms(matches: Mapping[str, Sequence[Match]], playbooks: Playbooks) -> Iterator[InputError]:
    """Find the matchers that wait for a symptom that no playbook explains, and so never fit."""
    for file, file_matches in matches.items():
        yield from _unexplained(
            file, dict.fromkeys(name for match in file_matches for name in match.symptom), playbooks
        )


def _unexplained(where: str, symptoms: Iterable[str], playbooks: Playbooks) -> Iterator[InputError]:
    for symptom in symptoms:
        if symptom not in playbooks:
            yield InputError(where, f"unknown symptom {symptom!r}", f"one of {', '.join(playbooks)}")
