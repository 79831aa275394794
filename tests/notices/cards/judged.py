"""Judge a message as a receiver would: of the schema, within the size, with nothing secret and nothing live in it."""

from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt

from shared.notices.cards.budget import fits
from tests.notices.official import VALIDATOR
from tests.secrets_by_shape import SECRETS

PLANTED = [secret for _, secret in SECRETS.values()]
OURS = ("https://learn.microsoft.com/",)
SIGNS = ("▸", "▾")  # of a fold
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
DRAWABLE = {"text", "strong_open", "strong_close", "em_open", "em_close", "link_open", "link_close"}


def texts(card: dict[str, Any]) -> list[str]:
    """Return every text of a card that Teams renders as Markdown, in reading order."""

    def walk(elements: list[dict[str, Any]]) -> Iterator[str]:
        for element in elements:
            for part in ("items", "columns", "inlines"):
                yield from walk(element.get(part, []))
            yield from [element["text"]] if "text" in element and element["text"] not in SIGNS else []
            for fact in element.get("facts", []):
                yield from (fact["title"], fact["value"])

    return list(walk(card["body"]))


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every button of a card, those in its body and behind its folds first."""

    def walk(elements: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for element in elements:
            yield from element.get("actions", [])
            yield from walk(element.get("items", []))

    return [*walk(card["body"]), *card["actions"]]


def assert_holds(message: dict[str, Any]) -> None:
    """Fail where a message is not a card, is too large, or lets through what a stranger wrote."""
    (attachment,) = message["attachments"]
    card = {name: value for name, value in attachment["content"].items() if name != "msteams"}
    VALIDATOR.validate(card)
    assert fits(message)
    addresses = [action["url"] for action in buttons(card)]
    words = [*texts(card), card["fallbackText"]]
    assert [] == [secret for secret in PLANTED if any(secret in text for text in [*words, *addresses])]
    assert [] == [address for address in addresses if not address.startswith("https://")]
    for text in words:
        assert_harmless(text)


def assert_harmless(text: str) -> None:
    """Fail where Teams would read more than words, emphasis and our own links."""
    for block in MARKDOWN.parse(text):
        assert block.type in {"paragraph_open", "paragraph_close", "inline"}, text
        for token in block.children or ():
            assert token.type in DRAWABLE, text
            assert token.type != "link_open" or str(token.attrs["href"]).startswith(OURS), text
