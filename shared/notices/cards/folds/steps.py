"""Draw the steps behind the first: each with its command, and how one knows that it worked."""

from collections.abc import Sequence

from shared.notices.cards.budget import clip, size
from shared.notices.cards.elements import Element, subtle_block, text_block
from shared.notices.cards.folds.fold import fold
from shared.notices.cards.markup import for_teams, plain_text
from shared.notices.cards.screen.command import command_block, effect_of, filled_in
from shared.notices.cards.screen.first_step import step_shown
from shared.notices.cards.screen.step import BELOW, command_in, split_step
from shared.notices.cards.telling.story import CardStory


def further_steps(story: CardStory, most: int, limit_bytes: int) -> list[Element]:
    """Fold the steps of the cause away: without the first where the first screen shows the whole of it."""
    steps, shown = (story.hypothesis.steps if story.hypothesis else ()), step_shown(story)
    if shown is None or story.is_over:
        return []
    first = 1 if shown.is_whole else 0
    title = f"Next steps ({len(steps) - 1})" if first else f"Every step in full ({len(steps)})"
    blocks = steps_from(steps[first:most], story.resource, limit_bytes, first=first + 1)
    return fold("steps", title, [*blocks, *more_line(len(steps) - most, "step", "in the playbook")])


def steps_from(steps: Sequence[str], resource: str, limit_bytes: int, *, first: int = 1) -> list[Element]:
    """Draw steps of a playbook; what is done and how one knows that it worked take up to `limit_bytes` each."""
    return [
        element
        for place, step in enumerate(steps, start=first)
        for element in _step(place, step, resource, limit_bytes)
    ]


def more_line(count: int, what: str, where: str) -> list[Element]:
    """Say how many of a list stand elsewhere."""
    return [subtle_block(f"{count} more {what}{'s' if count > 1 else ''} {where}")] if count > 0 else []


def _step(place: int, step: str, resource: str, limit_bytes: int) -> list[Element]:
    doing, verifying = split_step(step)
    command = filled_in(command_in(step), resource)
    told = doing.replace(f"`{command_in(step)}`", BELOW) if command else doing
    elements = [text_block(f"**{place}.** {_short(told, limit_bytes)}", spacing="Medium")]
    if command:
        elements.append(command_block(command, limit_bytes))
    proof = f"Done when {_short(verifying, limit_bytes)}" if verifying else ""
    small = f"{effect_of(command)} {proof}".strip()
    return elements + ([text_block(small, size="Small", isSubtle=True, spacing="Small")] if small else [])


def _short(markdown: str, limit_bytes: int) -> str:
    text = for_teams(markdown)
    # A cut could fall inside a link or between two marks; a long text loses its marks first.
    return text if size(text) <= limit_bytes else clip(plain_text(markdown), limit_bytes)
