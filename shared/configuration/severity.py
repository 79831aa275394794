"""How severe an incident is: a matrix that a team can edit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from shared.configuration.objectives import DEFAULTS
from shared.configuration.read import Value, sections
from shared.errors import InputError

FILE = "severity.yaml"
SEVERITIES = (1, 2, 3, 4)
OTHER = "other"  # every environment that the file does not name
PRODUCTION = "production"

_MOST = 1_000_000_000
_KIND = re.compile(r"[a-z0-9-]{1,80}(?:/[a-z0-9-]{1,80})?")
_SECTIONS = ("rules", "otherwise", "environments", "resolution", "told")
_CONDITIONS = ("severity", "min_share", "min_hit", "min_duration", "kinds")


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One line of the matrix: the severity of an incident that meets every condition; None asks nothing.

    `kinds` are ids of symptoms, of causes, or `symptom/cause`; one of them must fit.
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
    told: Mapping[int, str]  # who is told, and how often


def load_severity(folder: Path) -> SeverityRules:
    """Return the team's matrix; each section that the file leaves out is the default's.

    Raises:
        InputError: the first problem of the file.
    """
    return _read(sections(folder / FILE, _SECTIONS), default_severity())


def usable_severity(folder: Path) -> tuple[SeverityRules, tuple[InputError, ...]]:
    """Return the team's matrix, or the default's where the file is wrong; and what is wrong."""
    try:
        return load_severity(folder), ()
    except InputError as error:
        return default_severity(), (error,)


@cache
def default_severity() -> SeverityRules:
    """Return the matrix that holds where a team says nothing."""
    section = sections(DEFAULTS, ("objectives", "severity"))["severity"]
    return _read(section.mapping(_SECTIONS), SeverityRules((), 4, {}, {}, {}))


def severity_of(
    rules: SeverityRules,
    *,
    share: float | None,
    hit: float | None,
    symptom: str,
    cause: str | None,
    lasted: timedelta,
    environment: str,
) -> tuple[int, str]:
    """Return the severity and why, in words.

    `share` (0 to 1) is that of bad events, `hit` their number or that of users; None is unknown and meets no condition. It is never less
    severe when one of the numbers grows: conditions are lower bounds, and the rules stand from severe to mild.
    """
    severity, reason = rules.otherwise, "no rule asks for more"
    for rule in rules.rules:
        if _meets(rule, share, hit, lasted) and _fits(rule, symptom, cause):
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


def _fits(rule: SeverityRule, symptom: str, cause: str | None) -> bool:
    return not rule.kinds or not {symptom, cause, f"{symptom}/{cause}"}.isdisjoint(rule.kinds)


def _words(rule: SeverityRule) -> str:
    said = []
    if rule.min_share is not None:
        said.append(f"at least {rule.min_share * 100:g} % hit")
    if rule.min_hit is not None:
        said.append(f"at least {rule.min_hit:g} hit")
    if rule.kinds:
        said.append(f"one of {', '.join(rule.kinds)}")
    if rule.min_duration is not None:
        said.append(f"lasting {rule.min_duration / timedelta(hours=1):g} h or longer")
    return ", ".join(said) or "a rule without conditions"


def _read(found: Mapping[str, Value], below: SeverityRules) -> SeverityRules:
    settled = below
    if "rules" in found:
        settled = replace(settled, rules=_rules(found["rules"]))
    if "otherwise" in found:
        settled = replace(settled, otherwise=_otherwise(found["otherwise"], settled.rules))
    if "environments" in found:
        caps = {name.lower(): value.whole(1, 4) for name, value in found["environments"].mapping().items()}
        settled = replace(settled, environments={**below.environments, **caps})
    if "resolution" in found:
        times = {severity: value.duration() for severity, value in _by_severity(found["resolution"])}
        settled = replace(settled, resolution={**below.resolution, **times})
    if "told" in found:
        texts = {severity: value.text() for severity, value in _by_severity(found["told"])}
        settled = replace(settled, told={**below.told, **texts})
    return settled


def _by_severity(value: Value) -> list[tuple[int, Value]]:
    return [(int(key), one) for key, one in value.mapping([str(one) for one in SEVERITIES]).items()]


def _rules(value: Value) -> tuple[SeverityRule, ...]:
    rules: list[SeverityRule] = []
    for item in value.items():
        rule = _rule(item)
        if rules and rule.severity < rules[-1].severity:
            # The first that fits decides, so a worse fault could otherwise be called milder.
            wrong = f"severity {rule.severity} stands below severity {rules[-1].severity}"
            raise item.refusal(wrong, "rules from severe (1) to mild (4)")
        rules.append(rule)
    return tuple(rules)


def _otherwise(value: Value, rules: tuple[SeverityRule, ...]) -> int:
    found = value.whole(1, 4)
    if rules and found < rules[-1].severity:
        wrong = f"'otherwise' is {found}, more severe than the last rule"
        raise value.refusal(wrong, f"{rules[-1].severity} to 4")
    return found


def _rule(value: Value) -> SeverityRule:
    found = value.mapping(_CONDITIONS)
    if "severity" not in found:
        raise value.refusal("the rule has no 'severity'", "severity: 1 to 4")
    return SeverityRule(
        severity=found["severity"].whole(1, 4),
        min_share=found["min_share"].number(0, 1) if "min_share" in found else None,
        min_hit=found["min_hit"].whole(1, _MOST) if "min_hit" in found else None,
        min_duration=found["min_duration"].duration() if "min_duration" in found else None,
        kinds=tuple(_kind(kind) for kind in found["kinds"].items()) if "kinds" in found else (),
        where=value.where,
    )


def _kind(value: Value) -> str:
    if not _KIND.fullmatch(found := value.text()):
        expected = "the id of a symptom or a cause, or `symptom/cause`"
        raise value.refusal(f"{found!r} is no id", expected)
    return found
