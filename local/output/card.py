"""Draw an Adaptive Card on a terminal, so that a replay shows what Teams would show."""

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

CardElement = Mapping[str, Any]


def card_panel(card: CardElement) -> Panel:
    """Return a card as a panel; the kinds of elements are those that `shared.notices.cards.diagnosis_card` draws."""
    return Panel(
        Group(*_drawn(card["body"]), _actions(card)),
        title="The card in Teams",
        border_style="cyan",
        padding=(0, 1),
    )


def _drawn(elements: list[CardElement], style: str = "") -> Iterator[RenderableType]:
    for element in elements:
        if element.get("separator"):
            yield Rule(style="dim")
        if element["type"] == "Container":
            yield from _drawn(element["items"], _STYLES.get(element.get("style", ""), ""))
        elif element["type"] == "FactSet":
            yield _facts(element)
        elif element["type"] == "TextBlock":
            yield _text(element, style)


def _text(element: CardElement, style: str) -> RenderableType:
    bold = "bold" if element.get("weight") == "Bolder" else ""
    dim = "dim" if element.get("isSubtle") else ""
    return Padding(Markdown(element["text"], style=" ".join(filter(None, (style, bold, dim)))), (0, 0))


def _facts(element: CardElement) -> Table:
    table = Table.grid(padding=(0, 2))
    for fact in element["facts"]:
        table.add_row(Text(fact["title"], style="bold"), Markdown(fact["value"]))
    return table


def _actions(card: CardElement) -> RenderableType:
    titles = [action["title"] for action in card.get("actions", ())]
    return Text("  ".join(f"[ {title} ]" for title in titles), style="cyan")
