"""Check files of config/ together with what they name: playbooks, hypotheses and signals."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from local.configuration.desk import ANY_WORKSPACE
from shared.configuration import alerts, receivers, severity, silences
from shared.configuration.alerts import NamedRule
from shared.configuration.files.folder import Folder
from shared.configuration.match import Match
from shared.configuration.objectives import usable_objectives
from shared.configuration.resources import FILE as RESOURCES
from shared.configuration.resources import usable_resources
from shared.configuration.severity import SeverityRules
from shared.configuration.versions.judge import FILES, problems_of
from shared.errors import InputError
from shared.playbooks.loading.team_pages import usable_playbooks
from shared.playbooks.playbook import Playbook
from shared.settings import Settings
from shared.signals.catalogue import SIGNALS

Playbooks = Mapping[str, Playbook]


def problems_in(folder: Folder, files: Collection[str] = FILES) -> list[InputError]:
    """Return what is wrong with files of a folder, and with the team's own pages that they may name.

    That nothing is watched is not told: whoever begins has a file without a line.
    """
    settings = Settings.from_environment()
    playbooks, unusable_pages = usable_playbooks(settings.playbooks_folder)
    workspace = settings.logs_workspace or ANY_WORKSPACE
    problems: list[InputError] = list(unusable_pages)
    for file in FILES:
        if file == RESOURCES and file in files:
            problems += usable_resources(folder, workspace)[1]
        elif file in files:
            problems += problems_of(file, folder, workspace)
        if file in files:
            problems += _strangers_in(file, folder, playbooks)
    return problems


def summary_of(folder: Folder) -> str:
    """Return in numbers what is right in a folder."""
    watched, _ = usable_resources(folder, Settings.from_environment().logs_workspace or ANY_WORKSPACE)
    promised, _ = usable_objectives(folder)
    matrix, _ = severity.usable_severity(folder)
    routing, _ = receivers.usable_receivers(folder)
    muted, _ = silences.usable_silences(folder)
    return (
        f"{len(watched)} resources, {len(promised)} objectives, {len(matrix.rules)} rules of severity, "
        f"{len(routing.receivers)} receivers, {len(routing.routes)} routes, {len(muted)} silences"
    )


def _strangers_in(file: str, folder: Folder, playbooks: Playbooks) -> Iterator[InputError]:
    """Find the names in a file that no playbook and no signal has."""
    if file == severity.FILE:
        yield from _unknown_kinds(severity.usable_severity(folder)[0], playbooks)
    elif file == alerts.FILE:
        yield from _unknown_symptoms(alerts.usable_alert_rules(folder)[0], playbooks)
    elif file == receivers.FILE:
        routes = receivers.usable_receivers(folder)[0].routes
        yield from _unmatched_symptoms(file, [route.match for route in routes], playbooks)
    elif file == silences.FILE:
        muted = silences.usable_silences(folder)[0]
        yield from _unmatched_symptoms(file, [silence.match for silence in muted], playbooks)


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


def _unmatched_symptoms(file: str, matches: Sequence[Match], playbooks: Playbooks) -> Iterator[InputError]:
    """Find the matchers that wait for a symptom that no playbook explains, and so never fit."""
    names = dict.fromkeys(name for match in matches for name in match.symptom)
    yield from _unexplained(file, names, playbooks)


def _unexplained(where: str, symptoms: Iterable[str], playbooks: Playbooks) -> Iterator[InputError]:
    for symptom in symptoms:
        if symptom not in playbooks:
            yield InputError(where, f"unknown symptom {symptom!r}", f"one of {', '.join(playbooks)}")
