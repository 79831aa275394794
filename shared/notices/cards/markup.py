"""Reduce our own Markdown to what Teams draws in a card: bold, italic, lists and links."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.redaction import escape_markdown, redact

_PARSER = MarkdownIt("commonmark")
_MARKS = {"strong_open": "**", "strong_close": "**", "em_open": "_", "em_close": "_"}


def for_teams(markdown: str) -> str:
    """Return a playbook's Markdown as one text block of Teams, redacted; code becomes plain text.

    Teams draws no code spans, headings, tables or quotes in a text block (cards-format.md).
    """
    return "\n\n".join(_blocks(markdown, live=True))  # the break that Teams knows outside lists


def plain_text(markdown: str) -> str:
    """Return the words of a playbook's Markdown without any markup, redacted but not escaped."""
    return " ".join(_blocks(markdown, live=False))


def _blocks(markdown: str, *, live: bool) -> Iterator[str]:
    item = ""
    for token in _PARSER.parse(redact(markdown)):
        if token.type == "list_item_open":
            item = "• "
        elif token.type == "inline":
            yield item + "".join(_inline(token.children or [], live=live)).strip()
            item = ""
        elif token.type in {"fence", "code_block"}:
            yield _words(token.content.strip(), live=live)


def _inline(tokens: list[Token], *, live: bool) -> Iterator[str]:
    target = None
    for token in tokens:
        if token.type == "link_open":
            target = _address(token)
            yield "[" if live and target else ""
        elif token.type == "link_close":
            yield f"]({target})" if live and target else ""
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif live and token.type in _MARKS:
            yield _MARKS[token.type]
        else:
            yield _words(token.content, live=live)


def _address(link: Token) -> str | None:
    """Return where a link leads, or None for one that leads nowhere outside its page."""
    address = str(link.attrs.get("href", ""))
    return address if address.startswith("https://") and not set(address) & set("()<> ") else None


def _words(text: str, *, live: bool) -> str:
    if not live:
        return text
    # Escaping trims; what stands between two marks keeps the blank on either side.
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return before + escape_markdown(text) + after
