"""Read what the live configuration of a Web PubSub resource says about its clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.context.ports import RawJson

_CLIENTS = "ClientConnection"


@dataclass(frozen=True, slots=True)
class ClientState:
    """Whether something holds now (None: it cannot be told), and the sentence that says it."""

    holds: bool | None
    sentence: str


def local_auth(body: RawJson) -> ClientState:
    """Tell whether access keys are switched off."""
    if _properties(body).get("disableLocalAuth") is True:
        return ClientState(
            holds=True, sentence="The live configuration says that access keys are switched off."
        )
    return ClientState(holds=False, sentence="The live configuration says that access keys are switched on.")


def clients_denied(body: RawJson) -> ClientState:
    """Tell whether a network rule refuses clients that come through the public endpoint, or some of them."""
    properties = _properties(body)
    if str(properties.get("publicNetworkAccess", "")).lower() == "disabled":
        sentence = "The live configuration says that public network access is disabled."
        return ClientState(holds=True, sentence=sentence)
    rules = _bag(properties.get("networkACLs"))
    public = _bag(rules.get("publicNetwork"))
    is_closed = str(rules.get("defaultAction", "Allow")).lower() == "deny"
    allowed, denied = _names(public.get("allow")), _names(public.get("deny"))
    # With the default `Deny` only what is allowed passes; with `Allow` only what is denied does not.
    if (is_closed and _CLIENTS.lower() not in allowed) or (not is_closed and _CLIENTS.lower() in denied):
        sentence = f"The live configuration says that the network rules deny {_CLIENTS} from public networks."
        return ClientState(holds=True, sentence=sentence)
    addresses = [rule for rule in _list(rules.get("ipRules")) if not _allows_everybody(_bag(rule))]
    if addresses:
        sentence = f"The live configuration has IP rules for some addresses ({len(addresses)}), and it cannot be told whether they refuse these clients."
        return ClientState(holds=None, sentence=sentence)
    sentence = f"The live configuration says that the network rules let {_CLIENTS} in from everywhere."
    return ClientState(holds=False, sentence=sentence)


def connect_handled(hubs: Sequence[RawJson], hub: str = "") -> ClientState:
    """Tell whether an event handler is asked about each `connect`, of one hub or of any."""
    wanted = [one for one in hubs if not hub or str(one.get("name", "")).lower() == hub.lower()]
    names = [str(one.get("name", "")) for one in wanted if _asks_about_connect(one)]
    if names:
        sentence = f"An event handler decides about the connects of {', '.join(sorted(names)[:3])}."
        return ClientState(holds=True, sentence=sentence)
    return ClientState(holds=False, sentence="No event handler is asked about connects.")


def changed_at(body: RawJson) -> datetime | None:
    """Return when the resource was changed last, None where it does not say it; hubs have a time of their own."""
    text = _bag(body.get("systemData")).get("lastModifiedAt")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _asks_about_connect(hub: RawJson) -> bool:
    handlers = _properties(hub).get("eventHandlers")
    return isinstance(handlers, list) and any(
        "connect" in _names(_bag(handler).get("systemEvents")) for handler in handlers
    )


def _allows_everybody(rule: Mapping[str, Any]) -> bool:
    value = str(rule.get("value")).strip().lower()
    return str(rule.get("action")).lower() == "allow" and (value in {"*", "internet"} or value.endswith("/0"))


def _properties(document: RawJson) -> Mapping[str, Any]:
    return _bag(document.get("properties"))


def _bag(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: object) -> set[str]:
    return {str(name).lower() for name in value} if isinstance(value, list | tuple) else set()
