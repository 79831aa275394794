"""Add to a message what is known only when it is sent, within the size that Teams takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.notices.budget import LIMIT, clipped, size

Message = dict[str, Any]
Element = dict[str, Any]

_SUBTLE: Mapping[str, Any] = {
    "type": "TextBlock",
    "wrap": True,
    "isSubtle": True,
    "size": "Small",
    "spacing": "Small",
}
_HEADLINE = 1  # the headline's container


def with_line(message: Message, text: str, end: Sequence[Element] = ()) -> Message:
    """Return a message with a small line below its headline, and elements at its end.

    To make room, its last elements are given up, which are the least important ones.
    """
    body = _body(message)
    start = [*body[:_HEADLINE], {**_SUBTLE, "text": clipped(text, 400)}]
    middle = body[_HEADLINE:]
    whole = _with_body(message, [*start, *middle, *end])
    while middle and size(whole) > LIMIT:
        middle.pop()
        whole = _with_body(message, [*start, *middle, *end])
    return whole


def _body(message: Message) -> list[Element]:
    return list(message["attachments"][0]["content"].get("body", ()))


def _with_body(message: Message, body: list[Element]) -> Message:
    attachment = message["attachments"][0]
    content = {**attachment["content"], "body": body}
    return {**message, "attachments": [{**attachment, "content": content}]}
