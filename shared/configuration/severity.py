"""How severe an incident is: a matrix that a team can edit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Annotated, ClassVar, Literal, TypeVar

from msgspec import UNSET, Meta, UnsetType

from shared.configuration.files.declare import (
    Count,
    FileEntry,
    Length,
    Severity,
    Share,
    Text,
    length,
    values_of,
)
from shared.configuration.files.folder import Folder
from shared.configuration.files.read import read_file
from shared.configuration.files.usable import converted, ordered
from shared.configuration.files.value import Value
from shared.configuration.objectives import default_section
from shared.errors import InputError

FILE = "severity.yaml"
SEVERITIES = (1, 2, 3, 4)
OTHER = "other"  # every environment that the file does not name
PRODUCTION = "production"

_T = TypeVar("_T")

Kind = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9-]{1,80}(/[a-z0-9-]{1,80})?$",
        title="an id",
        description="the id of a symptom, a cause or a signal, or `symptom/cause`",
    ),
]
BySeverity = Annotated[
    dict[Literal["1", "2", "3", "4"], _T],
    Meta(extra_json_schema={"propertyNames": {"enum": [str(severity) for severity in SEVERITIES]}}),
]


NO_UPDATES = "none"
Interval = Annotated[
    str,
    Meta(
        pattern=rf"^({NO_UPDATES}|[1-9]\d{{0,5}}\s?[mhd])$",
        description=f"an interval such as 30m, 2h or 1d, or {NO_UPDATES}",
    ),
]


class SeverityRuleEntry(FileEntry, frozen=True):
    """The severity of an incident that meets every condition."""

    noun: ClassVar[str] = "the rule"

    severity: Severity
    min_share: Share | UnsetType = UNSET
    min_hit: Count | UnsetType = UNSET
    min_duration: Length | UnsetType = UNSET
    kinds: tuple[Kind, ...] = ()


class SeverityFile(FileEntry, frozen=True):
    """How severe an incident is, by the first rule whose conditions all hold, and what follows from it."""

    rules: tuple[SeverityRuleEntry, ...] | UnsetType = UNSET
    otherwise: Severity | UnsetType = UNSET
    environments: dict[str, Severity] | UnsetType = UNSET
    resolution: BySeverity[Length] | UnsetType = UNSET
    told: BySeverity[Text] | UnsetType = UNSET
    updates: BySeverity[Interval] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One line of the matrix: the severity of an incident that meets every condition; None asks nothing.

    `kinds` are ids of symptoms, of causes, of signals, or `symptom/cause`; one of them must fit.
    """

    severity: int
    min_share: float | None = None
    min_hit: float | None = None
    min_duration: timedelta | None = None
    kinds: tuple[str, ...] = ()
    where: str = ""  # its file and line


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """The matrix, from severe to mild, and what follows from a severity."""

    rules: tuple[SeverityRule, ...]
    otherwise: int
    environments: Mapping[str, int]  # the most severe that an incident there can be
    resolution: Mapping[int, timedelta]  # expected until it is resolved
    told: Mapping[int, str]  # who is told, in words
    updates: Mapping[int, timedelta]  # between two updates of an open incident; a severity without has none

    def audience(self, severity: int) -> str:
        """Say who is told of a severity, and how often; "" where that is not known."""
        interval = self.updates.get(severity)
        rhythm = f"then every {_every(interval)}" if interval else ""
        return ", ".join(part for part in (self.told.get(severity, ""), rhythm) if part)


def usable_severity(folder: Folder) -> tuple[SeverityRules, tuple[InputError, ...]]:
    """Return the team's matrix, or the default's where the file is wrong; and what is wrong.

    A matrix stands or falls as a whole: without one of its rules it would call a fault milder than the team does.
    """
    try:
        file = read_file(folder / FILE)
        if file is None or (file.value.is_empty and not file.secrets):
            return default_severity(), ()
        if file.secrets:
            return default_severity(), ordered(file.secrets)
        return _read(file.value, default_severity()), ()
    except InputError as error:
        return default_severity(), (error,)


@cache
def default_severity() -> SeverityRules:
    """Return the matrix that holds where a team says nothing."""
    return _read(default_section("severity"), SeverityRules((), 4, {}, {}, {}, {}))


