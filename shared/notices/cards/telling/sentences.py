"""Say in a sentence what a milestone changes."""

from shared.incidents.incident import Ending, Incident, Milestone
from shared.incidents.lifecycle.escalate import call_text
from shared.incidents.lifecycle.sentences import lowered, rise
from shared.signals.tries import CANARY

_ENDINGS = {
    Ending.HELD: "Resolved: back within its goal for 30 minutes.",
    Ending.UNCONFIRMED: "Closed as unconfirmed: for 24 hours there was too little traffic to tell whether it is over. "
    'This is not "healthy".',
    Ending.BY_HAND: "Resolved by hand.",
    Ending.ALERTS_OVER: "Resolved: every alert is resolved, and none came for 30 minutes. No count of ours confirms it.",
}
_CHANGES = {
    Milestone.REOPENED: "The failure came back within 24 hours of its end; its incident is open again.",
    Milestone.FLAPPING: "It keeps coming back: this is its third return within six hours, or a later one. Further returns "
    "join this incident without a card, until it has been quiet for an hour.",
    Milestone.CAUSE_FOUND: "The cause is found.",
    Milestone.CORRECTED: "The cause is another one than was told.",
    Milestone.GIVEN_UP: "The last planned look found no cause.",
    Milestone.DECLARED: "Microsoft declared an incident that may be the cause; the diagnosis goes on.",
}


def change_sentence(incident: Incident, milestone: Milestone) -> str:
    """Say what has changed, in a sentence or two; "" where it is no more than that the incident is there."""
    if milestone is Milestone.RESOLVED and incident.ending:
        return _ENDINGS[incident.ending]
    if milestone is Milestone.OPENED and incident.released_from:
        return f"It is a consequence of {incident.released_from}, which has ended; this one goes on."
    if milestone is Milestone.OPENED:
        before = f"It follows {incident.follows}." if incident.follows else ""
        return f"{before}{lowered(incident)}".strip()
    if milestone is Milestone.WORSE:
        return f"Severity raised {rise(incident)}."
    if milestone is Milestone.ESCALATED:
        call = call_text(incident.unanswered) if incident.unanswered else "nobody acknowledged it"
        return f"It needs somebody: {call}."
    change = _CHANGES.get(milestone, f"{milestone}.")
    if milestone is Milestone.DECLARED:
        change += lowered(incident)
    tried = incident.signals.get(CANARY.id) if milestone is Milestone.GIVEN_UP else None
    return f"{change} Our own tries: {tried}." if tried else change
