"""Resources by tag and query, and dependencies: from the stand-ins over TLS into the app's own table, and what counts in an outage."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.app import bundles
from shared.app.context import discovering
from shared.app.runtime import Runtime
from shared.errors import LinekeeperError
from shared.settings import Settings
from tests.context.review.reviewed import LOBBY, SUBSCRIPTION, documents_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rt/providers"
LOGS = f"{GROUP}/Microsoft.OperationalInsights/workspaces/logs"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/kv-chat"
SITE = f"{GROUP}/Microsoft.Web/sites/chat-handlers"
GUID = "3d5e6f70-0002-4000-8000-00000000b002"
TEMPLATE = "https://chat-handlers.azurewebsites.net/api/{event}?code={@Microsoft.KeyVault(SecretUri=https://kv-chat.vault.azure.net/secrets/events)}"


class StillClock:
    moment = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Watch:
    azure: SmallAzure
    runtime: Runtime
    clock: StillClock
    folder: Path

    def write(self, text: str, file: str = "resources") -> None:
        (self.folder / f"{file}.yaml").write_text(text, encoding="utf-8")

    def discover(self) -> None:
        self.clock.moment += timedelta(minutes=15)
        discovering.discover_once(self.runtime)

    def watched(self) -> dict[str, tuple[str, str | None]]:
        resources = self.runtime.configuration().resources
        return {resource.id: (resource.workspace, resource.region) for resource in resources}

    def problem(self, start: str) -> str:
        (probe,) = [probe for probe in discovering.probes(self.runtime) if probe.name.startswith(start)]
        with pytest.raises(LinekeeperError) as caught:
            probe.check()
        return caught.value.message


def row(resource: str, kind: str, **columns: object) -> dict[str, object]:
    name = resource.rpartition("/")[2]
    return {"id": resource, "name": name, "type": kind, "subscriptionId": SUBSCRIPTION, "location": "westeurope", **columns}  # fmt: skip


@pytest.fixture
def watch(
    storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watch]:
    with small_azure(Workspace()) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        store = azure.arm.store
        handler = {"urlTemplate": TEMPLATE, "auth": {"type": "ManagedIdentity"}}
        hubs = [{"name": "chat", "properties": {"eventHandlers": [handler]}}]
        for document in documents_of({"hubs": hubs}):
            store.put(document)
        store.put({"id": LOGS, "name": "logs", "properties": {"customerId": GUID}})
        store.put({"id": SITE, "name": "chat-handlers", "location": "westeurope"})
        store.put({"id": VAULT, "name": "kv-chat", "location": "westeurope"})
        store.rows["resources"] = [
            row(LOBBY, "microsoft.signalrservice/webpubsub", tags={"Linekeeper": "yes"}),
            row(f"{LOBBY}-other", "microsoft.signalrservice/webpubsub", tags={"team": "chat"}),
            row(SITE, "microsoft.web/sites", tags={"linekeeper": "yes"}),
            row(VAULT, "microsoft.keyvault/vaults"),
        ]
        azure.arm.graph.quota = 1000
        clock = StillClock()
        settings = Settings.from_environment({**azure.environment, **storage_environment})
        runtime = Runtime(replace(settings, config_folder=tmp_path, logs_workspace=None), clock)
        running = Watch(azure, runtime, clock, tmp_path)
        running.write("resources: [{discover: {tag: linekeeper}}]")
        yield running


def test_a_tag_selects_what_can_be_watched_with_its_own_workspace(watch: Watch) -> None:
    assert {} == watch.watched()
    watch.discover()

    assert {LOBBY: (GUID, "westeurope")} == watch.watched()
    assert [] == [
        probe.check()
        for probe in discovering.probes(watch.runtime)
        if "discovery" in probe.name and probe.check()
    ]


def test_the_last_good_list_counts_while_nobody_answers_and_readiness_says_so(watch: Watch) -> None:
    watch.discover()
    watch.azure.arm.faults.break_down("resourcegraph", times=100)
    for _ in range(2):
        watch.discover()

    assert {LOBBY: (GUID, "westeurope")} == watch.watched()
    said = watch.problem("discovery of resources.yaml:1")
    assert said.startswith("no answer since 2026-03-02 12:30")
    assert "the 1 resources found at 2026-03-02 12:15" in said


def test_what_is_selected_no_more_is_watched_no_more(watch: Watch) -> None:
    watch.discover()
    watch.azure.arm.store.rows["resources"][0]["tags"] = {}
    watch.discover()

    assert {} == watch.watched()


def test_a_workspace_that_cannot_be_read_today_is_the_one_of_yesterday(watch: Watch) -> None:
    watch.discover()
    watch.azure.arm.store.forbidden.add("workspaces/read")
    watch.discover()

    assert {LOBBY: (GUID, "westeurope")} == watch.watched()


def test_a_resource_without_any_workspace_is_left_out_and_told(watch: Watch) -> None:
    watch.write("resources: [{discover: {tag: team=chat}}]")
    watch.discover()

    assert {} == watch.watched()
    with pytest.raises(LinekeeperError, match=f"no workspace receives the logs of {LOBBY}-other"):
        watch.runtime.configuration().require("resources")


def test_a_query_selects_and_what_the_file_names_comes_first(watch: Watch) -> None:
    other = "11111111-2222-3333-4444-555555555555"
    query = "resources | where name startswith 'lobby' | project id, location"
    watch.write(
        f'resources: [{{id: {LOBBY}, workspace: {other}}}, {{discover: {{query: "{query}"}}, workspace: {GUID}}}]'
    )
    watch.discover()

    assert {LOBBY: (other, None), f"{LOBBY}-other": (GUID, "westeurope")} == watch.watched()


def test_what_a_line_depends_on_is_found_and_what_is_declared_comes_first(watch: Watch) -> None:
    watch.write(
        "dependencies: [{line: lobby, network: [{name: office proxy, idle_limit: 20s}], data: [{service: Storage, region: West Europe}]}]",
        "dependencies",
    )
    watch.discover()
    configuration = watch.runtime.configuration()

    needs = bundles.used_by(watch.runtime, configuration)(LOBBY)

    assert (
        ("Storage", "westeurope"),
        ("Key Vault", "westeurope"),
        ("App Service", "westeurope"),
        ("Microsoft Entra ID", "global"),
    ) == needs.services()
    assert (VAULT.lower(), SITE.lower()) == needs.resources()


def test_a_review_finds_what_a_line_needs_and_is_gone_or_not_well(watch: Watch) -> None:
    watch.write(
        "dependencies: [{line: lobby, network: [{name: office proxy, idle_limit: 20s}]}]", "dependencies"
    )
    watch.discover()
    store = watch.azure.arm.store
    store.remove(VAULT)
    health = f"{SITE}/providers/Microsoft.ResourceHealth/availabilityStatuses/current"
    store.put({"id": health, "name": "current", "properties": {"availabilityState": "Unavailable"}})

    review = bundles.reviewer(watch.runtime, watch.runtime.configuration())(LOBBY, "production")

    assert [
        ("keepalive-beyond-a-proxy", "chat"),
        ("dependency-missing", "kv-chat"),
        ("dependency-unwell", "chat-handlers"),
    ] == [(fault.rule, fault.target) for fault in review.faults]


def test_a_dependency_that_may_not_be_read_is_no_data_with_its_role(watch: Watch) -> None:
    watch.discover()
    watch.azure.arm.store.forbidden.add("vaults/read")

    review = bundles.reviewer(watch.runtime, watch.runtime.configuration())(LOBBY, "production")

    assert () == review.faults
    assert [(("dependency-missing",), "Reader")] == [(each.rules, each.gap.role) for each in review.unjudged]


KEYS_ON = {
    "id": LOBBY,
    "name": "lobby",
    "sku": {"name": "Premium_P1", "tier": "Premium", "capacity": 2},
    "properties": {"disableLocalAuth": False, "hostName": "lobby.webpubsub.azure.com"},
}


def test_the_app_knows_whether_it_signs_with_a_key_of_the_resource(watch: Watch) -> None:
    watch.azure.arm.store.put(KEYS_ON)
    secondary = "Endpoint=https://lobby.webpubsub.azure.com;AccessKey=eA==;Version=1.0;"

    assert "keys-on-with-no-need" in rules_tripped(watch, connection=None)
    assert "keys-on-with-no-need" not in rules_tripped(watch, connection=secondary)


def test_who_is_not_the_app_cannot_know_whether_it_signs_with_a_key(watch: Watch) -> None:
    watch.azure.arm.store.put(KEYS_ON)
    reviewer = bundles.reviewer(watch.runtime, watch.runtime.configuration(), watch.runtime.context)

    review = reviewer(LOBBY, "production")

    assert "keys-on-with-no-need" not in {fault.rule for fault in review.faults}
    (unjudged,) = review.unjudged
    assert ("keys-on-with-no-need",) == unjudged.rules
    assert "whether the app signs with a key is known to the app alone" == unjudged.gap.sentence


def rules_tripped(watch: Watch, connection: str | None) -> set[str]:
    settings = replace(watch.runtime.settings, web_pubsub_connection_secondary=connection)
    reviewer = bundles.reviewer(Runtime(settings, watch.clock), watch.runtime.configuration())
    return {fault.rule for fault in reviewer(LOBBY, "production").faults}
