"""Judge a configuration by the rules: what is wrong, and what could not be judged."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.configuration.arm import resource_type
from shared.context.live import Gap
from shared.context.review.rule import Condition, ReviewRule, Urgency

Facts = Mapping[str, Any]  # a fact that could not be read is a `Gap`

_PLACE = re.compile(r"\{(?P<path>[a-z_]+(?:\.[A-Za-z_]+)*)\}")


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Rules that could not be judged, for one reason."""

    rules: tuple[str, ...]
    gap: Gap


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a configuration."""

    rule: str
    urgency: Urgency
    title: str
    text: str
    mend: str  # an `az` command
    target: str = ""  # which of several things it is about, such as a hub
    caution: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """What it is known by from one review to the next."""
        return f"{self.rule}|{self.target}".lower()

    @classmethod
    def of_gap(cls, unjudged: Unjudged) -> "Fault":
        """Return that rules could not be judged as a fault of its own."""
        rules, gap = ", ".join(unjudged.rules), unjudged.gap
        text = f"not judged: {rules}: {gap.sentence}."
        # The reason may hold what differs from day to day, such as the id of a request.
        name = f"unjudged: {gap.absence}: {gap.role}: {rules}"
        return cls(name, Urgency.SOON, "Not everything could be judged", text, mend="")


@dataclass(frozen=True, slots=True)
class Review:
    """What is found about one resource, least to most urgent, and what could not be judged."""

    resource: str
    faults: tuple[Fault, ...]
    unjudged: tuple[Unjudged, ...]
    is_blind: bool = False  # the resource itself could not be read, so that finding nothing means nothing

    @property
    def is_urgent(self) -> bool:
        """Tell whether something urgent was found."""
        return any(fault.urgency is Urgency.URGENT for fault in self.faults)


def judge_configuration(resource: str, rules: Iterable[ReviewRule], facts: Facts) -> Review:
    """Judge by every rule for resources of this type."""
    kind = resource_type(resource)
    faults: list[Fault] = []
    gaps: dict[Gap, list[str]] = {}
    for rule in rules:
        if rule.types and kind not in rule.types:
            continue
        outcome = _judged(rule, facts)
        if isinstance(outcome, Gap):
            gaps.setdefault(outcome, []).append(rule.id)
        else:
            faults += outcome
    ordered = sorted(faults, key=lambda fault: (fault.urgency, fault.rule, fault.target))
    unjudged = tuple(Unjudged(tuple(ids), gap) for gap, ids in gaps.items())
    return Review(resource, tuple(ordered), unjudged, isinstance(facts.get("resource"), Gap))


def _judged(rule: ReviewRule, facts: Facts) -> Sequence[Fault] | Gap:
    if not rule.each:
        holds = _all_hold(rule.when, facts)
        return holds if isinstance(holds, Gap) else [_fault(rule, facts)] if holds else []
    items = _fact(rule.each, facts)
    if isinstance(items, Gap):
        # What is known may settle it without the items.
        known = _all_hold([condition for condition in rule.when if not _is_of_item(condition)], facts)
        return items if known is not False else []
    faults = []
    for item in items or ():
        scope = {**facts, "item": item}
        holds = _all_hold(rule.when, scope)
        if isinstance(holds, Gap):
            return holds
        faults += [_fault(rule, scope)] if holds else []
    return faults


def _is_of_item(condition: Condition) -> bool:
    return condition.fact == "item" or condition.fact.startswith("item.")


def _all_hold(conditions: Iterable[Condition], facts: Facts) -> bool | Gap:
    """Tell whether every condition holds; one that certainly does not decides, whatever else could not be read."""
    unread: Gap | None = None
    for condition in conditions:
        value = _fact(condition.fact, facts)
        if isinstance(value, Gap):
            unread = unread or value
            continue
        for name, wanted in condition.tests():
            expected = _expected(wanted, facts)
            if isinstance(expected, Gap):
                unread = unread or expected
            elif not _holds(name, value, expected):
                return False
    return True if unread is None else unread


def _expected(wanted: Any, facts: Facts) -> Any:
    match = _PLACE.fullmatch(wanted) if isinstance(wanted, str) else None
    return wanted if match is None else _fact(match["path"], facts)


def _holds(test: str, value: Any, expected: Any) -> bool:
    if test == "empty":
        return (not value) is expected
    if test == "matches":
        return re.search(expected, str(value or ""), re.IGNORECASE) is not None
    if test in {"is_", "is_not"}:
        return (_folded(value) == _folded(expected)) is (test == "is_")
    if not isinstance(value, int | float) or not isinstance(expected, int | float):
        return False
    return value >= expected if test == "at_least" else value <= expected


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _fact(path: str, facts: Facts) -> Any:
    """Return a fact, None where nothing stands there, or the gap that it lies in."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, Gap):
            return value
    return value


def _fault(rule: ReviewRule, facts: Facts) -> Fault:
    target = str(_fact("item.name", facts) or "") if rule.each else ""
    return Fault(
        rule=rule.id,
        urgency=rule.level,
        title=rule.title,
        text=_PLACE.sub(lambda place: _written(_fact(place["path"], facts)), rule.text).strip(),
        mend=_PLACE.sub(lambda place: _quoted(_fact(place["path"], facts)), rule.mend).strip(),
        target=target,
        caution=rule.caution,
        source=rule.source,
    )


def _quoted(value: Any) -> str:
    """Return a fact as a word of a command, or a list as one word for each of its items."""
    return shlex.join(map(str, value)) if isinstance(value, list) else shlex.quote(_written(value))


def _written(value: Any) -> str:
    if isinstance(value, Gap) or value is None:
        return "unknown"
    if isinstance(value, str | int | float):
        return str(value)
    return ", ".join(map(str, value))
