"""Draw the card that several incidents share: a group's, or the digest of what a silence held back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.incidents.incident import Incident, State
from shared.incidents.wording import moment
from shared.notices.cards.elements import (
    Card,
    Element,
    anonymize,
    card_of,
    first_fitting,
    full_name_of,
    headline_block,
    safe_text,
    subtle_block,
    text_block,
)
from shared.notices.cards.folds.changes import declared_lines
from shared.notices.cards.overview import impact, incident_headline
from shared.notices.cards.telling.plain import in_plain_words
from shared.notices.routing.group import Group
from shared.notices.routing.shared_card import HeldMilestone, SharedCard
from shared.playbooks.playbook import Headline, Playbook, without_page
from shared.redaction import UserIds

MOST_SHOWN = 40
# How many members are shown, and the bytes of the numbers of each.
_DETAILS = (
    (MOST_SHOWN, 300),
    (MOST_SHOWN, 120),
    (25, 120),
    (10, 120),
    (5, 0),
)


@dataclass(frozen=True, slots=True)
class Member:
    """An incident on a shared card, and the milestones of it that a digest shows."""

    incident: Incident
    held: Sequence[HeldMilestone] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Words for shared cards: the titles of symptoms, and what is shown instead of user ids."""

    playbooks: Mapping[str, Playbook]
    users: UserIds

    def headline(self, symptom: str) -> Headline:
        """Return what users notice of a symptom."""
        return self.playbooks.get(symptom, without_page(symptom)).headline


def draw_group(group: Group, members: Sequence[Member], words: Words) -> Card:
    """Draw a group: all its incidents, the severest first, and how many more there are than fit."""
    count = len(group.members)
    news = f"Opened within 10 minutes since {moment(group.since)}; later states of each come on cards of their own."
    return _fitting(f"{count} incidents: {group.scope}", news, count, members, words)


def draw_digest(card: SharedCard, members: Sequence[Member], words: Words) -> Card:
    """Draw what a silence held back: its incidents as they are now, and when they came to be so."""
    count = len(members)
    title = f"Digest: {count} incident{'s' if count != 1 else ''} while it was silent"
    news = f"Silent from {moment(card.since)} to {moment(card.until)}: {card.about}"
    return _fitting(title, news, count, members, words)


def reading_order(incident: Incident) -> tuple[bool, int, str]:
    """Sort incidents for a reader: open before resolved, severe before mild."""
    return (not incident.is_open, incident.severity, incident.id)


def _fitting(title: str, news: str, count: int, members: Sequence[Member], words: Words) -> Card:
    ordered = sorted(members, key=lambda member: reading_order(member.incident))

    def cards() -> Iterator[Card]:
        for most, numbers in _DETAILS:
            elements = [
                element for member in ordered[:most] for element in _member_elements(member, numbers, words)
            ]
            yield _card(title, news, ordered, elements + _more(count - min(most, len(ordered))), words)

    return first_fitting(cards())


def _card(title: str, news: str, members: Sequence[Member], elements: list[Element], words: Words) -> Card:
    worst = min((member.incident.severity for member in members if member.incident.is_open), default=None)
    style = "good" if worst is None else "attention" if worst == 1 else "warning"
    summary = anonymize(news, words.users)
    return card_of(f"{title}. {summary}", [headline_block(title, [summary], style), *elements], [])


def _member_elements(member: Member, most: int, words: Words) -> list[Element]:
    incident = member.incident
    name = incident_headline(incident, words.headline(incident.symptom))
    where = f"{full_name_of(incident.resource)}. {_state(incident, words)}"
    lines = [
        text_block(f"**{safe_text(name, 200)}**", separator=True),
        text_block(safe_text(where, 400), spacing="Small"),
    ]
    if member.held:
        times = ", ".join(f"{milestone.milestone} {milestone.at:%H:%M}" for milestone in member.held[:8])
        lines.append(subtle_block(safe_text(f"Held back (UTC): {times}", 300)))
    if most and incident.is_open:
        numbers = _numbers(incident, words)
        lines.append(subtle_block(safe_text(numbers, most, words.users)))
    lines += declared_lines(incident)
    return [*lines, subtle_block(f"Incident {safe_text(incident.id, 200)}")]


def _numbers(incident: Incident, words: Words) -> str:
    """Say what was counted; where nothing was, what an alert says."""
    if incident.total > 0 or incident.bad > 0:
        return impact(incident, words.headline(incident.symptom))
    sentence = next(iter(incident.signals.values()), "")
    return in_plain_words(sentence) or impact(incident, words.headline(incident.symptom))


def _state(incident: Incident, words: Words) -> str:
    if incident.state is State.RESOLVED:
        return f"Resolved {moment(incident.closed_at)}" if incident.closed_at else "Resolved"
    cause = f"; cause: {_cause(incident, incident.cause, words)}" if incident.cause else ""
    return f"{str(incident.state).capitalize()} since {moment(incident.state_since)}{cause}"


def _cause(incident: Incident, cause: str, words: Words) -> str:
    hypotheses = words.playbooks[incident.symptom].hypotheses if incident.symptom in words.playbooks else ()
    return next((hypothesis.title for hypothesis in hypotheses if hypothesis.id == cause), cause)


def _more(count: int) -> list[Element]:
    if count <= 0:
        return []
    left_out = f"{count} more incident{'s' if count > 1 else ''}, left out to fit the message"
    return [text_block(left_out, separator=True, isSubtle=True)]
