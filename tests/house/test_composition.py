"""What `shared/app/` builds: every setting arrives where it is needed, bundles stay small, and two apps share nothing."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import pytest
from pages import PAGE, write_page

import shared
from local.azure.azurite import Azurite
from local.host import functions_of_the_app
from shared.app import (
    bundles,
    notifying,
    pubsub_events,
    readiness,
    retaining,
    stores,
    tracking,
    watching,
)
from shared.app.alerts import alerting, reconciling
from shared.app.names import Queue
from shared.app.pages import answering
from shared.app.runtime import Runtime
from shared.app.tokens import communicating, negotiating
from shared.cloud.storage.account import Storage
from shared.cloud.storage.configuration import BlobFiles
from shared.configuration.tokens import TokenResource
from shared.errors import LinekeeperError
from shared.settings import Settings
from tests.alerts.sample import LOBBY, body, fired
from tests.house.graph import leaves
from tests.house.rules import modules_of

ROOT = Path(__file__).parents[2]
FUNCTIONS = [module for module in modules_of(ROOT, "functions") if module.stem != "__init__"]
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARED_BY_CAPABILITIES = {"runtime", "names", "stores", "bundles", "readiness"}
MOST_FIELDS = 8
BLANK = Settings.from_environment(
    {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "WEB_PUBSUB_ENDPOINT": "https://nobody.example",
        "ACS_ENDPOINT": "https://nobody.example",
    }
)
BY_IDENTITY = Settings.from_environment(
    {
        "AzureWebJobsStorage__accountName": "stlines",
        "WEB_PUBSUB_ENDPOINT": "https://nobody.example",
        "ACS_ENDPOINT": "https://nobody.example",
    }
)
LINE = TokenResource("lobby", ())
EVERYWHERE = {"policy", "casework", "tracker", "gatherer", "intake", "responder", "answers"}

# Where each setting must arrive, and what it looks like there. HEALTH_KEY has a test of its own below.
ARRIVALS: dict[str, tuple[object, str, set[str]]] = {
    "logs_endpoint": ("https://logs.lobby", "https://logs.lobby", {"logs"}),
    "logs_workspace": (WORKSPACE, WORKSPACE, {"policy", "probes"}),
    "metrics_endpoint": ("https://metrics.lobby", "https://metrics.lobby", {"sources"}),
    "arm_endpoint": ("https://arm.lobby", "https://arm.lobby", {"context", "search", "state desk"}),
    "client_id": ("7c1d-of-the-app", "7c1d-of-the-app", {"storage", "logs", "sources"}),
    "storage_connection": (
        "DefaultEndpointsProtocol=https;AccountName=stlobby;AccountKey=bG9iYnk=;EndpointSuffix=lobby.example",
        "stlobby",
        {"storage", "fast storage"},
    ),
    "storage_account": ("stlobby", "stlobby.blob", {"storage", "fast storage"}),
    "storage_tables": ("https://tables.lobby", "tables.lobby", {"storage", "fast storage"}),
    "storage_queues": ("https://queues.lobby", "queues.lobby", {"storage", "fast storage"}),
    "storage_blobs": ("https://blobs.lobby", "blobs.lobby", {"storage", "fast storage"}),
    "watch_schedule": ("7 * * * * *", "7 * * * * *", {"probes"}),
    "track_schedule": ("8 * * * * *", "8 * * * * *", {"probes"}),
    "notice_schedule": ("9 * * * * *", "9 * * * * *", {"probes"}),
    "missed_alerts_schedule": ("5 * * * * *", "5 * * * * *", {"probes"}),
    "acs_connection": (
        "endpoint=https://voices.example;accesskey=dm9pY2Uga2V5",
        "dm9pY2Uga2V5",
        {"identities"},
    ),
    "acs_endpoint": ("https://voices.example", "voices.example", {"identities"}),
    "review_schedule": ("4 * * * * *", "4 * * * * *", {"probes"}),
    "discover_schedule": ("3 * * * * *", "3 * * * * *", {"probes"}),
    "canary_schedule": ("6 * * * * *", "6 * * * * *", {"probes"}),
    "service_health_schedule": ("5 * * * * *", "5 * * * * *", {"probes"}),
    "canary_hubs": (("hub-of-the-bell",), "hub-of-the-bell", {"probes"}),
    "alert_audience": ("api://lobby", "api://lobby", {"gate"}),
    "alert_tenant": ("tenant-of-the-lobby", "tenant-of-the-lobby", {"gate"}),
    "entra_endpoint": ("https://entra.lobby", "https://entra.lobby", {"gate", "token desk", "acs desk", "reception"}),
    "event_handlers": ("lobby.bells", "lobby.bells", {"reception"}),
    "public_url": ("https://watch.lobby/api", "https://watch.lobby/api", {"casework", "responder"}),
    "playbooks_url": ("https://forge.lobby/pages", "https://forge.lobby/pages", {"casework"}),
    "web_pubsub_connection": (
        "Endpoint=https://lobby.example;AccessKey=bG9iYnkga2V5;",
        "bG9iYnkga2V5",
        {"signer"},
    ),
    "web_pubsub_connection_secondary": (
        "Endpoint=https://lobby.example;AccessKey=c2Vjb25kIGtleQ==;",
        "c2Vjb25kIGtleQ==",
        {"signer"},
    ),
    "web_pubsub_endpoint": ("https://lobby.example", "lobby.example", {"signer"}),
    "web_pubsub_signing_key": ("secondary", "c2Vjb25kIGtleQ==", {"signer"}),
    "negotiate_key": ("key-of-the-backend", "key-of-the-backend", {"token desk", "acs desk"}),
    "website_hostname": ("lobby.azurewebsites.net", "https://lobby.azurewebsites.net/api", {"casework", "responder"}),
    "website_auth_enabled": (True, "Responder.is_authenticated=True", {"responder"}),
    "keep_alerts_days": ("101 days", "101 days", {"retention"}),
    "keep_notices_days": ("111 days", "111 days", {"retention"}),
    "keep_decisions_days": ("121 days", "121 days", {"retention"}),
    "keep_diagnoses_days": ("131 days", "131 days", {"retention"}),
    "keep_reports_days": ("141 days", "141 days", {"retention"}),
    "keep_dead_letters_days": ("151 days", "151 days", {"retention"}),
    "keep_quarantine_days": ("161 days", "161 days", {"retention"}),
    "keep_incidents_days": ("171 days", "171 days", {"retention"}),
    "show_user_ids": (True, "UserIds.show=True", EVERYWHERE - {"responder"}),
    "user_id_salt": ("salt-of-the-lobby", "UserIds.salt=salt-of-the-lobby", EVERYWHERE - {"responder"}),
}  # fmt: skip

# What a file of the team says, what of it can be recognised, and where it must arrive.
FILES: dict[str, tuple[str, str, set[str]]] = {
    "alerts": ("rules: [{rule: lobby-bell, symptom: web-pubsub-connection-drops}]", "lobby-bell", {"intake"}),
    "dependencies": (
        f"dependencies: [{{line: {LOBBY}, needed_by: [the lobby's kiosks]}}]",
        "the lobby's kiosks",
        {"tracker"},
    ),
    "events": (
        f"resources: [{{resource: {LOBBY}, origins: [bell.lobby], keys: [BELL], hubs: [{{hub: chat}}]}}]",
        "bell.lobby",
        {"reception"},
    ),
    "objectives": ("objectives: {refused-connects: {target: 0.9876}}", "0.9876", {"policy", "tracker"}),
    "receivers": (
        "receivers: [{name: lobby-duty, webhook: LOBBY_URL}]",
        "lobby-duty",
        {"casework", "delivery", "tracker", "gatherer"},
    ),
    "resources": (f"resources: [{LOBBY}]", LOBBY, {"policy", "tracker", "gatherer", "intake"}),
    "severity": (
        "told: {1: wake the lobby}",
        "wake the lobby",
        {"policy", "casework", "tracker", "intake"},
    ),
    "tokens": (
        "web_pubsub: [{resource: lobby-line, hubs: []}]",
        "lobby-line",
        {"token desk"},
    ),
    "silences": (
        "silences: [{reason: lobby paint, match: {severity: [4]}, start: 2026-03-02T12:00:00Z, end: 2026-03-02T13:00:00Z}]",
        "lobby paint",
        {"tracker", "gatherer"},
    ),
}


class StillClock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "resources.yaml").write_text(f"resources:\n- {LOBBY}\n", encoding="utf-8")
    issuers = "issuers: [{tenant: 3d5e6f70-0002-4000-8000-00000000b002, audience: a}]"
    (tmp_path / "tokens.yaml").write_text(issuers, encoding="utf-8")
    return tmp_path


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tables, queues and containers be known by their names, and nothing be asked."""
    monkeypatch.setattr(Storage, "_client", lambda _, kind, name, __: f"{kind} {name}")
    monkeypatch.setattr(BlobFiles, "read", lambda *_: None)


