"""Check which messages a flow takes, and which cards its run can post, by the official schema of Adaptive Cards."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.teams.limits import MAX_MESSAGE_BYTES, counted_size

if TYPE_CHECKING:
    from jsonschema import Draft6Validator

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
SCHEMA = Path(__file__).parent / "adaptive-card-1.5.json"

_NEWEST = (1, 5)  # of cards that Teams draws
# A flow that posts has nobody who would hear these (Teams: types of cards, support by webhooks).
_UNHEARD = {"Action.Submit", "Action.Execute"}

CardJson = dict[str, Any]


class RefusedMessageError(Exception):
    """The trigger of the flow does not take a message; the text is its answer."""


def cards_of(body: bytes) -> list[CardJson]:
    """Return the cards of a message.

    Raises:
        RefusedMessageError: it is not a message with a card; Teams answers 400.
    """
    try:
        message = json.loads(body)
    except ValueError as error:
        raise RefusedMessageError(f"the body is not JSON: {error}") from error
    if not isinstance(message, dict) or message.get("type") != "message":
        raise RefusedMessageError("the body is not an object of the type `message`")
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        raise RefusedMessageError("`attachments` is not a list with a card in it")
    return [_card_of(attachment) for attachment in attachments]


def _card_of(attachment: object) -> CardJson:
    if not isinstance(attachment, dict) or attachment.get("contentType") != CARD_TYPE:
        raise RefusedMessageError(f"an attachment is not of the type {CARD_TYPE}")
    card = attachment.get("content")
    if not isinstance(card, dict):
        raise RefusedMessageError("the content of an attachment is not a card")
    return card


def failure_of(card: CardJson, sent: int) -> str:
    """Say why the run of a flow could not post a card that came in so many bytes; empty where it can."""
    size = counted_size([{"contentType": CARD_TYPE, "content": card}], sent)
    if size > MAX_MESSAGE_BYTES:
        return (
            "MessageSizeExceeded-Message properties size exceeded. Actual message properties size: "
            f"{size} bytes, whereas max allowed size is {MAX_MESSAGE_BYTES} bytes"
        )
    plain = {name: value for name, value in card.items() if name != "msteams"}  # Teams' own addition
    if wrong := next(validator().iter_errors(plain), None):
        return f"not an Adaptive Card: {wrong.message[:300]}"
    if _version(card) > _NEWEST:
        return f"the card is of version {card['version']}; Teams draws up to 1.5"
    if unheard := _UNHEARD.intersection(_types(card)):
        return f"nobody would hear {', '.join(sorted(unheard))} of a card that a flow posts"
    return ""


@cache
def validator() -> "Draft6Validator":
    """Return a validator of cards by the official schema of version 1.5."""
    from jsonschema import Draft6Validator, FormatChecker

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft6Validator(schema, format_checker=FormatChecker())


def _version(card: CardJson) -> tuple[int, ...]:
    return tuple(int(part) for part in card["version"].split(".") if part.isdigit())


def _types(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [kind] if isinstance(kind := value.get("type"), str) else []
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        yield from _types(inner)