def severity_of(
    rules: SeverityRules,
    *,
    share: float | None,
    hit: float | None,
    symptom: str,
    cause: str | None,
    lasted: timedelta,
    environment: str,
    signals: Collection[str] = (),
) -> tuple[int, str]:
    """Return the severity and why, in words.

    `share` (0 to 1) is that of bad events, `hit` their number or that of users; None is unknown and meets no condition.
    `signals` are those that are broken. It is never less severe when one of the numbers grows: conditions are lower bounds, and the rules stand from severe to mild.
    """
    severity, reason = rules.otherwise, "no rule asks for more"
    for rule in rules.rules:
        if _meets(rule, share, hit, lasted) and _fits(rule, symptom, cause, signals):
            severity, reason = rule.severity, _words(rule)
            break
    cap = rules.environments.get(environment.lower(), rules.environments.get(OTHER, SEVERITIES[0]))
    if severity < cap:
        return cap, f"{reason}; at most {cap} in {environment}"
    return severity, reason


def _meets(rule: SeverityRule, share: float | None, hit: float | None, lasted: timedelta) -> bool:
    return (
        (rule.min_share is None or (share is not None and share >= rule.min_share))
        and (rule.min_hit is None or (hit is not None and hit >= rule.min_hit))
        and (rule.min_duration is None or lasted >= rule.min_duration)
    )


def _fits(rule: SeverityRule, symptom: str, cause: str | None, signals: Collection[str]) -> bool:
    return not rule.kinds or not {symptom, cause, f"{symptom}/{cause}", *signals}.isdisjoint(rule.kinds)


def _words(rule: SeverityRule) -> str:
    conditions = []
    if rule.min_share is not None:
        conditions.append(f"at least {rule.min_share * 100:g} % hit")
    if rule.min_hit is not None:
        conditions.append(f"at least {rule.min_hit:g} hit")
    if rule.kinds:
        conditions.append(f"one of {', '.join(rule.kinds)}")
    if rule.min_duration is not None:
        conditions.append(f"lasting {rule.min_duration / timedelta(hours=1):g} h or longer")
    return ", ".join(conditions) or "a rule without conditions"


def _read(value: Value, below: SeverityRules) -> SeverityRules:
    """Read a matrix over the one that holds without."""
    entry = converted(value, SeverityFile)
    rules = below.rules if entry.rules is UNSET else _rules(value.at("rules"), entry.rules)
    caps = {} if entry.environments is UNSET else entry.environments
    times = {} if entry.resolution is UNSET else entry.resolution
    texts = {} if entry.told is UNSET else entry.told
    updates = {} if entry.updates is UNSET else entry.updates
    return SeverityRules(
        rules=rules,
        otherwise=below.otherwise if entry.otherwise is UNSET else _otherwise(value, entry.otherwise, rules),
        environments={**below.environments, **{name.lower(): cap for name, cap in caps.items()}},
        resolution={**below.resolution, **{int(key): length(text) for key, text in times.items()}},
        told={**below.told, **{int(key): text for key, text in texts.items()}},
        updates=_updates(below.updates, {int(key): text for key, text in updates.items()}),
    )


def _updates(below: Mapping[int, timedelta], texts: Mapping[int, str]) -> Mapping[int, timedelta]:
    kept = {severity: interval for severity, interval in below.items() if severity not in texts}
    return kept | {severity: length(text) for severity, text in texts.items() if text != NO_UPDATES}


def _every(interval: timedelta) -> str:
    """Write an interval in the largest unit that it is a whole number of; one of it needs no number."""
    units = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
    unit, name = next((unit, name) for unit, name in units if interval % unit == timedelta(0))
    count = interval // unit
    return name if count == 1 else f"{count} {name}s"


def _rules(value: Value, entries: tuple[SeverityRuleEntry, ...]) -> tuple[SeverityRule, ...]:
    rules: list[SeverityRule] = []
    for item, entry in zip(value.items(), entries, strict=True):
        if rules and entry.severity < rules[-1].severity:
            # The first that fits decides, so a worse fault could otherwise be called milder.
            wrong = f"severity {entry.severity} stands below severity {rules[-1].severity}"
            raise item.refusal(wrong, "rules from severe (1) to mild (4)")
        conditions = values_of(entry)
        if entry.min_duration is not UNSET:
            conditions["min_duration"] = length(entry.min_duration)
        rules.append(SeverityRule(**conditions, where=item.where))
    return tuple(rules)


def _otherwise(value: Value, severity: int, rules: tuple[SeverityRule, ...]) -> int:
    if rules and severity < rules[-1].severity:
        wrong = f"'otherwise' is {severity}, more severe than the last rule"
        raise value.at("otherwise").refusal(wrong, f"{rules[-1].severity} to 4")
    return severity