def ports(runtime: Runtime) -> dict[str, object]:
    """Return everything that the app builds, by name."""
    configuration = runtime.configuration()
    return {
        "storage": runtime.storage,
        "fast storage": runtime.fast_storage,
        "logs": runtime.logs_over(["another-workspace"]),
        "gate": runtime.alert_gate,
        "sources": bundles.signal_sources(runtime),
        "context": runtime.context,
        "policy": bundles.policy(runtime, configuration),
        "casework": bundles.casework(runtime, configuration),
        "tracker": tracking.tracker(runtime, configuration),
        "gatherer": tracking.gatherer(runtime, configuration),
        "delivery": notifying.delivery(runtime, configuration),
        "intake": alerting.intake(runtime, configuration),
        "search": reconciling.search(runtime, configuration),
        "state desk": reconciling.state_desk(runtime, configuration),
        "reception": pubsub_events.reception(runtime),
        "responder": answering.responder(runtime),
        "answers": answering.ports(runtime),
        "token desk": negotiating.desk(runtime),
        "acs desk": communicating.acs_desk(runtime),
        "identities": runtime.acs.service(),
        "signer": runtime.tokens.signer_of(LINE),
        "retention": retaining.days_wanted(runtime),
        "probes": list(readiness.probes(runtime)),
    }


