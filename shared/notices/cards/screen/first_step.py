"""Draw what to do first: step 1 of the cause, or one command that only reads while the cause is not known."""

from shlex import quote

from shared.notices.cards.elements import Element, safe_text, text_block
from shared.notices.cards.screen.command import Effect, command_block
from shared.notices.cards.screen.step import PhoneStep, step_of
from shared.notices.cards.telling.story import CardStory

STEP = "first-step"  # the id of the element that mends a cause

_PLACES = 8  # parts of an ARM id up to the name
_COMMAND_BYTES = 600


def first_step(story: CardStory) -> list[Element]:
    """Draw the step; nothing once it is over, or where there is neither a step nor a group to look into."""
    step = None if story.is_over else step_shown(story)
    if step is not None:
        return [{**_container(_of_cause(step)), "id": STEP}]
    return [] if story.is_over or story.cause is not None else _until_then(story)


def step_shown(story: CardStory) -> PhoneStep | None:
    """Return step 1 of the cause; None where no cause is known, or its page has no steps."""
    steps = story.hypothesis.steps if story.hypothesis else ()
    return step_of(steps[0], story.resource) if steps else None


def _of_cause(step: PhoneStep) -> list[Element]:
    proof = f"Done when {safe_text(step.proof, 600)}." if step.proof else ""
    return [
        text_block(f"**1. {safe_text(step.title, 600)}**"),
        *([command_block(step.command, _COMMAND_BYTES)] if step.command else []),
        *_small(f"{step.effect} {proof}".strip()),
    ]


def _until_then(story: CardStory) -> list[Element]:
    """Draw what a diagnosis says to look at, else where a change of the resource would stand."""
    next_step = safe_text(story.diagnosis.next_step, 300) if story.diagnosis else ""
    parts = story.resource.strip("/").split("/")
    elements = [text_block(f"**Look next:** {next_step}")] if next_step else []
    if len(parts) >= _PLACES and story.incident is not None:
        command = f"az monitor activity-log list -g {quote(parts[3])} --offset 1h -o table"
        title = "Meanwhile: look for a change" if next_step else "Until then: look for a change"
        elements += [
            text_block(f"**{title}**"),
            command_block(command, _COMMAND_BYTES),
            *_small(f"{Effect.READS} Look for regenerateKey, write and restart."),
        ]
    return [_container(elements)] if elements else []


def _container(items: list[Element]) -> Element:
    return {"type": "Container", "spacing": "Medium", "items": items}


def _small(text: str) -> list[Element]:
    return [text_block(text, size="Small", isSubtle=True, spacing="Small")] if text else []
