"""Note on an incident that an alert rule fires or is resolved, so often as people can read it."""

from dataclasses import replace
from datetime import datetime

from shared.incidents.incident import Incident, RuleState
from shared.incidents.lifecycle.timeline import noted
from shared.signals.signal import BUCKET

OPENED_BY_ALERT, ALERT_JOINED, ALERT_RESOLVED = "opened by alert", "alert joined", "alert resolved"
MOST_RULES = 10
MOST_NOTES = 6  # of one rule's alerts in the time of a bucket; what is firing is kept elsewhere


def opened_by_alert(incident: Incident, rule: str, now: datetime) -> Incident:
    """Note the rule whose alert opened or reopened an incident."""
    return _noted(incident, rule, now, OPENED_BY_ALERT, rule)


def alert_joined(incident: Incident, rule: str, text: str, now: datetime, *, is_new: bool) -> Incident:
    """Note that an alert fires whose rule is new here, or was resolved; any other changes nothing."""
    state = incident.alert_rules.get(rule)
    if not is_new and (state is None or state.is_firing or _is_storm(state, now)):
        return incident
    return _noted(incident, rule, now, ALERT_JOINED, f"{rule}: {text}")


def alert_resolved(incident: Incident, rule: str, now: datetime) -> Incident:
    """Note that an alert of a rule is resolved; doing so again changes nothing, and a closed incident has none."""
    state = incident.alert_rules.get(rule)
    if not incident.is_open or state is None or not state.is_firing or _is_storm(state, now):
        return incident
    return _noted(incident, rule, now, ALERT_RESOLVED, rule)


def _is_storm(state: RuleState, now: datetime) -> bool:
    """Tell whether enough was noted of a rule lately: its occurrences may come and go by the thousand."""
    return sum(at > now - BUCKET for at in state.noted_at) >= MOST_NOTES


def _noted(incident: Incident, rule: str, now: datetime, what: str, text: str) -> Incident:
    rules = dict(incident.alert_rules)
    earlier = rules.pop(rule, None)
    moments = (*(earlier.noted_at if earlier else ()), now)[-MOST_NOTES:]
    rules[rule] = RuleState(what != ALERT_RESOLVED, moments)
    latest = dict(list(rules.items())[-MOST_RULES:])
    return noted(replace(incident, alert_rules=latest), now, what, text)
