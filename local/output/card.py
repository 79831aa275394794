"""Draw an Adaptive Card on a terminal, so that a replay shows what Teams would show, with every fold open."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

_STYLES = {"attention": "bold red", "warning": "bold yellow", "good": "bold green", "accent": "bold cyan"}
_INDENT = (0, 0, 0, 2)

CardElement = Mapping[str, Any]


def card_panel(card: CardElement) -> Panel:
    """Return a card as a panel; the kinds of elements are those that `shared.notices.cards.diagnosis_card` draws."""
    return Panel(
        Group(*_drawn(card["body"]), _buttons(card)),
        title="The card in Teams",
        border_style="cyan",
        padding=(0, 1),
    )


def _drawn(elements: list[CardElement], style: str = "") -> Iterator[RenderableType]:
    for element in elements:
        is_shut = element.get("isVisible", True) is False
        if element.get("separator"):
            yield Rule(style="dim")
        if element["type"] == "Container":
            inner = Group(*_drawn(element["items"], _STYLES.get(element.get("style", ""), style)))
            yield Padding(inner, _INDENT) if is_shut else inner
        elif not is_shut:  # what is shut and no container is the sign of an open fold
            yield from _drawn_plain(element, style)


def _drawn_plain(element: CardElement, style: str) -> Iterator[RenderableType]:
    if element["type"] == "ColumnSet":
        yield _columns(element, style)
    elif element["type"] == "FactSet":
        yield _facts(element)
    elif element["type"] == "TextBlock":
        yield _text(element, style)
    elif element["type"] == "RichTextBlock":
        yield Text("".join(run["text"] for run in element["inlines"]), style="dim strike")
    elif element["type"] == "ActionSet":
        yield _buttons(element)


def _columns(element: CardElement, style: str) -> Table:
    columns = element["columns"]
    table = Table.grid(padding=(0, 2))
    for column in columns:
        table.add_column(ratio=1 if column["width"] == "stretch" else None)
    table.add_row(*(Group(*_drawn(column["items"], style)) for column in columns))
    return table


def _text(element: CardElement, style: str) -> RenderableType:
    bold = "bold" if element.get("weight") == "Bolder" else ""
    dim = "dim" if element.get("isSubtle") else ""
    looks = " ".join(filter(None, (style, bold, dim)))
    if element.get("wrap") is False:
        return Text(element["text"], style=looks, no_wrap=True)
    return Padding(Markdown(element["text"], style=looks), (0, 0))


def _facts(element: CardElement) -> Table:
    table = Table.grid(padding=(0, 2))
    for fact in element["facts"]:
        table.add_row(Text(fact["title"], style="bold"), Markdown(fact["value"]))
    return table


def _buttons(card: CardElement) -> RenderableType:
    titles = [action["title"] for action in card.get("actions", ())]
    return Text("  ".join(f"[ {title} ]" for title in titles), style="cyan")
