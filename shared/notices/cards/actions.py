"""Put links under a card: what one may do about it first, then where to look."""

import re
from collections.abc import Mapping
from typing import Any

from shared.notices.cards.budget import size
from shared.notices.cards.links import Links
from shared.redaction import redact

_ADDRESS_BYTES = 1_000  # of one link; Azure's ids are far shorter
# A laptop's own server has no certificate that a browser knows. Nothing else is a link: no script, no file, no blank.
LINK = re.compile(r"(?:https://[a-z0-9]|http://(?:127\.0\.0\.1|localhost)[:/])[!#-;=?-~]*", re.IGNORECASE)


def actions(
    links: Links, places: Mapping[str, str | None], *, query: str | None = None, playbook: str | None = None
) -> list[dict[str, Any]]:
    """Return the actions of a card; an address that is None, too long or not HTTPS, or that holds a secret, has none.

    The query's address carries its complete text, and has a budget of its own; `playbook` is an id. Ending an incident by
    hand stands in the overflow menu, where a thumb does not hit it by accident: the others are six at most, as many as
    Teams shows.
    """
    addresses = {
        "Acknowledge": _short(links.acknowledge),
        "Silence": _short(links.silence),
        "Run the query": query if query and LINK.fullmatch(query) else None,
        "Report": _short(links.report),
        "Playbook": _short(links.playbook(playbook)) if playbook and redact(playbook) == playbook else None,
        **{title: _short(url) for title, url in places.items() if url and redact(url) == url},
    }
    buttons = [
        {"type": "Action.OpenUrl", "title": title, "url": url} for title, url in addresses.items() if url
    ]
    if resolve := _short(links.resolve):
        buttons.append({"type": "Action.OpenUrl", "title": "Resolve", "url": resolve, "mode": "secondary"})
    return buttons


def answer_buttons(addresses: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """Return a button for each signed link; an address that is None, too long or not HTTPS has none."""
    return [
        {"type": "Action.OpenUrl", "title": title, "url": url}
        for title, address in addresses.items()
        if (url := _short(address))
    ]


def resource_page(links: Links, resource: str) -> str | None:
    """Return the address of a resource's page; what looks like a secret is not the name of one."""
    return links.resource(resource) if redact(resource) == resource else None


def _short(address: str | None) -> str | None:
    usable = address is not None and size(address) <= _ADDRESS_BYTES and LINK.fullmatch(address)
    return address if usable else None
