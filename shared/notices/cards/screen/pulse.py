"""Draw how bad it is: the last hour as a strip, the share of now, where it goes, since when, and what is usual."""

from datetime import timedelta

from shared.incidents.incident import Incident
from shared.incidents.recent.last_hour import LastHour
from shared.incidents.recent.words import percent
from shared.incidents.wording import number, span
from shared.notices.cards.elements import Element, safe_text, text_block
from shared.notices.cards.screen.header import colour_of, style_of
from shared.notices.cards.strip import strip
from shared.notices.cards.telling.plain import in_plain_words
from shared.notices.cards.telling.story import CardStory
from shared.objectives.breach import ALERT

_FRESH = timedelta(minutes=20)  # an hour that ended longer ago is not "the last hour"
_ALERTS = 2  # whose sentences are shown where nothing was counted


def pulse(story: CardStory) -> list[Element]:
    """Draw the numbers of an incident; of one that nothing was counted for, what its alerts say."""
    if story.last_hour is not None and story.incident is not None:
        return [_columns(story, story.last_hour), _line(_when(story, story.last_hour, story.incident))]
    if story.counted is not None and story.incident is not None:
        return [
            text_block(_sum(story), spacing="Medium"),
            _line(f"Began {story.times.write(story.incident.onset)}"),
        ]
    if story.incident is not None:
        began = _line(f"Began {story.times.write(story.incident.onset)}")
        return [*_alerts(story, story.incident), began]
    return _examined(story)


def _columns(story: CardStory, hour: LastHour) -> Element:
    colour = colour_of(style_of(story))
    drawn = text_block(strip(hour.shares), fontType="Monospace", size="ExtraLarge", color=colour)
    value = text_block(f"**{percent(hour.now)}**" if hour.now is not None else "**none**", size="ExtraLarge")
    # The strip is one word: it is not broken.
    columns = [("auto", [{**drawn, "wrap": False}]), ("stretch", [value, _value_line(story, hour)])]
    return {
        "type": "ColumnSet",
        "spacing": "Medium",
        "columns": [
            {"type": "Column", "width": width, "items": items, "verticalContentAlignment": "Center"}
            for width, items in columns
        ],
    }


def _value_line(story: CardStory, hour: LastHour) -> Element:
    if hour.now is None:
        words = f"{story.playbook.headline.events} in the last 5 minutes"
    else:
        bad = "failing" if hour.is_of_our_own_tries else story.playbook.headline.bad
        when = "now" if _is_fresh(hour) else f"at {story.times.utc(hour.until)}"
        words = f"{safe_text(bad, 100)} {when} · {hour.direction.sign} {hour.direction}"
    return text_block(words, size="Small", spacing="None")


def _when(story: CardStory, hour: LastHour, incident: Incident) -> str:
    which = "Last hour" if _is_fresh(hour) else f"The hour to {story.times.write(hour.until)}"
    usual = f", usually {percent(hour.usual)}" if hour.usual is not None else ""
    return f"{which}. Began {story.times.write(incident.onset)}{usual}, peak {percent(max(hour.peak, hour.now or 0))}"


def _is_fresh(hour: LastHour) -> bool:
    return hour.read_at - hour.until <= _FRESH


def _sum(story: CardStory) -> str:
    """Say the numbers of an incident whose last hour is not at hand."""
    counted, bad = story.counted, safe_text(story.playbook.headline.bad, 100)
    if counted is None or counted.share is None:
        return f"**{number(round(counted.bad))}** {bad}" if counted else ""
    return f"**{percent(counted.share)}** {bad}, peak {percent(counted.peak)}"


def _alerts(story: CardStory, incident: Incident) -> list[Element]:
    sentences = [text for name, text in incident.signals.items() if name.startswith(ALERT)] or [
        *incident.signals.values()
    ]
    return [
        text_block(safe_text(in_plain_words(text), 240, story.users), spacing="Small")
        for text in sentences[:_ALERTS]
    ]


def _examined(story: CardStory) -> list[Element]:
    if story.diagnosis is None:
        return []
    summary = safe_text(in_plain_words(story.diagnosis.symptom.summary), 400)
    return [text_block(summary, spacing="Medium"), _line(f"Examined {span(story.diagnosis.window)}")]


def _line(markdown: str) -> Element:
    return text_block(markdown, size="Small", isSubtle=True, spacing="Small")
