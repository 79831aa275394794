"""Keep a message within what Teams takes, counted as the receiver counts it."""

import json

from shared.redaction import escape_markdown

# The receiver measures its own re-encoding: 24,453 bytes were refused as 28,897 of 28,672 allowed
# (MicrosoftDocs/msteams-docs issue 11274). 20,480 leaves room for the share that it added there.
SENT_LIMIT_BYTES = 20_480
# We infer that it keeps a card as a JSON text inside of JSON, where each quote and backslash takes a byte more: a card that
# is full of them takes twice its bytes.
STORED_LIMIT_BYTES = 28_672
# What a card leaves free: two small lines may join it when it is sent ("sent again", "for another receiver").
RESERVED_BYTES = 1_100


def size(message: object) -> int:
    """Return the bytes of a message as JSON with everything but ASCII escaped; in UTF-8 it has never more."""
    return len(_json(message))


def fits(message: object, reserve_bytes: int = 0) -> bool:
    """Tell whether Teams takes a message that gets `reserve_bytes` more, as it is sent and as it is stored."""
    text = _json(message)
    stored_bytes = len(text) + text.count('"') + text.count("\\") + 2  # the quotes around it
    return (
        len(text) + reserve_bytes <= SENT_LIMIT_BYTES
        and stored_bytes + 2 * reserve_bytes <= STORED_LIMIT_BYTES
    )


def _json(message: object) -> str:
    return json.dumps(message, separators=(",", ":"))


def clip(text: str, limit_bytes: int) -> str:
    """Escape a text for a card, with its end cut off where it would take more bytes than the limit.

    The cut is made before escaping, so that no escape is cut in two.
    """
    whole = escape_markdown(text[: limit_bytes + 1])
    if len(text) <= limit_bytes and size(whole) <= limit_bytes:
        return whole
    fits, over = 0, min(len(text), limit_bytes) + 1
    while over - fits > 1:
        middle = (fits + over) // 2
        fits, over = (middle, over) if size(_cut(text, middle)) <= limit_bytes else (fits, middle)
    return _cut(text, fits)


def _cut(text: str, letters: int) -> str:
    return escape_markdown(text[:letters].rstrip("\\")) + "…"
