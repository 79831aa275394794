"""Put links under a card: what one may do about it first, then where to look."""

from collections.abc import Mapping
from typing import Any

from shared.notices.budget import size
from shared.notices.portal import Links

_MOST_ADDRESS = 1_500  # bytes of one link; Azure's ids are far shorter


def actions(links: Links, others: Mapping[str, str | None], query: str | None = None) -> list[dict[str, Any]]:
    """Return the actions of a card; an address that is None or too long has none.

    The query's address carries its complete text, and has a budget of its own. Ending an incident by hand stands in the
    overflow menu, where a thumb does not hit it by accident.
    """
    short = {**others, "Report": links.report}
    addresses = {
        "Acknowledge": _short(links.acknowledge),
        "Silence": _short(links.silence),
        "Run the query": query,
        **{title: _short(url) for title, url in short.items()},
    }
    drawn = [
        {"type": "Action.OpenUrl", "title": title, "url": url} for title, url in addresses.items() if url
    ]
    if resolve := _short(links.resolve):
        drawn.append({"type": "Action.OpenUrl", "title": "Resolve", "url": resolve, "mode": "secondary"})
    return drawn


def _short(address: str | None) -> str | None:
    return address if address and size(address) <= _MOST_ADDRESS else None
