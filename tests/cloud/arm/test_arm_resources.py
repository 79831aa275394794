"""Our own reader of resources against the stand-in, over TLS."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.app.runtime import Runtime
from shared.context.ports import Absence, ContextSources, HealthState, SourceUnavailableError
from shared.settings import Settings
from tests.cloud.arm.small_arm import LOBBY, SETTINGS, house

MINUTE = timedelta(minutes=1)
VERSION = "2025-01-01-preview"
HEALTH = f"{LOBBY}/providers/Microsoft.ResourceHealth/availabilityStatuses/current"


@pytest.fixture
def azure() -> Iterator[SmallAzure]:
    with small_azure(Workspace(), arm=house()) as running:
        yield running


@pytest.fixture
def sources(azure: SmallAzure, monkeypatch: pytest.MonkeyPatch) -> ContextSources:
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    return Runtime(Settings.from_environment()).context


def gap_of(
    sources: ContextSources, resource: str = LOBBY, within: timedelta = MINUTE
) -> SourceUnavailableError:
    with pytest.raises(SourceUnavailableError) as caught:
        sources.resources.get(resource, VERSION, within)
    return caught.value


def test_keeps_what_no_model_knows(sources: ContextSources) -> None:
    document = sources.resources.get(LOBBY, VERSION, MINUTE)

    assert {"maxClientConnectionLifetimeInSeconds": 240} == document["properties"]["applicationFirewall"]


def test_asks_for_a_token_of_the_endpoint(azure: SmallAzure, sources: ContextSources) -> None:
    sources.resources.get(LOBBY, VERSION, MINUTE)

    assert [azure.environment["ARM_ENDPOINT"]] == azure.identity.token_requests


def test_follows_every_page_of_a_collection(sources: ContextSources) -> None:
    hubs = sources.resources.children(f"{LOBBY}/hubs", VERSION, MINUTE)

    assert ["chat", "quiz", "stage"] == [hub["name"] for hub in hubs]


def test_a_collection_may_be_empty(sources: ContextSources) -> None:
    assert () == sources.resources.children(f"{LOBBY}/replicas", VERSION, MINUTE)


def test_reads_the_settings_that_belong_to_another_resource(sources: ContextSources) -> None:
    (setting,) = sources.resources.children(SETTINGS, "2021-05-01-preview", MINUTE)

    assert "to-logs" == setting["name"]


def test_a_missing_permission_names_the_role_that_would_mend_it(
    azure: SmallAzure, sources: ContextSources
) -> None:
    azure.arm.store.forbidden.add("webpubsub/read")

    gap = gap_of(sources)

    assert (Absence.FORBIDDEN, "Reader", True) == (gap.absence, gap.role, gap.permanent)
    assert (
        "WebPubSub/lobby: 403: the app lacks the action Microsoft.SignalRService/webPubSub/read" == gap.reason
    )
    assert gap.sentence.endswith("; the role Reader would mend it")


def test_what_is_not_there_is_said_to_be_missing(sources: ContextSources) -> None:
    gap = gap_of(sources, f"{LOBBY}/hubs/cellar")

    assert (Absence.NOT_FOUND, None) == (gap.absence, gap.role)


def test_waits_when_it_is_throttled(azure: SmallAzure, sources: ContextSources) -> None:
    azure.arm.faults.throttle(times=2, retry_after=0.1)

    document = sources.resources.get(LOBBY, VERSION, MINUTE)

    assert "lobby" == document["name"]
    assert 3 == len(azure.arm.faults.requests)


def test_gives_up_where_the_wait_is_longer_than_its_time(azure: SmallAzure, sources: ContextSources) -> None:
    azure.arm.faults.throttle(times=9, retry_after=30)

    gap = gap_of(sources, within=timedelta(seconds=5))

    assert (Absence.THROTTLED, False) == (gap.absence, gap.permanent)
    assert 1 == len(azure.arm.faults.requests)


def test_a_service_that_is_down_is_failing(azure: SmallAzure, sources: ContextSources) -> None:
    azure.arm.faults.break_down(times=9)

    assert Absence.BROKEN == gap_of(sources, within=timedelta(seconds=2)).absence


def test_an_answer_that_is_late_is_given_up(azure: SmallAzure, sources: ContextSources) -> None:
    azure.arm.faults.be_late(timedelta(seconds=1.5), times=9)

    assert Absence.OUT_OF_TIME == gap_of(sources, within=timedelta(seconds=0.3)).absence


def test_nobody_at_the_endpoint_is_not_reachable(azure: SmallAzure, sources: ContextSources) -> None:
    settings = Settings.from_environment({**azure.environment, "ARM_ENDPOINT": "https://127.0.0.1:9"})

    assert Absence.UNREACHABLE == gap_of(Runtime(settings).context, within=timedelta(seconds=1)).absence


def test_a_version_that_the_cloud_does_not_know_is_refused(sources: ContextSources) -> None:
    with pytest.raises(SourceUnavailableError) as caught:
        sources.resources.get(LOBBY, "2031-01-01", MINUTE)

    assert Absence.REFUSED == caught.value.absence


def test_the_next_page_must_be_at_the_same_host(azure: SmallAzure, sources: ContextSources) -> None:
    """A link that a stranger put into an answer would carry the token of the app to that stranger."""
    azure.arm.next_links_at = "https://elsewhere.example"

    with pytest.raises(SourceUnavailableError, match="its next page is at another host"):
        sources.resources.children(f"{LOBBY}/hubs", VERSION, MINUTE)


def test_a_resource_without_trouble_is_available(sources: ContextSources) -> None:
    assert HealthState.AVAILABLE == sources.health.current(LOBBY, MINUTE).state


def test_the_health_is_what_azure_declares(azure: SmallAzure, sources: ContextSources) -> None:
    declared = {
        "availabilityState": "Degraded",
        "title": "Degraded",
        "summary": "We're sorry, your Web PubSub is degraded.",
        "reasonType": "Unplanned",
        "occurredTime": "2026-03-02T12:00:00Z",
    }
    azure.arm.store.put({"id": HEALTH, "properties": declared})

    health = sources.health.current(LOBBY, MINUTE)

    assert (HealthState.DEGRADED, "Unplanned", "2026-03-02T12:00:00+00:00") == (
        health.state,
        health.cause,
        health.since.isoformat() if health.since else None,
    )


def test_a_state_that_is_new_to_us_is_not_a_healthy_one(azure: SmallAzure, sources: ContextSources) -> None:
    azure.arm.store.put(
        {"id": HEALTH, "properties": {"availabilityState": "Retiring", "occurredTime": "soon"}}
    )

    health = sources.health.current(LOBBY, MINUTE)

    assert (HealthState.UNKNOWN, None) == (health.state, health.since)


def test_only_reads(azure: SmallAzure, sources: ContextSources) -> None:
    sources.resources.get(LOBBY, VERSION, MINUTE)
    sources.resources.children(f"{LOBBY}/hubs", VERSION, MINUTE)
    sources.health.current(LOBBY, MINUTE)

    assert {"GET"} == {request.method for request in azure.arm.faults.requests}
