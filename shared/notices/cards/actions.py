"""Put links on a card: what one does about it on the first screen, where to look at its end."""

import re
from collections.abc import Mapping
from typing import Any

from shared.notices.cards.budget import size
from shared.notices.cards.links import Links
from shared.redaction import redact

Button = dict[str, Any]

_ADDRESS_BYTES = 1_000  # of one link; Azure's ids are far shorter
# A laptop's own server has no certificate that a browser knows. Nothing else is a link: no script, no file, no blank.
LINK = re.compile(r"(?:https://[a-z0-9]|http://(?:127\.0\.0\.1|localhost)[:/])[!#-;=?-~]*", re.IGNORECASE)


def first_buttons(links: Links, *, is_taken: bool) -> list[Button]:
    """Return the buttons of the first screen as one element; what somebody has is to be taken over, not acknowledged."""
    hold = _button("Acknowledge", None if is_taken else _short(links.acknowledge))
    over = _button("Take over", _short(links.take_over) if is_taken else None)
    buttons = [
        *({**button, "style": "positive"} for button in hold),
        *_button("Details", _short(links.report)),
        *over,
    ]
    return [{"type": "ActionSet", "spacing": "Medium", "actions": buttons}] if buttons else []


def last_buttons(links: Links, resource: str, playbook: str) -> list[Button]:
    """Return the buttons at the end of a card; `playbook` is an id.

    The board, and ending an incident by hand, stand in the overflow menu: there no thumb ends it by accident.
    """
    named = _short(links.playbook(playbook)) if redact(playbook) == playbook else None
    azure = links.resource(resource) if redact(resource) == resource else None
    return [
        *_button("Silence", _short(links.silence)),
        *_button("Playbook", named),
        *_button("Azure", _short(azure)),
        *({**button, "mode": "secondary"} for button in _button("Board", _short(links.board))),
        *({**button, "mode": "secondary"} for button in _button("Resolve", _short(links.resolve))),
    ]


def query_button(address: str | None) -> list[Button]:
    """Return the button that opens a query as one element; its address carries the complete text, and may be long."""
    buttons = _button("Run the query", address if address and LINK.fullmatch(address) else None)
    return [{"type": "ActionSet", "spacing": "Small", "actions": buttons}] if buttons else []


def place_buttons(places: Mapping[str, str | None]) -> list[Button]:
    """Return a button for each place; an address that is None, too long or not HTTPS, or that holds a secret, has none."""
    addresses = {title: _short(url) for title, url in places.items() if url and redact(url) == url}
    return [button for title, url in addresses.items() for button in _button(title, url)]


def answer_buttons(addresses: Mapping[str, str | None]) -> list[Button]:
    """Return a button for each signed link; an address that is None, too long or not HTTPS has none."""
    return [button for title, address in addresses.items() for button in _button(title, _short(address))]


def silence_button(address: str | None) -> list[Button]:
    """Return the button that silences what an announcement is about."""
    return _button("Silence", _short(address))


def _button(title: str, address: str | None) -> list[Button]:
    return [{"type": "Action.OpenUrl", "title": title, "url": address}] if address else []


def _short(address: str | None) -> str | None:
    usable = address is not None and size(address) <= _ADDRESS_BYTES and LINK.fullmatch(address)
    return address if usable else None
