"""azure-mgmt-webpubsub against the stand-in over TLS: what it may do with a resource, and what Azure refuses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions
from azure.mgmt.webpubsub import WebPubSubManagementClient
from azure.mgmt.webpubsub.models import RegenerateKeyParameters, ResourceSku, WebPubSubResource

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.cloud.entra.credentials import managed_identity
from tests.cloud.arm.small_arm import LOBBY, SUBSCRIPTION, house, hub

HERE = ("rt", "lobby")


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAzure]:
    with small_azure(Workspace(), arm=house()) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def client(azure: SmallAzure) -> WebPubSubManagementClient:
    endpoint = azure.environment["ARM_ENDPOINT"]
    return WebPubSubManagementClient(
        managed_identity(None),
        SUBSCRIPTION,
        endpoint,
        credential_scopes=[f"{endpoint}/.default"],
        polling_interval=0,
    )


def live(azure: SmallAzure) -> dict[str, Any]:
    document = azure.arm.store.get(LOBBY)
    assert document is not None
    return document


def test_reads_a_resource_and_all_its_hubs(client: WebPubSubManagementClient) -> None:
    assert "lobby.webpubsub.azure.com" == client.web_pub_sub.get(*HERE).host_name
    assert ["chat", "quiz", "stage"] == [one.name for one in client.web_pub_sub_hubs.list(*HERE)]


def test_a_change_is_polled_until_it_is_done(azure: SmallAzure, client: WebPubSubManagementClient) -> None:
    azure.arm.operations.polls = 2

    change = json.dumps({"location": "westeurope", "sku": {"name": "Standard_S1", "capacity": 2}}).encode()
    updated = client.web_pub_sub.begin_update(*HERE, change).result()

    polled = [request.path for request in azure.arm.faults.requests if "/operation" in request.path]
    assert 2 == updated.sku.capacity
    assert 3 == sum("/operationstatuses/" in path for path in polled)
    assert 1 == sum("/operationresults/" in path for path in polled)
    assert live(azure)["properties"]["disableLocalAuth"]


def test_the_models_of_the_client_open_what_was_closed(
    azure: SmallAzure, client: WebPubSubManagementClient
) -> None:
    """Why the app reads and writes raw JSON: a model sends its defaults with every change."""
    resource = WebPubSubResource(location="westeurope", sku=ResourceSku(name="Standard_S1", capacity=2))

    client.web_pub_sub.begin_update(*HERE, resource).result()

    properties = live(azure)["properties"]
    assert ("Enabled", False) == (properties["publicNetworkAccess"], properties["disableLocalAuth"])


def test_a_resource_that_is_being_changed_takes_no_other_change(
    azure: SmallAzure, client: WebPubSubManagementClient
) -> None:
    azure.arm.operations.polls = 9
    client.web_pub_sub.begin_update(*HERE, b'{"location": "westeurope"}', polling=False)

    with pytest.raises(ResourceExistsError, match="Conflict"):
        client.web_pub_sub.begin_update(*HERE, b'{"location": "westeurope"}', polling=False)
    assert "Updating" == client.web_pub_sub.get(*HERE).provisioning_state


def test_an_operation_that_fails_says_why(azure: SmallAzure, client: WebPubSubManagementClient) -> None:
    azure.arm.operations.fail_next = ("RestartFailed", "The resource could not be restarted.")

    with pytest.raises(HttpResponseError, match="RestartFailed"):
        client.web_pub_sub.begin_restart(*HERE).result()


def test_another_process_can_go_on_waiting(client: WebPubSubManagementClient) -> None:
    token = client.web_pub_sub.begin_update(*HERE, b'{"location": "westeurope"}').continuation_token()

    resumed = client.web_pub_sub.begin_update(*HERE, b"", continuation_token=token).result()

    assert "lobby" == resumed.name


def test_a_regenerated_key_is_another_one(client: WebPubSubManagementClient) -> None:
    before = client.web_pub_sub.list_keys(*HERE)

    after = client.web_pub_sub.begin_regenerate_key(
        *HERE, RegenerateKeyParameters(key_type="Primary")
    ).result()

    assert (before.secondary_key, True) == (after.secondary_key, before.primary_key != after.primary_key)


def test_a_hub_is_written_whole(azure: SmallAzure, client: WebPubSubManagementClient) -> None:
    body = json.dumps({"properties": {"anonymousConnectPolicy": "deny"}}).encode()

    client.web_pub_sub_hubs.begin_create_or_update("chat", *HERE, body).result()

    written = azure.arm.store.get(hub("chat")["id"])
    assert written is not None
    assert "eventHandlers" not in written["properties"]


def test_what_is_not_there_is_not_found(client: WebPubSubManagementClient) -> None:
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        client.web_pub_sub_hubs.get("cellar", *HERE)


def test_an_action_that_is_not_allowed_is_named(azure: SmallAzure, client: WebPubSubManagementClient) -> None:
    azure.arm.store.forbidden.add("listkeys/action")

    with pytest.raises(HttpResponseError, match=r"perform action '.*/webPubSub/listKeys/action'"):
        client.web_pub_sub.list_keys(*HERE)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"location": "northeurope"}, "InvalidResourceLocation", id="a resource does not move"),
        pytest.param({"sku": {"name": "Standard_S1", "capacity": 13}}, "InvalidSkuCapacity", id="13 units"),
        pytest.param(None, "InvalidRequestContent", id="no JSON"),
    ],
)
def test_a_change_that_azure_refuses_changes_nothing(
    azure: SmallAzure, client: WebPubSubManagementClient, body: dict[str, Any] | None, code: str
) -> None:
    before = live(azure)

    with pytest.raises(HttpResponseError, match=code):
        client.web_pub_sub.begin_update(*HERE, b"{" if body is None else json.dumps(body).encode())
    assert before == live(azure)


def test_is_throttled_as_the_service_throttles(azure: SmallAzure, client: WebPubSubManagementClient) -> None:
    azure.arm.faults.throttle(retry_after=0.1)

    assert "lobby" == client.web_pub_sub.get(*HERE).name
    assert 2 == len(azure.arm.faults.requests)


def test_a_throttled_poll_of_an_operation_waits_and_goes_on(
    azure: SmallAzure, client: WebPubSubManagementClient
) -> None:
    azure.arm.faults.throttle("/operationstatuses/", retry_after=0.1)

    client.web_pub_sub.begin_restart(*HERE).result()

    polls = [one for one in azure.arm.faults.requests if "/operationstatuses/" in one.path]
    assert 3 == len(polls)  # refused, running, succeeded


@pytest.mark.parametrize("place", ["/operationstatuses/", "/operationresults/"])
def test_either_address_of_an_operation_may_stumble(
    azure: SmallAzure, client: WebPubSubManagementClient, place: str
) -> None:
    azure.arm.faults.break_down(place)

    change = json.dumps({"location": "westeurope", "sku": {"name": "Standard_S1", "capacity": 2}}).encode()
    updated = client.web_pub_sub.begin_update(*HERE, change).result()

    assert 2 == updated.sku.capacity


def test_a_deletion_is_polled_too_and_what_is_gone_is_not_found(client: WebPubSubManagementClient) -> None:
    client.web_pub_sub_hubs.begin_delete("quiz", *HERE).result()

    with pytest.raises(ResourceNotFoundError):
        client.web_pub_sub_hubs.get("quiz", *HERE)


def test_a_second_page_that_stumbles_is_asked_again(
    azure: SmallAzure, client: WebPubSubManagementClient
) -> None:
    hubs = client.web_pub_sub_hubs.list(*HERE).by_page()
    first = [one.name for one in next(hubs)]
    azure.arm.faults.break_down("/hubs")

    assert ["chat", "quiz", "stage"] == [*first, *(one.name for one in next(hubs))]


@pytest.fixture
def graph(azure: SmallAzure) -> ResourceGraphClient:
    endpoint = azure.environment["ARM_ENDPOINT"]
    return ResourceGraphClient(
        managed_identity(None), endpoint, credential_scopes=[f"{endpoint}/.default"], retry_total=0
    )


def request(token: str | None = None) -> QueryRequest:
    options = QueryRequestOptions(top=2, skip_token=token, result_format="objectArray")
    return QueryRequest(
        query="resources | project id, name | order by name asc",
        subscriptions=[SUBSCRIPTION],
        options=options,
    )


def test_resource_graph_gives_pages_until_no_token_is_left(graph: ResourceGraphClient) -> None:
    names, tokens = [], [None]
    while tokens:
        page = graph.resources(request(tokens.pop()))
        names += [row["name"] for row in page.data]
        tokens = [page.skip_token] if page.skip_token else []

    assert [f"lobby-{number:04}" for number in range(1, 6)] == names
    assert ("false", 5) == (page.result_truncated, page.total_records)


def test_a_token_that_nobody_gave_is_refused(graph: ResourceGraphClient) -> None:
    with pytest.raises(HttpResponseError, match="BadRequest"):
        graph.resources(request("made-up"))


def test_a_quota_that_is_used_up_says_when_it_is_back(azure: SmallAzure, graph: ResourceGraphClient) -> None:
    azure.arm.graph.quota = 1
    graph.resources(request())

    with pytest.raises(HttpResponseError, match="RateLimiting") as caught:
        graph.resources(request())

    assert caught.value.response is not None
    headers = caught.value.response.headers
    assert ("0", "00:00:05") == (
        headers["x-ms-user-quota-remaining"],
        headers["x-ms-user-quota-resets-after"],
    )
