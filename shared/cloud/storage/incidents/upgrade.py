"""Read from the timeline of an incident of version 1 what rows hold as properties since version 2.

No other module reads a timeline. This one goes when no row of version 1 is left.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shared.incidents.incident import (
    Acknowledgement,
    Call,
    CardSilence,
    Entry,
    Fold,
    Incident,
    RuleState,
    State,
)
from shared.incidents.lifecycle.alert_rules import (
    ALERT_JOINED,
    ALERT_RESOLVED,
    MOST_NOTES,
    MOST_RULES,
    OPENED_BY_ALERT,
)
from shared.objectives.breach import ALERT

_STARTS = {State.DETECTED, State.REOPENED}
_MOMENT = r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC"
_SILENCED = re.compile(rf"until {_MOMENT}, by (.*)")
_CALLED = re.compile(rf"told (?:to (.*) )?at {_MOMENT}, and nobody acknowledged it")
_RAISED = re.compile(r"from (\d) to \d")
_LEFT_OUT = re.compile(r"(\d+) entries since (\S+)")
_NAME_UNKNOWN = "a colleague"


def upgraded(incident: Incident) -> Incident:
    """Return an incident of version 1 with every field that its timeline still tells."""
    lines = incident.timeline
    occurrence = _occurrence(incident)
    start = next(iter(occurrence), None)
    earlier = lines[: len(lines) - len(occurrence)]
    before = _state_before_validation(incident, occurrence)
    causes = [line.text for line in occurrence if line.what == "cause found"]
    if incident.cause and incident.cause not in causes:
        causes.append(incident.cause)
    return replace(
        incident,
        reopened_at=start.at if start and start.what == State.REOPENED else None,
        previous_closed_at=_at(_last(earlier, State.RESOLVED)),
        first_cause_at=next((line.at for line in lines if line.what == "cause found"), None),
        notified_causes=tuple(causes),
        has_given_up=_last(occurrence, "given up") is not None,
        state_before_validation=before,
        acknowledgement=_acknowledgement(incident, occurrence, before),
        silence=_silence(occurrence),
        ended_by=_ended_by(incident, occurrence),
        severity_before=_severity_before(occurrence),
        notified_receivers=_receivers(lines),
        unanswered=_unanswered(occurrence),
        alert_rules=_alert_rules(incident),
        fold=_fold(lines),
    )


def _occurrence(incident: Incident) -> Sequence[Entry]:
    """Return what was noted since it was opened or last reopened; what was folded is lost."""
    whats = [line.what for line in incident.timeline]
    starts = [place for place, what in enumerate(whats) if what in _STARTS]
    if whats.count(State.REOPENED) < incident.reopened:
        starts += [place for place, what in enumerate(whats) if what == "folded"]
    return incident.timeline[max(starts, default=0) :]


def _last(lines: Sequence[Entry], what: str) -> Entry | None:
    return next((line for line in reversed(lines) if line.what == what), None)


def _at(line: Entry | None) -> datetime | None:
    return line.at if line else None


def _matched(pattern: re.Pattern[str], line: Entry | None) -> re.Match[str] | None:
    return pattern.match(line.text) if line else None


def _state_before_validation(incident: Incident, occurrence: Sequence[Entry]) -> State | None:
    if incident.state is not State.VALIDATING:
        return None
    line = _last(occurrence, State.VALIDATING)
    name = line.text.rpartition(" was ")[2] if line else ""
    return State(name) if name in set(State) else None


def _acknowledgement(
    incident: Incident, occurrence: Sequence[Entry], before: State | None
) -> Acknowledgement | None:
    line = _last(occurrence, State.ACKNOWLEDGED)
    if line is not None:
        return Acknowledgement(line.text.removeprefix("by "), line.at)
    if State.ACKNOWLEDGED in {incident.state, before}:
        return Acknowledgement(_NAME_UNKNOWN, incident.state_since)
    return None


def _silence(occurrence: Sequence[Entry]) -> CardSilence | None:
    parts = _matched(_SILENCED, _last(occurrence, "silenced"))
    return CardSilence(_moment(parts[1]), parts[2]) if parts else None


def _ended_by(incident: Incident, occurrence: Sequence[Entry]) -> str | None:
    line = None if incident.is_open else _last(occurrence, State.RESOLVED)
    return (line.text.partition(", by ")[2] or None) if line else None


def _severity_before(occurrence: Sequence[Entry]) -> int | None:
    parts = _matched(_RAISED, _last(occurrence, "severity raised"))
    return int(parts[1]) if parts else None


def _receivers(lines: Sequence[Entry]) -> tuple[str, ...]:
    line = next((line for line in reversed(lines) if line.what.startswith("told: ")), None)
    return _names(line.text.removeprefix("to ")) if line else ()


def _unanswered(occurrence: Sequence[Entry]) -> Call | None:
    parts = _matched(_CALLED, _last(occurrence, "escalated"))
    return Call(_moment(parts[2]), _names(parts[1] or "")) if parts else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


def _alert_rules(incident: Incident) -> dict[str, RuleState]:
    rule_names = [name.removeprefix(ALERT) for name in incident.signals if name.startswith(ALERT)]
    rules: dict[str, RuleState] = {}
    for line in incident.timeline:
        if line.what in {OPENED_BY_ALERT, ALERT_JOINED, ALERT_RESOLVED}:
            rule = _rule(line, rule_names)
            earlier = rules.pop(rule, None)  # the least recently noted comes first
            moments = (*(earlier.noted_at if earlier else ()), line.at)[-MOST_NOTES:]
            rules[rule] = RuleState(line.what != ALERT_RESOLVED, moments)
    return dict(list(rules.items())[-MOST_RULES:])


def _rule(line: Entry, rule_names: Sequence[str]) -> str:
    """Return the rule that a line is about: its text, or what stands before an alert's numbers."""
    if line.what != ALERT_JOINED:
        return line.text
    fitting = [rule for rule in rule_names if line.text.startswith(f"{rule}: ")]
    return max(fitting, key=len, default=line.text.partition(": ")[0])


def _fold(lines: Sequence[Entry]) -> Fold | None:
    line = _last(lines, "folded")
    parts = _matched(_LEFT_OUT, line)
    if line is None or parts is None:
        return None
    return Fold(int(parts[1]), datetime.fromisoformat(parts[2]), line.at)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
