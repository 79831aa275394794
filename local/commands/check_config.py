"""`config`: tell what is wrong with the files of config/."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.configuration.alerts import NamedRule, usable_alert_rules
from shared.configuration.match import Match
from shared.configuration.objectives import usable_objectives
from shared.configuration.receivers import usable_receivers
from shared.configuration.resources import usable_resources
from shared.configuration.severity import SeverityRules, usable_severity
from shared.configuration.silences import usable_silences
from shared.errors import InputError
from shared.playbooks.loading.load import load_library
from shared.settings import Settings

UNUSABLE_INPUT = 2

# A check of the files does not depend on the settings of the machine that it runs on.
_ANY_WORKSPACE = "00000000-0000-0000-0000-000000000000"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("config", help="tell what is wrong with the files of config/")
    parser.add_argument("--folder", type=Path, help="another folder (default: the setting CONFIG_FOLDER)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    settings = Settings.from_environment()
    folder = options.folder or settings.config_folder
    resources, problems = usable_resources(folder, settings.logs_workspace or _ANY_WORKSPACE)
    objectives, others = usable_objectives(folder)
    rules, more = usable_severity(folder)
    named, wrong = usable_alert_rules(folder)
    routing, misrouted = usable_receivers(folder)
    silences, unclear = usable_silences(folder)
    matches = {
        "receivers.yaml": [route.match for route in routing.routes],
        "silences.yaml": [silence.match for silence in silences],
    }
    found = [
        *(*problems, *others, *more, *_unknown_kinds(rules), *wrong, *_unknown_symptoms(named)),
        *(*misrouted, *unclear, *_unmatched_symptoms(matches)),
    ]
    for problem in found:
        print(problem)
    if not found:
        print(
            f"{len(resources)} resources, {len(objectives)} objectives, {len(rules.rules)} rules of severity, "
            f"{len(routing.receivers)} receivers, {len(routing.routes)} routes, {len(silences)} silences"
        )
    return UNUSABLE_INPUT if found else 0


def _unknown_kinds(rules: SeverityRules) -> Iterator[InputError]:
    """Find the kinds that no playbook knows, and that so would never fit."""
    causes = [(playbook.id, one.id) for playbook in load_library().values() for one in playbook.hypotheses]
    known = {name for symptom, cause in causes for name in (symptom, cause, f"{symptom}/{cause}")}
    for rule in rules.rules:
        for kind in rule.kinds:
            if kind not in known:
                yield InputError(
                    rule.where, f"unknown kind {kind!r}", "the id of a playbook, a hypothesis or `one/other`"
                )


def _unknown_symptoms(rules: Sequence[NamedRule]) -> Iterator[InputError]:
    """Find the alert rules that stand for a symptom that no playbook explains."""
    known = load_library()
    for rule in rules:
        if rule.symptom not in known:
            yield InputError(rule.where, f"unknown symptom {rule.symptom!r}", f"one of {', '.join(known)}")


def _unmatched_symptoms(matches: Mapping[str, Sequence[Match]]) -> Iterator[InputError]:
    """Find the matchers that wait for a symptom that no playbook explains, and so never fit."""
    known = load_library()
    for file, found in matches.items():
        for symptom in dict.fromkeys(name for match in found for name in match.symptom):
            if symptom not in known:
                yield InputError(file, f"unknown symptom {symptom!r}", f"one of {', '.join(known)}")
