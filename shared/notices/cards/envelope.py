"""Add to a message what is known only when it is sent, within the size that Teams takes."""

import json
from collections.abc import Mapping, Sequence
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
_HEADLINE_ELEMENTS = 1  # its container
_LONG_BYTES = 1_500  # only the link that carries a whole query is longer


def with_line(message: Message, text: str, end: Sequence[Element] = ()) -> Message:
    """Return a message with a small line below its headline, and elements at its end.

    Every card leaves room for the line. Where the end needs more, the long link of the query is given up, then the card's last
    elements, which are the least important ones, then the end from its own end.
    """
    body = _body(message)
    start = [*body[:_HEADLINE_ELEMENTS], {**_SUBTLE, "text": safe_text(text, 400)}]
    middle, last = body[_HEADLINE_ELEMENTS:], list(end)
    whole = _with_body(message, [*start, *middle, *last])
    while not fits(whole) and (middle or last):
        if _long_links(whole):
            message = _without_long_links(message)
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


def _long_links(message: Message) -> list[Element]:
    actions = message["attachments"][0]["content"].get("actions", ())
    return [action for action in actions if size(action) > _LONG_BYTES]


def _without_long_links(message: Message) -> Message:
    attachment = message["attachments"][0]
    content, long = attachment["content"], _long_links(message)
    actions = [action for action in content["actions"] if action not in long]
    return {**message, "attachments": [{**attachment, "content": {**content, "actions": actions}}]}


def _body(message: Message) -> list[Element]:
    return list(message["attachments"][0]["content"].get("body", ()))


def _with_body(message: Message, body: list[Element]) -> Message:
    attachment = message["attachments"][0]
    content = {**attachment["content"], "body": body}
    return {**message, "attachments": [{**attachment, "content": content}]}
