"""Grade an incident by the team's matrix, with what is known of it."""

from collections.abc import Collection
from datetime import timedelta

from shared.configuration.severity import SEVERITIES, severity_of
from shared.incidents.incident import Incident
from shared.incidents.ports import Policy
from shared.objectives.breach import Breach


def severity_of_breach(policy: Policy, breach: Breach, current: Incident | None) -> int:
    """Return the severity of a breach, beside its open incident if it has one; one that ended says nothing of it.

    What the minutes alone show is the mildest: the windows, or a diagnosis, raise it.
    """
    if breach.by_minute:
        return SEVERITIES[-1]
    ongoing = current if current and current.is_open else None
    return _graded(
        policy,
        breach,
        share=breach.peak_ratio,
        hit=_hit(breach.bad, ongoing.users if ongoing else None),
        cause=ongoing.cause if ongoing else None,
        signals=(breach.signal, *(ongoing.signals if ongoing else ())),
        lasted=breach.last_bad - min(breach.onset, ongoing.onset if ongoing else breach.onset),
    )


def severity_of_incident(policy: Policy, incident: Incident) -> int:
    """Return the severity of an incident as it stands now, its cause and users included."""
    return _graded(
        policy,
        incident,
        share=incident.peak_ratio,
        hit=_hit(incident.bad, incident.users),
        cause=incident.cause,
        signals=tuple(incident.signals),
        lasted=incident.last_bad - incident.onset,
    )


def _hit(bad: float, users: int | None) -> int:
    """Take the larger: many users behind few events weigh as users, and retries do not justify less care."""
    return max(int(bad), users or 0)


def _graded(
    policy: Policy,
    what: Breach | Incident,
    *,
    share: float,
    hit: int,
    cause: str | None,
    signals: Collection[str],
    lasted: timedelta,
) -> int:
    resource = policy.resource(what.resource)
    severity, _ = severity_of(
        policy.severity,
        share=share,
        hit=hit,
        symptom=what.symptom,
        cause=cause,
        signals=signals,
        lasted=lasted,
        environment=resource.environment if resource else "production",
    )
    return severity
