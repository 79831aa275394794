from datetime import UTC, datetime
from typing import Any

import pytest

from shared.context.states import changed_at, clients_denied, connect_handled, local_auth


def body(**properties: Any) -> dict[str, Any]:
    return {"name": "lobby", "properties": properties}


def rules(
    default: str, allow: list[str] | None = None, deny: list[str] | None = None, **more: Any
) -> dict[str, Any]:
    public = {name: names for name, names in (("allow", allow), ("deny", deny)) if names is not None}
    return body(networkACLs={"defaultAction": default, "publicNetwork": public, **more})


def allowing(*addresses: str) -> dict[str, Any]:
    ip_rules = [{"value": address, "action": "Allow"} for address in addresses]
    return rules("Deny", ["ClientConnection"], ipRules=ip_rules)


@pytest.mark.parametrize(
    ("document", "holds"),
    [
        pytest.param(body(), False, id="nothing is said"),
        pytest.param(body(publicNetworkAccess="Disabled"), True, id="public access is disabled"),
        pytest.param(rules("Deny", ["ServerConnection"]), True, id="clients are not among what is allowed"),
        pytest.param(
            rules("Deny", ["ServerConnection", "ClientConnection"]), False, id="clients are allowed"
        ),
        pytest.param(rules("Deny"), True, id="nothing is allowed"),
        pytest.param(rules("Allow"), False, id="nothing is denied"),
        pytest.param(rules("Allow", [], ["ClientConnection"]), True, id="clients are denied"),
        pytest.param(rules("Allow", [], ["RESTAPI"]), False, id="another thing is denied"),
        pytest.param(
            rules("Deny", ["ClientConnection"], ipRules=[{"value": "203.0.113.0/24", "action": "Allow"}]),
            None,
            id="some addresses only",
        ),
        pytest.param(allowing("0.0.0.0/0", "::/0"), False, id="every address"),
        pytest.param(allowing("0.0.0.0/0", "203.0.113.0/24"), None, id="some addresses beside every address"),
        pytest.param(
            rules("Allow", ipRules=[{"value": "198.51.100.7", "action": "Deny"}]), None, id="one address not"
        ),
        pytest.param({"name": "lobby", "properties": "unreadable"}, False, id="no properties"),
    ],
)
def test_tells_whether_network_rules_refuse_clients(document: dict[str, Any], holds: bool | None) -> None:
    assert holds is clients_denied(document).holds


@pytest.mark.parametrize(("value", "holds"), [(True, True), (False, False), (None, False), ("true", False)])
def test_tells_whether_keys_are_off(value: object, holds: bool) -> None:
    assert holds == local_auth(body(disableLocalAuth=value)).holds


def test_tells_which_hubs_ask_a_handler_about_connects() -> None:
    asking = {"name": "chat", "properties": {"eventHandlers": [{"systemEvents": ["Connect"]}]}}
    other = {"name": "quiz", "properties": {"eventHandlers": [{"systemEvents": ["connected"]}]}}

    assert "An event handler decides about the connects of chat." == connect_handled([asking, other]).sentence
    assert not connect_handled([other]).holds
    assert not connect_handled([asking], hub="quiz").holds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T12:00:00.5Z", datetime(2026, 3, 2, 12, 0, 0, 500000, tzinfo=UTC)),
        ("2026-03-02T13:00:00+01:00", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_reads_when_a_resource_was_changed(text: str | None, moment: datetime | None) -> None:
    assert moment == changed_at({"systemData": {"lastModifiedAt": text}})
