"""What the timeline and the cards say of an incident: its numbers, how its severity rose, how it ended."""

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.timeline import short
from shared.incidents.wording import number
from shared.objectives.breach import Breach
from shared.signals.tries import CANARY


def numbers(breach: Breach) -> str:
    """Say the numbers of a breach in one sentence."""
    if breach.alert:
        return short(breach.alert)
    share = f" of {number(breach.total)} ({breach.bad / breach.total:.1%})" if breach.total > 0 else ""
    worst = f", worst 5 minutes {breach.peak_ratio:.1%}" if breach.total > 0 else ""
    most = sorted(breach.reasons.items(), key=lambda reason: (-reason[1], reason[0]))[:3]
    reasons = "; most: " + ", ".join(f"{name} {number(count)}" for name, count in most) if most else ""
    # What our own tries met comes first: nobody else was there to say it.
    tried = f"{breach.sample}; " if breach.signal == CANARY.id and breach.sample else ""
    return short(f"{tried}{number(breach.bad)}{share} bad{worst}; {breach.rule}{reasons}")


def rise(incident: Incident) -> str:
    """Say how the severity of an incident last rose in this occurrence."""
    before = "" if incident.severity_before is None else f"from {incident.severity_before} "
    return f"{before}to {incident.severity}"


def lowered(incident: Incident) -> str:
    """Say that what Microsoft declared lowers the severity of an incident; "" where nothing does."""
    if incident.demoted_from is None:
        return ""
    return (
        f" Its severity is one step lower for that: {incident.severity} instead of {incident.demoted_from}."
    )


def how_it_ended(incident: Incident) -> str:
    """Say how an incident ended, and who ended it."""
    return f"{incident.ending}, by {incident.ended_by}" if incident.ended_by else str(incident.ending)
