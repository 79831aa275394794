"""Draw a short card, two lines and three buttons: who has an incident, until when it is silenced, or that it is still open."""

from datetime import datetime

from shared.incidents.incident import Ending, Incident, Milestone, Undoable
from shared.incidents.lifecycle.standing import holder_line, silence_line, time_of
from shared.notices.cards.actions import answer_buttons
from shared.notices.cards.elements import Card, Element, card_of, name_of, safe_text, text_block
from shared.notices.cards.links import Links

_SHORT = {Milestone.STANDING, Milestone.SILENCED, Milestone.UPDATE}
_LINE_BYTES = 400
_SEVEREST = 2  # from here on it is red that nobody has it


def is_short(incident: Incident, milestone: Milestone) -> bool:
    """Tell whether a milestone is news of people, and not of the fault: those are short."""
    is_by_hand = incident.ending is Ending.BY_HAND and not incident.is_open
    return milestone in _SHORT or (milestone is Milestone.RESOLVED and is_by_hand)


def draw_short(incident: Incident, milestone: Milestone, state: str, links: Links) -> Card:
    """Draw the card; `state` says how the incident stands, in a few words that hide its users."""
    head, rest = _first_line(incident, milestone)
    blank = "" if rest[:1] in {"", ":", ","} else " "
    below = f"SEV {incident.severity} · {name_of(incident.resource)} · {_below(incident, milestone, state)}"
    items = [
        text_block(f"**{safe_text(head, _LINE_BYTES)}**{blank}{safe_text(rest, _LINE_BYTES)}"),
        text_block(safe_text(below, _LINE_BYTES), size="Small", isSubtle=True, spacing="Small"),
    ]
    style = _style(incident, milestone)
    band: Element = {"type": "Container", "style": style, "bleed": True, "items": items}
    return card_of(f"{head}{blank}{rest}. {below}", [band], _buttons(incident, milestone, links))


def _first_line(incident: Incident, milestone: Milestone) -> tuple[str, str]:
    """Return the words that stand out, and those that follow them."""
    if milestone is Milestone.RESOLVED and incident.closed_at is not None:
        return "Resolved by hand", f"by {incident.ended_by} at {time_of(incident, incident.closed_at)}"
    if milestone is Milestone.UPDATE:
        return "Still open", f", began {time_of(incident, incident.onset)}"
    if milestone is Milestone.SILENCED:
        return _silenced(incident)
    again = incident.undone.get(Undoable.RESOLVED)
    if again is not None and not _is_held_since(incident, again.at):
        return "Open again", f": {again.by} took its end back at {time_of(incident, again.at)}"
    if incident.acknowledgement is None:
        return "Nobody has it", holder_line(incident).removeprefix("Nobody has it")
    by = incident.acknowledgement.by
    return f"{by} has it", holder_line(incident).removeprefix(f"{by} has it ")


def _silenced(incident: Incident) -> tuple[str, str]:
    if incident.silence is not None:
        return f"Silenced until {time_of(incident, incident.silence.until)}", f"by {incident.silence.by}"
    ended = incident.undone.get(Undoable.SILENCED)
    return "No longer silenced", f": {ended.by} ended it at {time_of(incident, ended.at)}" if ended else ""


def _is_held_since(incident: Incident, when: datetime) -> bool:
    """Tell whether somebody took it on or gave it back after a moment."""
    back, held = incident.undone.get(Undoable.ACKNOWLEDGED), incident.acknowledgement
    return any(other is not None and other.at > when for other in (back, held))


def _below(incident: Incident, milestone: Milestone, state: str) -> str:
    """Say how it stands, and what the first line does not say of who has it."""
    if milestone is Milestone.RESOLVED:
        return "new failures within 24 hours open it again"
    parts = [state]
    if not _first_line(incident, milestone)[0].endswith("has it"):
        parts.append(_inside(holder_line(incident)))
    if milestone is not Milestone.SILENCED:
        parts.append(silence_line(incident))
    return " · ".join(part for part in parts if part)


def _inside(sentence: str) -> str:
    return f"nobody{sentence.removeprefix('Nobody')}" if sentence.startswith("Nobody has it") else sentence


def _style(incident: Incident, milestone: Milestone) -> str:
    if milestone is Milestone.RESOLVED:
        return "good"
    if milestone is Milestone.SILENCED:
        return "emphasis"
    if incident.acknowledgement is not None and milestone is Milestone.STANDING:
        return "accent"
    return "attention" if incident.severity <= _SEVEREST else "warning"


def _buttons(incident: Incident, milestone: Milestone, links: Links) -> list[Element]:
    """Return three at most: where it is told whole, then what one would do about this news."""
    if milestone is Milestone.RESOLVED:
        return answer_buttons({"Details": links.report, "Open again": links.reopen})
    hold = {"Take over": links.take_over} if incident.acknowledgement else {"Acknowledge": links.acknowledge}
    if milestone is Milestone.SILENCED and incident.silence:
        return answer_buttons({"Details": links.report, "End silence": links.end_silence, **hold})
    free = {"Give back": links.give_back} if incident.acknowledgement else {"Silence": links.silence}
    return answer_buttons({"Details": links.report, **hold, **free})
