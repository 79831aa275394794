import io

from rich.console import Console

from local.output.card import card_panel

CARD = {
    "type": "AdaptiveCard",
    "body": [
        {
            "type": "Container",
            "style": "warning",
            "items": [{"type": "TextBlock", "text": "Sev 2: Lines drop"}],
        },
        {"type": "FactSet", "facts": [{"title": "Resource", "value": "lobby"}]},
        {"type": "TextBlock", "text": "**1.** Answer pings.", "separator": True},
    ],
    "actions": [{"type": "Action.OpenUrl", "title": "Run the query", "url": "https://portal.azure.com/"}],
}


def drawn() -> str:
    console = Console(file=io.StringIO(), width=60)
    console.print(card_panel(CARD))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_draws_every_element_in_its_order() -> None:
    text = drawn()
    places = [
        text.index(part)
        for part in ("Sev 2: Lines drop", "Resource", "lobby", "1. Answer pings.", "[ Run the query ]")
    ]

    assert sorted(places) == places


def test_shows_no_markdown_signs() -> None:
    assert "*" not in drawn()
