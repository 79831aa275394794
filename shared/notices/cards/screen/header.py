"""Draw what is read first: how urgent, where, who has it; what users notice; how many of them, and on which hubs."""

from shared.incidents.incident import Ending, Milestone
from shared.incidents.recent.words import hubs_in_words, short_name
from shared.incidents.wording import number
from shared.notices.cards.elements import Element, anonymize, name_of, safe_text, text_block
from shared.notices.cards.telling.sentences import change_sentence
from shared.notices.cards.telling.story import CardStory, number_of
from shared.playbooks.diagnosis import Conclusion, Verdict

_MOST_HUBS = 100
_HOLDER_BYTES = 60
_STYLES = {1: "attention", 2: "attention", 3: "warning", 4: "emphasis"}
_COLOURS = {"attention": "Attention", "warning": "Warning", "good": "Good"}
# What has changed is said by the card itself.
_SAY_THEMSELVES = {Milestone.CAUSE_FOUND, Milestone.CORRECTED, Milestone.GIVEN_UP}


def header(story: CardStory) -> Element:
    """Draw the first container of a card."""
    style = style_of(story)
    lines = [
        _first_line(story, style),
        text_block(
            safe_text(story.headline, 400), size="Large", weight="Bolder", spacing="Small", style="heading"
        ),
    ]
    people = _people(story)
    lines += [text_block(people, spacing="Small")] if people else []
    news = safe_text(news_of(story), 400)
    lines += [text_block(news, spacing="Small", size="Small")] if news else []
    return {"type": "Container", "style": style, "bleed": True, "items": lines}


def style_of(story: CardStory) -> str:
    """Return the style of a card's first container: how bad it is, good once it is over, and pale where nothing is known."""
    if story.is_over and story.incident is not None:
        return "emphasis" if story.incident.ending is Ending.UNCONFIRMED else "good"
    diagnosis = story.diagnosis if story.incident is None else None
    if diagnosis is not None and diagnosis.symptom.verdict is Verdict.REFUTED:
        return "good"
    if diagnosis is not None and diagnosis.conclusion in {Conclusion.NO_DATA, Conclusion.FAILED}:
        return "emphasis"
    return _STYLES.get(story.severity or 1, "attention")


def colour_of(style: str) -> str:
    """Return the colour of text that belongs to a style; Teams' own names."""
    return _COLOURS.get(style, "Default")


def _first_line(story: CardStory, style: str) -> Element:
    rank = f"SEV {story.severity} · " if story.severity is not None else ""
    name = text_block(
        rank + safe_text(name_of(story.resource), 300),
        size="Small", weight="Bolder", color=colour_of(style),
    )  # fmt: skip
    columns = [{"type": "Column", "width": "stretch", "items": [name]}]
    if story.incident is not None:
        holder = text_block(_holder(story), size="Small", isSubtle=True, horizontalAlignment="Right")
        columns.append({"type": "Column", "width": "auto", "items": [holder]})
    return {"type": "ColumnSet", "columns": columns, "spacing": "None"}


def _holder(story: CardStory) -> str:
    """Say who has it, or that it is over."""
    if story.incident is None or story.is_over:
        return "unconfirmed" if story.incident and story.incident.ending is Ending.UNCONFIRMED else "resolved"
    taken = story.incident.acknowledgement
    return f"{safe_text(taken.by, _HOLDER_BYTES)} has it" if taken else "nobody has it"


def _people(story: CardStory) -> str:
    """Say how many users are hit, and on which hubs; what is not known is left out."""
    users, hubs = users_hit(story), hubs_in_words(hubs_hit(story))
    people = f"**{number(users)} user{'s' if users != 1 else ''}**" if users else ""
    if people and hubs:
        return f"{people} on {hubs}"
    return people or f"On {hubs}" if hubs else people


def users_hit(story: CardStory) -> int | None:
    """Return how many users a diagnosis counted, by name or else by address; None where none did."""
    known = story.incident.users if story.incident is not None else None
    symptom = story.diagnosis.symptom.numbers if story.diagnosis else {}
    cause = story.cause_evidence.numbers if story.cause_evidence else {}
    counts = [
        known,
        *(number_of(numbers.get("Users")) for numbers in (symptom, cause)),
        number_of(symptom.get("Callers")),
    ]
    return next((int(count) for count in counts if count), None)


def hubs_hit(story: CardStory) -> list[str]:
    """Return the names of the hubs that are hit, the most hit first; none where no diagnosis names them."""
    if story.diagnosis is None:
        return []
    answers = [story.diagnosis.symptom, *([story.cause_evidence] if story.cause_evidence else [])]
    listed = next(
        (hubs for answer in answers if isinstance(hubs := answer.numbers.get("Hubs"), str) and hubs), ""
    )
    return [safe_text(short_name(hub), 200) for hub in listed.split(", ")[:_MOST_HUBS] if hub.strip()]


def news_of(story: CardStory) -> str:
    """Say what has changed, where the card does not say it by itself; users are hidden in it, and it is not escaped."""
    if story.incident is None or story.milestone is None or story.milestone in _SAY_THEMSELVES:
        return ""
    return anonymize(change_sentence(story.incident, story.milestone), story.users)
