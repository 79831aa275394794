"""Add to a message what is known only when it is sent, within the size that Teams takes."""

import json
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from shared.isolation import DATA_ERRORS
from shared.notices.cards.budget import fits, size
from shared.notices.cards.elements import Element, safe_text

Message = dict[str, Any]

_SUBTLE: Mapping[str, Any] = {
    "type": "TextBlock",
    "wrap": True,
    "isSubtle": True,
    "size": "Small",
    "spacing": "Small",
}
_LONG_BYTES = 1_500  # only the link that carries a whole query is longer


def with_line(message: Message, text: str, end: Sequence[Element] = ()) -> Message:
    """Return a message with a small line below its headline, and elements at its end.

    The headline are the coloured containers that a card begins with.

    Every card leaves room for the line. Where the end needs more, the long link of the query is given up, then the card's last
    elements, which are the least important ones, then the end from its own end.
    """
    body = _body(message)
    top = len(list(takewhile(_is_coloured, body)))
    start = [*body[:top], {**_SUBTLE, "text": safe_text(text, 400)}]
    middle, last = body[top:], list(end)
    whole = _with_body(message, [*start, *middle, *last])
    while not fits(whole) and (middle or last):
        if _long_links(_content(whole)):
            message, shorter = (
                _with_content(message, _without_long_links(_content(message))),
                _without_long_links,
            )
            middle, last = [shorter(part) for part in middle], [shorter(part) for part in last]
        elif middle:
            middle.pop()
        else:
            last.pop()
        whole = _with_body(message, [*start, *middle, *last])
    return whole


def message_in(text: str) -> Message | None:
    """Return the message that a stored text holds; None where it holds none."""
    try:
        message: Message = json.loads(text)
        _body(message)
    except DATA_ERRORS:
        return None
    return message


def _is_coloured(element: Element) -> bool:
    return element.get("type") == "Container" and bool(element.get("bleed"))


def _long_links(card: Element) -> list[Element]:
    """Return the buttons of a card with a long address, those behind its folds included."""
    own = [action for action in card.get("actions", ()) if size(action) > _LONG_BYTES]
    parts = [*card.get("body", ()), *card.get("items", ())]
    return own + [action for part in parts for action in _long_links(part)]


def _without_long_links(card: Element) -> Element:
    """Return a card without these buttons, nor the rows that they leave empty."""
    parts: Element = {
        name: [shorter for part in card[name] if (shorter := _without_long_links(part)).get("actions") != []]
        for name in ("body", "items")
        if name in card
    }
    actions = (
        {"actions": [action for action in card["actions"] if size(action) <= _LONG_BYTES]}
        if "actions" in card
        else {}
    )
    return {**card, **parts, **actions}


def _body(message: Message) -> list[Element]:
    return list(_content(message).get("body", ()))


def _content(message: Message) -> Element:
    content: Element = message["attachments"][0]["content"]
    return content


def _with_body(message: Message, body: list[Element]) -> Message:
    return _with_content(message, {**_content(message), "body": body})


def _with_content(message: Message, content: Element) -> Message:
    return {**message, "attachments": [{**message["attachments"][0], "content": content}]}
