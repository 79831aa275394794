"""Fold a part of a card away behind a row that opens it."""

from collections.abc import Sequence

from shared.notices.cards.elements import Element, text_block

_SHUT, _OPEN = "▸", "▾"


def fold(name: str, title: str, elements: Sequence[Element]) -> list[Element]:
    """Draw a row that shows and hides elements, shut at first; nothing where there are none.

    It is one element of the body: what is cut off a card that is too large goes with its row. `name` is a part of ids, and
    stands once on a card; `title` is escaped already.
    """
    if not elements:
        return []
    ids = (f"{name}-shut", f"{name}-open", f"{name}-body")
    signs = [
        {**_sign(_SHUT), "id": ids[0]},
        {**_sign(_OPEN), "id": ids[1], "isVisible": False},
    ]
    row = {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "16px", "items": signs},
            {
                "type": "Column",
                "width": "stretch",
                "spacing": "Small",
                "items": [text_block(f"**{title}**", spacing="None")],
            },
        ],
        "selectAction": {
            "type": "Action.ToggleVisibility",
            "title": title,
            "targetElements": [{"elementId": one} for one in ids],
        },
    }
    body = {
        "type": "Container",
        "id": ids[2],
        "isVisible": False,
        "spacing": "Small",
        "items": list(elements),
    }
    return [{"type": "Container", "separator": True, "items": [row, body]}]


def _sign(sign: str) -> Element:
    return {**text_block(sign, spacing="None"), "wrap": False}
