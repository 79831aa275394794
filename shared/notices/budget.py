"""Keep a message within what Teams takes, counted as the receiver counts it."""

import json

from shared.redaction import escape_markdown

# The receiver measures its own re-encoding: 24,453 bytes were refused as 28,897 of 28,672 allowed
# (MicrosoftDocs/msteams-docs issue 11274). 20,480 holds in both encodings.
LIMIT = 20_480
# What a card may take itself: two small lines may join it when it is sent ("sent again", "for another receiver").
ROOM = LIMIT - 1_100


def size(message: object) -> int:
    """Return the bytes of a message as JSON, in UTF-8 or with everything but ASCII escaped, the larger."""
    plain = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return max(len(plain), len(json.dumps(message, separators=(",", ":"))))


def clipped(text: str, limit: int) -> str:
    """Escape a text for a card, with its end cut off where it would take more than `limit` bytes.

    The cut is made before escaping, so that no escape is cut in two.
    """
    whole = escape_markdown(text[: limit + 1])
    if len(text) <= limit and size(whole) <= limit:
        return whole
    fits, over = 0, min(len(text), limit) + 1
    while over - fits > 1:
        middle = (fits + over) // 2
        fits, over = (middle, over) if size(_cut(text, middle)) <= limit else (fits, middle)
    return _cut(text, fits)


def _cut(text: str, letters: int) -> str:
    return escape_markdown(text[:letters].rstrip("\\")) + "…"
