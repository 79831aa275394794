"""Post messages to Teams through the webhooks of workflows."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.cloud.posting import post_once, without_setting
from shared.configuration.receivers import Receiver
from shared.notices.delivery.post import PostAnswer, PostOutcome

_MEANINGS = {
    400: "it takes no such message, or its trigger expects another",
    401: "its trigger is restricted to signed-in users",
    403: "its trigger is restricted to signed-in users, or its address was signed anew",
    404: "the flow was deleted or turned off, or its address changed",
    410: "the flow is gone",
    413: "the message is too large",
}

# Connectors of Office 365, which Microsoft switched off in May 2026; workflows took their place.
_CONNECTORS = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
RETIRED = (
    "the setting holds the address of an Office 365 connector, which Microsoft has retired; "
    "expected the address of a workflow (Teams: Workflows, `Send webhook alerts to a channel`)"
)


class TeamsWebhooks:
    """Posts to receivers; implements `shared.notices.delivery.post.Post`. An address stands in no answer, log or repr."""

    def __init__(self, address_of: Callable[[str], str | None]) -> None:
        """Take what returns the address that a setting holds."""
        self._address_of = address_of

    def __call__(self, receiver: Receiver, message: Mapping[str, Any]) -> PostAnswer:
        """Post a message to a receiver; whatever becomes of it is the answer, never an error."""
        address = self._address_of(receiver.setting)
        if not address:
            return without_setting(receiver, receiver.setting)
        return post(address, message)


def post(address: str, message: Mapping[str, Any]) -> PostAnswer:
    """Post a message once."""
    if is_retired(address):
        return PostAnswer(PostOutcome.REFUSED, RETIRED)
    return post_once(address, json.dumps(message).encode(), {}, who="Teams", meanings=_MEANINGS)


def is_retired(address: str) -> bool:
    """Tell whether an address is that of a connector, which nothing answers any more."""
    try:
        host = (urlsplit(address.strip()).hostname or "").rstrip(".")
    except ValueError:  # no address at all
        return False
    return any(host == connector or host.endswith(f".{connector}") for connector in _CONNECTORS)
