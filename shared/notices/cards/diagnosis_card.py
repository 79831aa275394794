"""Draw a fault as an Adaptive Card that an engineer can act on from a phone at three in the morning.

Its first screen says what users notice, how bad it is, why, and what to do first. All else is folded.
"""

from dataclasses import replace

from shared.incidents.wording import FindingGroups, conclusion, grouped
from shared.notices.cards.actions import first_buttons, last_buttons
from shared.notices.cards.elements import (
    Card,
    Element,
    card_of,
    fact_set,
    first_fitting,
    name_of,
    safe_text,
    text_block,
)
from shared.notices.cards.folds.changes import declared_lines, is_context
from shared.notices.cards.folds.detail import LEVELS, Detail
from shared.notices.cards.folds.evidence import evidence
from shared.notices.cards.folds.others import others
from shared.notices.cards.folds.steps import further_steps
from shared.notices.cards.links import Links
from shared.notices.cards.overview import closed_facts
from shared.notices.cards.screen.cause import cause, correction
from shared.notices.cards.screen.first_step import first_step, step_shown
from shared.notices.cards.screen.header import header, news_of
from shared.notices.cards.screen.pulse import pulse
from shared.notices.cards.telling.story import CardStory
from shared.notices.cards.telling.times import Times
from shared.playbooks.diagnosis import Diagnosis, Finding
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds


def draw_diagnosis(
    diagnosis: Diagnosis,
    playbook: Playbook,
    *,
    severity: int | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
) -> Card:
    """Draw the card of a diagnosis that no incident stands behind, as detailed as its message may be."""
    diagnosis = redact_diagnosis(diagnosis, users)
    return draw_story(
        CardStory(
            diagnosis.resource,
            playbook,
            Times(diagnosis.window.end.date()),
            findings_of(diagnosis),
            severity=severity,
            diagnosis=diagnosis,
            links=links or Links(),
            users=users or UserIds(),
        )
    )


def draw_story(story: CardStory) -> Card:
    """Draw the card of a fault, as detailed as its message may be.

    The card is a plain Adaptive Card 1.5; `message` wraps it for Teams.
    """
    return first_fitting(_card(story, detail) for detail in LEVELS)


def findings_of(diagnosis: Diagnosis) -> FindingGroups:
    """Sort the findings for a reader; what went on around the symptom has a section of its own."""
    groups = grouped(diagnosis)

    def without(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(finding for finding in findings if not is_context(finding))

    return replace(
        groups,
        also=without(groups.also),
        minor=without(groups.minor),
        unsettled=without(groups.unsettled),
        ruled_out=without(groups.ruled_out),
        unexamined=without(groups.unexamined),
    )


def _card(story: CardStory, detail: Detail) -> Card:
    is_taken = story.incident is not None and story.incident.acknowledgement is not None
    band = correction(story)
    top = header(story)
    body = [
        *band,
        {**top, "spacing": "None"} if band else top,
        *_middle(story),
        *first_buttons(story.links, is_taken=is_taken),
        *further_steps(story, detail.steps, detail.step_bytes),
        *([] if story.is_over else evidence(story, detail)),
        *others(story, detail),
        *_footer(story),
    ]
    return card_of(_fallback(story), body, last_buttons(story.links, story.resource, story.playbook.id))


def _middle(story: CardStory) -> list[Element]:
    """Draw what stands between the headline and the buttons."""
    if story.is_over and story.incident is not None:
        return [*fact_set(closed_facts(story.incident, story.playbook.headline)), *cause(story)]
    declared = declared_lines(story.incident)[-1:] if story.incident is not None else []
    return [*pulse(story), *declared, *cause(story), *first_step(story)]


def _footer(story: CardStory) -> list[Element]:
    """Draw what ends every card of an incident: when we look again, and its name."""
    if story.incident is None:
        return []
    look = (
        f"Next look {story.times.write(story.next_look)} · " if story.next_look and not story.is_over else ""
    )
    words = f"{look}incident {safe_text(story.incident.id, 250)}"
    return [
        text_block(
            words[:1].upper() + words[1:], size="Small", isSubtle=True, spacing="Medium", separator=True
        )
    ]


def _fallback(story: CardStory) -> str:
    """Say what a lock screen shows: all that one needs to know whether to get up."""
    rank = f"Sev {story.severity}, " if story.severity is not None else ""
    since = f" since {story.times.utc(story.incident.onset)}" if story.incident and not story.is_over else ""
    step = None if story.is_over else step_shown(story)
    first = f" Step 1: {step.title}." if step else ""
    parts = (
        f"{rank}{name_of(story.resource)}: {story.headline}{since}.",
        news_of(story),
        f"{_why(story)}{first}",
    )
    return " ".join(part for part in parts if part)


def _why(story: CardStory) -> str:
    if story.cause is not None:
        return f"Cause: {story.title_of(story.cause)}."
    if story.diagnosis is not None:
        return conclusion(story.diagnosis)
    look = f"; next look {story.times.utc(story.next_look)}" if story.next_look and not story.is_over else ""
    return f"The cause is not known{'' if story.is_over else ' yet'}{look}."
