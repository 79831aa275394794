import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.context.configuration import ConfigurationReader, live_configuration, redacted
from shared.context.live import Gap
from shared.context.ports import Absence, SourceUnavailableError
from tests.context.live_sources import MemoryArm, forbidden

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
CALLS = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.communication/communicationservices/calls"
SETTINGS = f"{LOBBY}/providers/Microsoft.Insights/diagnosticSettings"
KEY = "Zm9yIHRoZSBsb2JieSBvbmx5"


def hub(template: str) -> dict[str, Any]:
    handler = {"urlTemplate": template, "systemEvents": ["connect"]}
    return {"name": "chat", "properties": {"eventHandlers": [handler]}}


def lobby() -> MemoryArm:
    body = {"name": "lobby", "properties": {"hostName": "lobby.webpubsub.azure.com", "newer": {"than": "us"}}}
    return MemoryArm(
        {
            LOBBY: body,
            f"{LOBBY}/hubs/chat": hub(f"https://handlers.example/{{event}}?code={KEY}"),
            f"{SETTINGS}/to-logs": {"name": "to-logs", "properties": {"logs": []}},
        }
    )


def test_reads_every_part() -> None:
    live = live_configuration(lobby().sources(), LOBBY, NOON)

    assert not isinstance(live.body, Gap)
    assert {"than": "us"} == live.body["properties"]["newer"]
    assert (1, 0, 0, 1, ("10.4.0.7",), ()) == (
        len(live.hubs) if not isinstance(live.hubs, Gap) else -1,
        len(live.replicas) if not isinstance(live.replicas, Gap) else -1,
        len(live.private_endpoints) if not isinstance(live.private_endpoints, Gap) else -1,
        len(live.diagnostic_settings) if not isinstance(live.diagnostic_settings, Gap) else -1,
        live.addresses,
        live.gaps(),
    )


def test_a_part_that_may_not_be_read_is_a_gap_with_its_role_and_ends_nothing() -> None:
    arm = lobby()
    arm.refuses["/hubs"] = forbidden("WebPubSub/lobby/hubs")

    live = live_configuration(arm.sources(), LOBBY, NOON)

    assert [("Reader", Absence.FORBIDDEN)] == [(gap.role, gap.absence) for gap in live.gaps()]
    assert not isinstance(live.body, Gap)
    assert not isinstance(live.diagnostic_settings, Gap)


def test_nothing_at_all_is_one_gap_for_each_reason() -> None:
    arm = MemoryArm(refuses={"": SourceUnavailableError("Azure Resource Manager cannot be reached")})

    live = live_configuration(arm.sources(), LOBBY, NOON)

    assert 2 == len(live.gaps())  # that, and the host name that is unknown by it


def test_an_older_cloud_is_asked_with_the_stable_version() -> None:
    arm = lobby()
    arm.refuses["2025-01-01-preview"] = SourceUnavailableError(
        "400: no such version", absence=Absence.REFUSED
    )

    body = ConfigurationReader(arm, LOBBY).body()

    assert not isinstance(body, Gap)
    assert [f"{LOBBY} 2025-01-01-preview", f"{LOBBY} 2024-03-01"] == arm.asked


def test_another_failure_is_not_asked_again() -> None:
    arm = lobby()
    arm.refuses[LOBBY] = forbidden()

    assert isinstance(ConfigurationReader(arm, LOBBY).body(), Gap)
    assert 1 == len(arm.asked)


def test_a_service_without_hubs_is_asked_for_none() -> None:
    arm = MemoryArm({CALLS: {"name": "calls", "properties": {"hostName": "calls.communication.azure.com"}}})

    assert () == live_configuration(arm.sources(), CALLS, NOON).hubs
    assert not [text for text in arm.asked if "/hubs" in text]


def test_asks_nothing_when_its_time_is_up() -> None:
    arm, moments = lobby(), iter([0.0, 21.0])

    body = ConfigurationReader(arm, LOBBY, timedelta(seconds=20), lambda: next(moments)).body()

    assert isinstance(body, Gap)
    assert (Absence.OUT_OF_TIME, []) == (body.absence, arm.asked)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param(f"https://handlers.example/events?code={KEY}", id="the key of a function"),
        pytest.param(f"https://handlers.example/{{event}}?tenant=a&k={KEY}", id="a key under any name"),
        pytest.param(f"https://handlers.example/events?sig={KEY}#end", id="a signature"),
    ],
)
def test_what_the_query_of_a_handler_says_is_never_kept(template: str) -> None:
    arm = MemoryArm({LOBBY: {"name": "lobby"}, f"{LOBBY}/hubs/chat": hub(template)})

    live = live_configuration(arm.sources(), LOBBY, NOON)

    assert KEY not in json.dumps(live.hubs)
    assert "https://handlers.example/" in json.dumps(live.hubs)


def test_keys_are_redacted_and_everything_else_stays() -> None:
    document = {
        "primaryKey": "short-key",
        "text": f"Endpoint=https://lobby.example;AccessKey={KEY}a1;",
        "list": [{"secondaryKey": "other", "units": 2, "on": True, "none": None}],
    }

    clean = redacted(document)

    assert KEY not in json.dumps(clean)
    assert ("[redacted key]", {"secondaryKey": "[redacted key]", "units": 2, "on": True, "none": None}) == (
        clean["primaryKey"],
        clean["list"][0],
    )
    assert "short-key" == document["primaryKey"]  # what was read is left alone