def starting_from(name: str, folder: Path) -> Settings:
    """Return settings under which another one counts."""
    settings = BY_IDENTITY if name in {"storage_account", "client_id"} else BLANK
    if name in {"storage_tables", "storage_queues", "storage_blobs"}:
        settings = replace(BY_IDENTITY, storage_tables="https://t", storage_queues="https://q")
    if name == "web_pubsub_connection_secondary":
        other = "Endpoint=https://other.example;AccessKey=b3RoZXIga2V5;"
        settings = replace(
            settings, web_pubsub_signing_key="secondary", web_pubsub_connection_secondary=other
        )
    if name == "web_pubsub_signing_key":
        key, _, _ = ARRIVALS["web_pubsub_connection_secondary"]
        settings = replace(settings, web_pubsub_connection_secondary=str(key))
    if name in {"alert_tenant", "entra_endpoint"}:
        settings = replace(settings, alert_audience="api://lobby")
    if name == "canary_schedule":
        settings = replace(settings, canary_hubs=("canary",))
    return replace(settings, config_folder=folder, logs_workspace=settings.logs_workspace or "a-workspace")


def test_every_setting_has_a_place_where_it_must_arrive() -> None:
    tested_below = {"config_folder", "config_container", "health_key", "playbooks_folder", "set_alert_states"}

    assert {field.name for field in fields(Settings)} == {*ARRIVALS, *tested_below}


def showing(sign: str, runtime: Runtime) -> set[str]:
    """Return the names of the ports that hold a sign."""
    return {name for name, port in ports(runtime).items() if any(sign in leaf for leaf in leaves(port))}


