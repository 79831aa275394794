"""Draw why it happens: the cause with one number, that it is not known yet, or that an earlier card was wrong."""

from datetime import timedelta

from shared.incidents.incident import Milestone
from shared.incidents.recent.words import delay_in_words, percent
from shared.notices.cards.elements import Element, safe_text, text_block
from shared.notices.cards.screen.step import step_of
from shared.notices.cards.telling.story import CardStory, number_of
from shared.playbooks.diagnosis import Conclusion, Evidence
from shared.signals.catalogue import SIGNALS
from shared.signals.signal import Origin

_UNKNOWN = {
    Conclusion.NOTHING_FOUND: "There is enough to tell, and none of the {count} causes of the playbook fits.",
    Conclusion.INCONCLUSIVE: "What has arrived does not decide between the {count} causes of the playbook.",
    Conclusion.NO_DATA: "The tables that would tell are empty or were never received.",
    Conclusion.FAILED: "No check could run.",
}


def correction(story: CardStory) -> list[Element]:
    """Draw the band that takes back what an earlier card named as the cause."""
    incident = story.incident
    if incident is None or story.milestone is not Milestone.CORRECTED or not incident.retracted_cause:
        return []
    told_at = incident.retracted_cause_at
    earlier = f" of the card of {story.times.write(told_at)}" if told_at else ""
    title = safe_text(story.title_of(incident.retracted_cause), 300)
    struck = {"type": "TextRun", "text": title, "strikethrough": True, "isSubtle": True}
    items = [
        text_block(f"**Correction**{earlier}: it is not", color="Warning"),
        {"type": "RichTextBlock", "spacing": "None", "inlines": [struck]},
        text_block(_undo(story, incident.retracted_cause), size="Small", isSubtle=True, spacing="Small"),
    ]
    return [{"type": "Container", "style": "warning", "bleed": True, "items": items}]


def _undo(story: CardStory, retracted: str) -> str:
    """Say whether what was done for a wrong cause is to be undone; only its page knows what that was."""
    hypothesis = story.playbook.find(retracted)
    if hypothesis is None or not hypothesis.steps:
        return "What was changed for it can be undone."
    first = step_of(hypothesis.steps[0], story.resource)
    if first.changes_nothing:
        return "Its first step only reads: nothing done for it needs undoing."
    return f'Did you follow its step 1, "{safe_text(first.title, 200)}"? Undo that.'


def cause(story: CardStory) -> list[Element]:
    """Draw the cause in one sentence with one number, or that it is not known and when we look again."""
    if story.cause is None:
        return [text_block(_unknown(story), spacing="Medium", separator=True)]
    number = _fits(story, story.cause_evidence) if story.cause_evidence else ""
    title = safe_text(story.title_of(story.cause), 300).rstrip(".")
    elements = [
        text_block(f"**Cause:** {title}.{number}", spacing="Medium", separator=True),
    ]
    joined = story.incident.joined_to if story.incident else None
    return elements + (
        [text_block(f"A consequence of {safe_text(joined, 200)}", spacing="Small")] if joined else []
    )


def _fits(story: CardStory, evidence: Evidence) -> str:
    hits, bad = (number_of(evidence.numbers.get(name)) for name in ("Hits", "Bad"))
    if hits is None or not bad or hits > bad:
        return ""
    words = story.playbook.headline
    return (
        f" **{percent(hits / bad)}** of the {safe_text(words.bad, 100)} {safe_text(words.events, 100)} fit."
    )


def _unknown(story: CardStory) -> str:
    is_last = story.milestone in {Milestone.GIVEN_UP, Milestone.RESOLVED}
    head = "**Cause: not found.**" if is_last else "**Cause: not known yet.**"
    if story.diagnosis is not None:
        count = len(story.diagnosis.findings)
        why = _UNKNOWN.get(story.diagnosis.conclusion, "").format(count=count)
    else:
        why = "" if is_last else f"The logs that would tell are on their way, {_delay(story)}."
    if story.next_look is None or story.is_over:
        return f"{head} {why}".strip()
    return f"{head} {why} Next look **{story.times.write(story.next_look)}**."


def _delay(story: CardStory) -> str:
    """Say how late the logs of a symptom come; a minute or more for a symptom whose signals we do not know."""
    delays = [
        signal.delay
        for signal in SIGNALS
        if signal.symptom == story.playbook.id and signal.origin is Origin.LOGS
    ]
    return delay_in_words(max(delays, default=timedelta(minutes=10)))
