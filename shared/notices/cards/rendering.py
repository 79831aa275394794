"""Render our own Markdown, reports and playbooks, as HTML that loads nothing and runs nothing."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token


def render(markdown: str) -> str:
    """Return the HTML of a text; every part `### name` below `## Heading` is reached by `#heading-name`.

    Links to other files of ours lead nowhere from a page, so that their words alone are shown.
    """
    tokens = _markdown().parse(markdown)
    _name_parts(tokens)
    for token in tokens:
        token.children = _without_files(token.children) if token.children else token.children
    html: str = _markdown().renderer.render(tokens, _markdown().options, {})
    return html


def _name_parts(tokens: Sequence[Token]) -> None:
    above = ""
    for token, words in pairwise(tokens):
        name = words.content.strip("`").lower().replace(" ", "-")
        if token.type == "heading_open" and token.tag == "h2":
            above = name
            token.attrSet("id", name)
        elif token.type == "heading_open" and token.tag == "h3":
            token.attrSet("id", f"{above}-{name}")


def _without_files(tokens: Sequence[Token]) -> list[Token]:
    words, is_file = [], False
    for token in tokens:
        if token.type == "link_open":
            is_file = not str(token.attrs["href"]).startswith(("https://", "http://", "#"))
        if not (is_file and token.type in {"link_open", "link_close"}):
            words.append(token)
    return words


@cache
def _markdown() -> MarkdownIt:
    """Return the reader of our own texts; HTML in them is text, and no image is fetched."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown.add_render_rule("fence", _fence)
    return markdown


def _fence(_renderer: RendererHTML, tokens: Sequence[Token], place: int, *_: object) -> str:
    """Fold a query, which is long and which few people read; other code stays open."""
    content, kind = tokens[place].content, tokens[place].info.strip()
    code = f"<pre><code>{escapeHtml(content)}</code></pre>"
    if not kind.startswith("kql"):
        return f"{code}\n"
    lines = content.count("\n")
    words = f"{lines} line{'' if lines == 1 else 's'} of {escapeHtml(kind)}"
    return f"<details><summary>Query <span>{words}</span></summary>{code}</details>\n"
