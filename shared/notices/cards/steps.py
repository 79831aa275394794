"""Draw the steps that mend a cause, each with its own line on how to verify it."""

import re
from collections.abc import Sequence

from shared.notices.cards.budget import clip, size
from shared.notices.cards.elements import Element, heading, subtle_block, text_block
from shared.notices.cards.markup import for_teams, plain_text

_VERIFY = re.compile(r"(?:^|\s)Verify:\s+")


def steps(mitigation: Sequence[str], most: int, limit_bytes: int) -> list[Element]:
    """Draw so many steps of a playbook; what is done and how it is verified take up to `limit_bytes` each."""
    if not mitigation:
        return []
    elements = [heading("What to do, one change at a time")]
    for place, step in enumerate(mitigation[:most], start=1):
        elements += _step(place, step, limit_bytes)
    return elements + more_line(len(mitigation) - most, "step", "in the playbook")


def more_line(count: int, what: str, where: str) -> list[Element]:
    """Say how many of a list stand elsewhere."""
    return [subtle_block(f"{count} more {what}{'s' if count > 1 else ''} {where}")] if count > 0 else []


def _step(place: int, step: str, limit_bytes: int) -> list[Element]:
    doing, verifying = _split_step(step)
    elements = [text_block(f"**{place}.** {_short(doing, limit_bytes)}", spacing="Small")]
    if verifying:
        elements.append(text_block(f"**Verify:** {_short(verifying, limit_bytes)}", spacing="None"))
    return elements


def _split_step(step: str) -> tuple[str, str]:
    parts = _VERIFY.split(step, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _short(markdown: str, limit_bytes: int) -> str:
    text = for_teams(markdown)
    # A cut could fall inside a link or between two marks; a long text loses its marks first.
    return text if size(text) <= limit_bytes else clip(plain_text(markdown), limit_bytes)
