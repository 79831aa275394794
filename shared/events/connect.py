"""Answer a connecting client: who it is, its groups, roles and subprotocol, or that it may not connect."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.configuration.events import ConnectRule, EventHub
from shared.configuration.match import star_fits
from shared.events import mqtt
from shared.events.answer import NO_CONTENT, EventAnswer
from shared.events.cloud_event import CloudEvent

_MOST_USER_CHARACTERS = 1_024


def connect_answer(event: CloudEvent, hub: EventHub) -> EventAnswer:
    """Return the same answer for the same event and rules.

    204 leaves what the client's token says. In the answer only what a rule names stands: `roles: []` takes the roles of
    the token away, and a group that is not named is not joined.

    Raises:
        InputError: the body is not JSON.
    """
    body = event.json_body()
    rule = _rule_of(event, hub, body)
    if rule is None or rule.refuse:
        return mqtt.refusal(body) if event.is_mqtt else EventAnswer(401)
    changes: dict[str, object] = {}
    if user := _user_of(event, rule, body):
        changes["userId"] = user
    if rule.groups is not None:
        changes["groups"] = list(rule.groups)
    if rule.roles is not None:
        changes["roles"] = list(rule.roles)
    if hub.subprotocols and not event.is_mqtt and (offered := _texts(body.get("subprotocols"))):
        subprotocol = next((name for name in hub.subprotocols if name in offered), None)
        if subprotocol is None:
            return EventAnswer(400)  # left out, the service would take one that the hub does not want
        changes["subprotocol"] = subprotocol
    return EventAnswer(200, json.dumps(changes).encode(), "application/json") if changes else NO_CONTENT


def _rule_of(event: CloudEvent, hub: EventHub, body: Mapping[str, Any]) -> ConnectRule | None:
    """Return the first rule that fits; a hub without rules takes every client that has a user id."""
    if hub.connect is None:
        return ConnectRule() if event.user else None
    claims = body.get("claims")
    claims = claims if isinstance(claims, dict) else {}
    return next((rule for rule in hub.connect if _fits(rule, event, claims)), None)


def _fits(rule: ConnectRule, event: CloudEvent, claims: Mapping[str, Any]) -> bool:
    for name, values in rule.claims.items():
        if not {*values} & {*_texts(claims.get(name))}:
            return False
    if rule.user_claim is not None:
        return bool(_claimed_user(rule.user_claim, claims))
    if not event.user:
        return rule.anonymous
    return not rule.anonymous and (
        not rule.users or any(star_fits(pattern, event.user) for pattern in rule.users)
    )


def _user_of(event: CloudEvent, rule: ConnectRule, body: Mapping[str, Any]) -> str | None:
    """Return the user id to answer, or None where the client has one already."""
    if rule.user_claim is not None:
        claims = body.get("claims")
        return _claimed_user(rule.user_claim, claims if isinstance(claims, dict) else {})
    if event.user:
        return None
    # A repeat gets the same; the service drops a client without one.
    return f"anonymous-{hashlib.sha256(event.connection.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _claimed_user(name: str, claims: Mapping[str, Any]) -> str | None:
    values = _texts(claims.get(name))
    is_one = len(values) == 1 and 0 < len(values[0]) <= _MOST_USER_CHARACTERS
    return values[0] if is_one else None


def _texts(value: object) -> Sequence[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
