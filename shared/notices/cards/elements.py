"""The elements that every card is made of, and the choice of how much of it fits a message."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from shared.incidents.wording import resource_name
from shared.notices.cards import budget
from shared.notices.cards.budget import RESERVED_BYTES, clip
from shared.redaction import UserIds, redact, visible

Card = dict[str, Any]
Element = dict[str, Any]

_HEADLINE_BYTES = 400
_FALLBACK_BYTES = 500
_LINE_LETTERS = 28  # that 390 pixels hold of the widest letters
_BREAKS = re.compile(r"\s|-(?=[a-z])", re.ASCII | re.IGNORECASE)  # where a browser begins a new line


def safe_text(text: str, limit_bytes: int, users: UserIds | None = None) -> str:
    """Write a text that is not ours for a card: no secret, nothing live, no more bytes than the limit, and users hidden.

    Without `users` the text must hide them already, as a redacted diagnosis does.
    """
    return clip(anonymize(text, users) if users else redact(visible(text)), limit_bytes)


def anonymize(text: str, users: UserIds) -> str:
    """Cut the secrets out of a text, and hide its users; in this order, for a mail address may hold the name of a secret."""
    return users.hide_in(redact(visible(text)))


def name_of(resource: str) -> str:
    """Return the short name of a resource, as in a headline."""
    clean = redact(visible(resource))  # before it is cut: a slash may stand in a key
    parts = clean.strip("/").split("/")
    return parts[7] if len(parts) >= 8 else clean


def full_name_of(resource: str) -> str:
    """Return the name of a resource with its service and its group."""
    return resource_name(redact(visible(resource)))


def text_block(markdown: str, **looks: Any) -> Element:
    """Draw a paragraph from text that is already escaped."""
    return {"type": "TextBlock", "text": markdown, "wrap": True, **looks}


def heading(markdown: str) -> Element:
    """Draw the heading of a section."""
    return text_block(markdown, weight="Bolder", separator=True)


def subtle_block(markdown: str) -> Element:
    """Draw a paragraph in a pale colour, which is read last."""
    return text_block(markdown, spacing="Small", isSubtle=True)


def fact_set(facts: Iterable[tuple[str, str]]) -> list[Element]:
    """Draw names and values, or nothing where there are none; those too wide for a phone are paragraphs below."""
    pairs = list(facts)
    # The titles stand in one column.
    width = _LINE_LETTERS - max((_longest_word(title) for title, _ in pairs), default=0)
    wide = [fact for fact in pairs if _longest_word(fact[1]) > width]
    narrow = [
        {"title": safe_text(title, 80), "value": safe_text(value, 400)}
        for title, value in pairs
        if (title, value) not in wide
    ]
    paragraphs = [
        text_block(f"**{safe_text(title, 80)}**: {safe_text(value, 400)}", spacing="Small")
        for title, value in wide
    ]
    return [*([{"type": "FactSet", "facts": narrow}] if narrow else []), *paragraphs]


def _longest_word(text: str) -> int:
    """Return the letters of the longest word: Teams breaks none of a fact, so that it would stick out of a phone."""
    return max(map(len, _BREAKS.split(visible(text))))


def headline_block(headline: str, sentences: Sequence[str], style: str, limit_bytes: int = 600) -> Element:
    """Draw the first thing that is read: what is wrong and how bad, and what has changed."""
    lines = [text_block(safe_text(headline, _HEADLINE_BYTES), size="Large", weight="Bolder")]
    lines += [
        text_block(safe_text(sentence, limit_bytes), spacing="Small") for sentence in sentences if sentence
    ]
    return {"type": "Container", "style": style, "bleed": True, "items": lines}


def card_of(fallback: str, body: list[Element], actions: list[Element]) -> Card:
    """Make a card; `fallback` is what a phone's lock screen shows of it."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": safe_text(fallback, _FALLBACK_BYTES),
        "body": body,
        "actions": actions,
    }


def message(card: Card) -> dict[str, Any]:
    """Wrap a card as a Workflows webhook takes it; the full width is Teams' own addition to the card."""
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {**card, "msteams": {"width": "Full"}},
            }
        ],
    }


def first_fitting(cards: Iterable[Card]) -> Card:
    """Return the first card that fits, the most detailed standing first; the last is cut at its end if it must be.

    A body is ordered by importance, so that its end is what may go.
    """
    card: Card = {}
    for card in cards:  # the last is used where none fits
        if fits_message(card):
            return card
    while len(card["body"]) > 1 and not fits_message(card):
        card = {**card, "body": card["body"][:-1]}
    return card


def fits_message(card: Card) -> bool:
    """Tell whether a card's message leaves room for what is added when it is sent."""
    return budget.fits(message(card), RESERVED_BYTES)
