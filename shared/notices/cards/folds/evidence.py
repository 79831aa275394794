"""Draw what a cause, or the lack of one, rests on: its numbers, what changed before, and how it was counted."""

from collections.abc import Iterator, Mapping

from shared.incidents import wording
from shared.incidents.recent.words import percent
from shared.incidents.wording import hole_lines, load_of, number, span
from shared.notices.cards import overview
from shared.notices.cards.actions import query_button
from shared.notices.cards.elements import Element, full_name_of, heading, safe_text, subtle_block, text_block
from shared.notices.cards.folds.changes import changes, declared_lines
from shared.notices.cards.folds.detail import CONTEXT_BYTES, FULL, Detail
from shared.notices.cards.folds.figures import figures
from shared.notices.cards.folds.fold import fold
from shared.notices.cards.screen.header import users_hit
from shared.notices.cards.strip import top_of
from shared.notices.cards.telling.plain import in_plain_words
from shared.notices.cards.telling.story import CardStory
from shared.objectives.breach import ALERT
from shared.playbooks.playbook import NumberTitle
from shared.signals.tries import CANARY


def evidence(story: CardStory, detail: Detail) -> list[Element]:
    """Fold the evidence away."""
    title = "Evidence" if story.cause_evidence else "What is seen so far"
    return fold("evidence", title, list(_elements(story, detail)))


def _elements(story: CardStory, detail: Detail) -> Iterator[Element]:
    yield from (text_block(f"• {line}", spacing="Small") for line in _lines(story, detail))
    yield from _context(story, detail)
    yield subtle_block(safe_text(" ".join(_counting(story)), 1_200))
    yield from _query(story, detail)
    if detail is not FULL:
        left_out = "Some details were" if detail.query else "The query's link and some details were"
        yield subtle_block(f"{left_out} left out to fit the message; the report has them.")


def _lines(story: CardStory, detail: Detail) -> Iterator[str]:
    """Say what was found of the cause and the symptom, and what alerts and our own tries say."""
    if story.cause_evidence is not None:
        yield safe_text(in_plain_words(story.cause_evidence.summary), detail.line_bytes)
        yield from (
            f"{safe_text(name, 80)}: {safe_text(value, 400)}"
            for name, value in figures(
                story.cause_evidence.numbers, _titles(story), story.playbook.headline, detail.numbers
            )
            if in_plain_words(name)
        )
    if story.diagnosis is not None:
        summary = safe_text(in_plain_words(story.diagnosis.symptom.summary), detail.line_bytes)
        yield f"{span(story.diagnosis.window)}: {summary}"
    signals = story.incident.signals if story.incident is not None else {}
    for name, text in signals.items():
        if name.startswith(ALERT) or name == CANARY.id:
            yield f"{safe_text(name, 80, story.users)}: {safe_text(in_plain_words(text), 400, story.users)}"
    if story.diagnosis is not None and (story.cause is None or story.hypothesis is None):
        yield f"Look next: {safe_text(story.diagnosis.next_step, detail.line_bytes)}"


def _titles(story: CardStory) -> Mapping[str, NumberTitle]:
    return story.hypothesis.titles if story.hypothesis else {}


def _context(story: CardStory, detail: Detail) -> list[Element]:
    """Draw what changed before, what Microsoft declared, and what could not be seen."""
    declared = declared_lines(story.incident) if story.incident is not None else []
    if story.diagnosis is None:
        return declared
    elements = [*declared, *changes(story.diagnosis, max(detail.summary_bytes, CONTEXT_BYTES))]
    holes = "; ".join(hole_lines(story.diagnosis))
    if holes:
        elements.append(text_block(f"**The time is not covered:** {safe_text(holes, 300)}", spacing="Small"))
    loads = load_of(story.diagnosis) if detail.load else []
    lines = [f"{safe_text(name, 80)}: {safe_text(value, 200)}" for name, value in loads]
    return elements + ([heading("What it had to bear"), *map(subtle_block, lines)] if lines else [])


def _counting(story: CardStory) -> Iterator[str]:
    """Say how it was counted, in UTC; where it is; and what its severity asks for."""
    words, counted, hour = story.playbook.headline, story.counted, story.last_hour
    if counted is not None and counted.share is not None:
        bad, total = number(round(counted.bad)), number(round(counted.total))
        yield f"{bad} of {total} {words.events} were {words.bad} ({percent(counted.share)})."
    if story.incident is not None:
        began = f"{wording.moment(story.incident.onset)}, last seen {wording.moment(story.incident.last_bad)}"
        yield f"Began {began}."
    if hour is not None:
        full = percent(top_of(hour.shares))
        yield f"Read until {wording.moment(hour.until)}; each block above is 5 minutes, a full one {full}, a dot nothing."
    if users_hit(story):
        yield "Users are counted by name where the logs have it, else by address."
    yield f"{full_name_of(story.resource)}."
    if story.incident is not None:
        yield overview.expectation(story.incident, story.rules)


def _query(story: CardStory, detail: Detail) -> list[Element]:
    """Draw the button that opens the complete query in the portal."""
    if story.diagnosis is None or not detail.query:
        return []
    found = story.cause_evidence or story.diagnosis.symptom
    query = found.query or story.diagnosis.symptom.query
    address = story.links.query(query, story.diagnosis.resource, story.diagnosis.window) if query else None
    return query_button(address)