@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize("name", FILES)
def test_what_a_file_says_arrives(name: str, tmp_path: Path) -> None:
    text, sign, places = FILES[name]
    clock = StillClock(NOON)
    runtime = Runtime(replace(BLANK, config_folder=tmp_path, logs_workspace=WORKSPACE), clock)
    before = showing(sign, runtime)
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    clock.moment += timedelta(seconds=1)  # after which the file of tokens is looked at again

    assert set() == before
    assert places <= showing(sign, runtime)


@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize("name", ARRIVALS)
def test_every_setting_arrives(name: str, folder: Path) -> None:
    value, sign, places = ARRIVALS[name]
    before = starting_from(name, folder)

    assert set() == showing(sign, Runtime(before))
    assert places <= showing(sign, Runtime(replace(before, **{name: value})))


@pytest.mark.usefixtures("_offline")
def test_a_page_of_a_team_arrives(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    pages, sign = tmp_path_factory.mktemp("pages"), "lobby-silent"
    write_page(pages, PAGE.replace("lines-drop", sign))
    runtime = Runtime(replace(BLANK, config_folder=folder, logs_workspace=WORKSPACE, playbooks_folder=pages))

    assert {"policy", "casework", "tracker", "gatherer", "intake", "answers"} <= showing(sign, runtime)


@pytest.mark.usefixtures("_offline")
def test_readiness_names_a_page_of_a_team_that_is_broken(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pages = tmp_path_factory.mktemp("pages")
    write_page(pages, PAGE.replace("[Measured]", "[Guessed]"))
    runtime = Runtime(replace(BLANK, config_folder=folder, logs_workspace=WORKSPACE, playbooks_folder=pages))
    checks = {probe.name: probe.check for probe in readiness.probes(runtime)}

    with pytest.raises(LinekeeperError, match=r"^lines-drop\.md:28: unknown evidence kind"):
        checks["playbooks"]()


def test_a_region_that_was_learnt_groups_incidents(storage: Storage) -> None:
    stores.regions(storage).learn(LOBBY, "westeurope")
    runtime = Runtime(Settings.from_environment())

    assert {LOBBY: "westeurope"} == notifying.router(runtime, runtime.configuration()).regions()


def test_the_health_key_opens_the_names_of_dependencies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "CAPABILITIES", ())
    runtime = Runtime(replace(BLANK, health_key="only-the-probe-knows", config_folder=folder))

    assert "checks" not in asyncio.run(readiness.report_readiness_once("guess", runtime))[1]
    assert "checks" in asyncio.run(readiness.report_readiness_once("only-the-probe-knows", runtime))[1]


@pytest.mark.usefixtures("_offline")
@pytest.mark.parametrize(
    "name",
    [
        "alerts",
        "dependencies",
        "events",
        "objectives",
        "receivers",
        "resources",
        "severity",
        "silences",
        "tokens",
    ],
)
def test_readiness_names_each_file_that_is_broken(name: str, folder: Path) -> None:
    runtime = Runtime(replace(BLANK, config_folder=folder, logs_workspace=WORKSPACE))
    (folder / f"{name}.yaml").write_text("- [", encoding="utf-8")
    checks = {probe.name: probe.check for probe in readiness.probes(runtime)}

    with pytest.raises(LinekeeperError, match=rf"^{name}\.yaml:"):
        checks[f"configuration: {name}"]()


def test_no_alert_in_azure_is_touched_unless_a_team_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(runtime: Runtime, _: object) -> None:
        raise LinekeeperError(f"asked by {runtime.settings.storage_connection}")

    monkeypatch.setattr(reconciling, "state_desk", asked)

    assert () == reconciling.set_states_once(Runtime(BLANK))
    with pytest.raises(LinekeeperError, match="asked by"):
        reconciling.set_states_once(Runtime(replace(BLANK, set_alert_states=True)))


def test_a_watch_reads_each_file_of_the_team_at_most_once(
    folder: Path, storage_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        names.extend([path.name] if path.parent == folder else [])
        return read_bytes(path)

    (folder / "resources.yaml").unlink()  # what is watched would be asked for
    runtime = Runtime(Settings.from_environment({**storage_environment, "CONFIG_FOLDER": str(folder)}))
    monkeypatch.setattr(Path, "read_bytes", noted)
    watching.watch_once(runtime)

    assert "receivers.yaml" in names
    assert sorted(set(names)) == sorted(names)


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(shared.__path__, "shared."):
        yield importlib.import_module(module.name)


def is_dependency(hint: object) -> bool:
    """Tell whether a field holds something that acts, and not a value."""
    return getattr(hint, "_is_protocol", False) or "Callable" in str(get_origin(hint) or hint)


def test_no_bundle_of_dependencies_is_large() -> None:
    sizes = {
        kind.__qualname__: len(fields(kind))
        for module in modules()
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and is_dataclass(kind)
        and kind.__dataclass_params__.frozen
        and (module.__name__.endswith(".ports") or any(map(is_dependency, get_type_hints(kind).values())))
    }

    assert {"SignalSources", "Policy", "Casework", "Delivery", "Router"} <= set(sizes)
    assert {} == {name: count for name, count in sizes.items() if count > MOST_FIELDS}


@pytest.mark.parametrize("module", FUNCTIONS, ids=lambda module: module.stem)
def test_a_trigger_imports_one_module_of_the_app_and_nothing_else_of_shared(module: Any) -> None:
    imports = [line for line in module.text.splitlines() if "shared" in line.split() or "shared." in line]
    of_app = [
        line
        for line in imports
        if re.match(r"from shared\.app(\.(alerts|context|pages|tokens))? import ", line)
    ]

    assert (1, imports) == (len(of_app), of_app)
    assert "," not in of_app[0]


def test_every_capability_has_probes_and_readiness_asks_them() -> None:
    app = ROOT / "shared" / "app"
    folders = [str(app), *(str(app / room) for room in ("alerts", "context", "pages", "tokens"))]
    names = {module.name for module in pkgutil.iter_modules(folders) if not module.ispkg}
    capabilities = {module.__name__.rpartition(".")[2] for module in readiness.CAPABILITIES}

    assert names - SHARED_BY_CAPABILITIES == capabilities
    assert [] == [room for room in readiness.CAPABILITIES if not callable(getattr(room, "probes", None))]


def test_the_queues_of_the_triggers_are_those_of_the_app() -> None:
    queues = {
        function.trigger["queueName"]
        for function in functions_of_the_app()
        if function.kind == "queueTrigger"
    }

    assert {*Queue, *(f"{queue}-poison" for queue in Queue)} == queues


@pytest.mark.usefixtures("storage_environment")  # the certificate of storage is trusted by the environment
def test_two_apps_in_one_process_share_nothing(azurite: Azurite, folder: Path) -> None:
    def app(moment: datetime) -> Runtime:
        environment = azurite.environment_of(azurite.unused())
        environment |= {"CONFIG_FOLDER": str(folder), "LOGS_WORKSPACE": WORKSPACE}
        return Runtime(Settings.from_environment(environment), StillClock(moment))

    today, yesterday = app(NOON), app(NOON.replace(day=1))
    answer = alerting.receive_alert_once(body(fired("metric-static")), "", today)
    (message,) = (each.content for each in today.storage.queue("alerts").receive_messages())
    assert answer.key in message
    alerting.handle_alert_once(message, today)
    (opened,) = stores.incidents(today.storage).open_ones()

    assert NOON == opened.opened_at
    assert [] == list(stores.incidents(yesterday.storage).open_ones())
    assert today.key_ring.newest() != yesterday.key_ring.newest()
    assert yesterday.clock.now() == yesterday.key_ring.newest().made_at
    clients = ("storage", "fast_storage", "credential", "metrics", "absent", "key_ring", "tokens", "acs")
    assert [] == [name for name in clients if getattr(today, name) is getattr(yesterday, name)]
    assert today.logs_over([WORKSPACE]) is today.logs_over((WORKSPACE,))
    assert today.logs_over([WORKSPACE]) is not yesterday.logs_over([WORKSPACE])
