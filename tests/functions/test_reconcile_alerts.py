"""Alerts that Azure did not deliver, and the state of those that incidents began with: the app's own functions, over TLS."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.arm import ArmStore
from local.azure.small_azure import SmallAzure, small_azure
from local.host import Host, functions_of_the_app
from local.replay.stage import StageClock
from local.workspace.database import Workspace
from shared.app import stores
from shared.app.runtime import hosted
from shared.cloud.storage.account import Storage
from shared.incidents.incident import AlertState, Ending, Incident
from shared.incidents.lifecycle.states import opened, resolved
from shared.objectives.breach import Breach
from tests.alerts.sample import LOBBY, body, fired, sample
from tests.alerts.sample import resolved as over

SUBSCRIPTION = "8f1e2d3c-0001-4000-8000-00000000a001"
GUID = "00000000-aaaa-4000-8000-000000000001"  # of the sample `metric-static`
ALERT = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/{GUID}"
RULE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rt/providers/microsoft.insights/metricAlerts/lobby-handshakes"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINE = [
    one
    for one in functions_of_the_app()
    if one.name.endswith(("_alert", "_alerts")) or one.name in {"set_alert_states", "find_missed_alerts"}
]
DELIVERED_METRIC = sample("metric-static")["data"]["alertContext"]


@dataclass
class App:
    storage: Storage
    azure: SmallAzure
    host: Host
    clock: StageClock

    def at(self, minutes: float) -> "App":
        self.clock.moment = NOON + timedelta(minutes=minutes)
        return self

    def look(self) -> None:
        """Let the timer fire twice, as a host that doubles it, and handle what it found."""
        for _ in range(2):
            assert self.host.fire("find_missed_alerts").error is None
        self.host.drain()

    def deliver(self, payload: object) -> None:
        headers = {"x-functions-key": self.host.key}
        assert (
            202 == self.host.request("POST", "/api/alerts", headers=headers, body=body(payload)).status_code
        )
        self.host.drain()

    def set_states(self) -> None:
        assert self.host.fire("set_alert_states").error is None

    def incidents(self) -> list[Incident]:
        listed = stores.incidents(self.storage).of_resource(LOBBY, NOON - timedelta(days=1))
        return list(listed)

    def only(self) -> Incident:
        (incident,) = self.incidents()
        return incident

    def texts(self) -> list[str]:
        return [f"{entry.what}: {entry.text}" for entry in self.only().timeline]

    def notices(self) -> list[str]:
        container = self.storage.container("documents")
        names = [blob.name for blob in container.list_blobs("notices/")]
        return [str(stores.documents(self.storage).get(name)) for name in names]

    def changes(self) -> list[tuple[str, str]]:
        """Return the changes of state that were asked for: the query without its version, and the comment."""
        asked = [request for request in self.azure.arm.faults.requests if request.method == "POST"]
        return [
            (request.query.partition("newState=")[2], json.loads(request.body)["comments"])
            for request in asked
            if request.path.endswith("/changestate")
        ]

    def azure_state(self) -> str:
        document = self.azure.arm.store.get(ALERT)
        assert document is not None
        return str(document["properties"]["essentials"]["alertState"])


def alert(
    condition: str = "Fired", *, resource: str = LOBBY, guid: str = GUID, **essentials: str
) -> dict[str, Any]:
    """Return an alert as Alerts Management keeps it, that fired at five past noon."""
    return {
        "id": ALERT.replace(GUID, guid),
        "name": "lobby-handshakes",
        "type": "microsoft.alertsmanagement/alerts",
        "subscriptionId": SUBSCRIPTION,
        "properties": {
            "essentials": {
                "severity": "Sev2",
                "signalType": "Metric",
                "alertState": "New",
                "monitorCondition": condition,
                "monitorService": "Platform",
                "targetResource": resource,
                "targetResourceType": "microsoft.signalrservice/webpubsub",
                "sourceCreatedId": f"{SUBSCRIPTION}_rt_microsoft.insights_metricAlerts_lobby-handshakes_1",
                "alertRule": RULE,
                "startDateTime": "2026-03-02T12:05:12.851Z",
                "monitorConditionResolvedDateTime": "2026-03-02T12:40:00Z" if condition == "Resolved" else "",
                "lastModifiedDateTime": "2026-03-02T12:05:13Z",
                **essentials,
            },
        },
    }


def with_context(row: dict[str, Any]) -> dict[str, Any]:
    """Return an alert as it is read by its id: Resource Graph has no context."""
    whole = deepcopy(row)
    whole["properties"]["context"] = {"context": DELIVERED_METRIC, "version": "2.0"}
    return whole


def keep(azure: SmallAzure, *rows: dict[str, Any]) -> None:
    azure.arm.store.rows["alertsmanagementresources"] = list(rows)
    for row in rows:
        azure.arm.store.put(with_context(row))


@pytest.fixture
def app(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    (tmp_path / "resources.yaml").write_text(f"resources:\n  - {LOBBY}\n", encoding="utf-8")
    clock = StageClock(NOON)
    with small_azure(Workspace(), arm=ArmStore([{"id": LOBBY, "properties": {}}]), clock=clock) as azure:
        environment = azure.environment | {
            "CONFIG_FOLDER": str(tmp_path),
            "TRACK_SCHEDULE": "30 * * * * *",
            "MISSED_ALERTS_SCHEDULE": "0 */15 * * * *",
            "SET_ALERT_STATES": "true",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with hosted(clock):
            app = App(storage, azure, Host(MINE, storage=storage), clock)
            app.look()  # from the first look on, a delivery can be missed
            yield app


def test_an_alert_that_was_not_delivered_opens_its_incident_and_says_so(app: App) -> None:
    keep(app.azure, alert())

    app.at(15).look()
    app.at(30).look()

    assert "web-pubsub-connection-failures" == app.only().symptom
    assert 2 == app.only().severity
    assert any("detected: Azure's delivery was missed, and Linekeeper found" in text for text in app.texts())
    (card,) = app.notices()
    assert "Azure's delivery was missed, and Linekeeper found this alert itself" in card


def test_one_on_its_way_is_waited_for(app: App) -> None:
    keep(app.azure, alert())
    app.at(14).look()
    assert [] == app.incidents()

    app.deliver(fired("metric-static"))
    app.at(30).look()

    assert not any("missed" in text for text in app.texts())


def test_one_that_is_delivered_after_all_is_one_alert_and_its_end_is_its_end(app: App) -> None:
    keep(app.azure, alert(startDateTime="2026-03-02T12:05:13.1Z", sourceCreatedId="another"))
    app.at(20).look()

    app.at(25).deliver(fired("metric-static"))
    alerts = stores.alerts(app.storage)
    (incident,) = app.incidents()
    place = f"{incident.id.partition('.')[0]}.{incident.symptom}"
    assert alerts.is_firing(place, NOON)
    app.at(40).deliver(over("metric-static"))

    assert not alerts.is_firing(place, NOON)
    assert ["detected", "opened by alert", "told: opened", "alert resolved"] == [
        entry.what for entry in app.only().timeline
    ]


def test_an_end_that_was_not_delivered_is_found(app: App) -> None:
    app.at(6).deliver(fired("metric-static"))
    keep(app.azure, alert("Resolved"))

    app.at(60).look()

    assert "alert resolved" in [entry.what for entry in app.only().timeline]


def test_an_alert_on_a_resource_that_nobody_watches_is_another_teams(app: App) -> None:
    keep(app.azure, alert(resource=LOBBY.replace("lobby-prod", "cellar")))

    app.at(20).look()

    assert ([], []) == (app.incidents(), app.notices())


def test_what_says_no_symptom_is_told_as_it_is_once(app: App) -> None:
    row = alert(alertRule="lobby-moves")
    keep(app.azure, row)
    app.azure.arm.store.put(row)  # nobody has its context

    app.at(20).look()
    app.at(35).look()

    (card,) = app.notices()
    assert "Azure's delivery was missed, and Linekeeper found this alert itself. Not diagnosed" in card


def test_what_fired_before_the_first_look_was_nobodys_to_deliver(app: App) -> None:
    keep(app.azure, alert(startDateTime="2026-03-02T11:59:00Z"))

    app.at(20).look()

    assert [] == app.incidents()


def test_an_outage_of_resource_graph_is_made_up_for(app: App) -> None:
    keep(app.azure, alert())
    app.azure.arm.faults.break_down("resourcegraph", times=1000)
    app.at(20).look()
    assert [] == app.incidents()

    app.azure.arm.faults.mend()
    app.at(80).look()

    assert 1 == len(app.incidents())


def test_a_missing_permission_is_said_once_and_ends_nothing(app: App) -> None:
    app.azure.arm.store.forbidden.add("microsoft.resourcegraph/resources/read")

    app.at(20).look()
    app.at(35).look()

    (card,) = app.notices()
    assert "the role Reader would mend it" in card


def test_an_open_incident_acknowledges_its_alert_and_its_end_closes_it(app: App) -> None:
    keep(app.azure, alert())
    app.at(6).deliver(fired("metric-static"))
    app.set_states()
    assert "Acknowledged" == app.azure_state()

    opened = app.only()
    stores.incidents(app.storage).save(resolved(opened, Ending.BY_HAND, app.clock.now(), "Ada"))
    for _ in range(2):
        app.at(50).set_states()

    assert "Closed" == app.azure_state()
    (first, second) = app.changes()
    assert ("Acknowledged", "Closed") == (first[0], second[0])
    assert "Web PubSub" in second[1]
    assert "Resolved by hand, by Ada at 2026-03-02 12:06 UTC." in second[1]
    assert AlertState.CLOSED is app.only().azure_alert_state
    assert "alert in Azure: set to Closed" in app.texts()


def test_an_alert_about_another_resource_is_not_touched(app: App) -> None:
    """Whoever has the key of the endpoint can name any alert."""
    keep(app.azure, alert(resource=LOBBY.replace("lobby-prod", "cellar")))
    app.at(6).deliver(fired("metric-static"))

    app.set_states()

    assert ([], "New") == (app.changes(), app.azure_state())
    assert any("about another resource" in text for text in app.texts())


def test_what_a_person_closed_stays_closed(app: App) -> None:
    keep(app.azure, alert(alertState="Closed"))

    app.at(6).deliver(fired("metric-static"))
    app.set_states()

    assert ([], "Closed") == (app.changes(), app.azure_state())


def test_a_role_that_is_missing_is_said_once_and_ends_nothing(app: App) -> None:
    keep(app.azure, alert())
    app.azure.arm.store.forbidden.add("alerts/changestate/action")
    app.at(6).deliver(fired("metric-static"))

    for minute in (7, 8, 9):
        app.at(minute).set_states()

    told = [card for card in app.notices() if "cannot be acknowledged" in card]
    assert 1 == len(told)
    assert "Microsoft.AlertsManagement/alerts/changestate/action" in told[0]
    assert "Monitoring Contributor" in told[0]
    assert 1 == len(app.changes())
    assert app.only().is_open


def test_an_alert_that_azure_keeps_no_more_is_settled(app: App) -> None:
    keep(app.azure, alert(guid=GUID[:-1] + "9"))
    app.at(6).deliver(fired("metric-static"))

    app.set_states()

    assert any("not set to Acknowledged" in text for text in app.texts())
    assert [] == list(stores.incidents(app.storage).with_stale_alert())


@pytest.mark.parametrize("trouble", ["throttled", "broken"])
def test_a_passing_trouble_is_tried_again_and_changes_once(app: App, trouble: str) -> None:
    keep(app.azure, alert())
    app.at(6).deliver(fired("metric-static"))
    if trouble == "throttled":
        app.azure.arm.faults.throttle("changestate", retry_after=60, times=1)
    else:
        app.azure.arm.faults.break_down("alertsmanagement", times=20)
    app.set_states()
    assert "New" == app.azure_state()

    app.azure.arm.faults.mend()
    app.at(7).set_states()

    assert "Acknowledged" == app.azure_state()
    assert 1 == sum("set to Acknowledged" in text for text in app.texts())


def test_an_incident_that_began_with_counts_leaves_azure_alone(app: App) -> None:
    breach = Breach(LOBBY, "aborts", "web-pubsub-connection-drops", "rule", NOON, NOON, 30, 60, 0.5)
    stores.incidents(app.storage).create(opened(breach, 2, NOON, None), None)

    app.set_states()

    assert [] == app.azure.arm.faults.requests[1:]  # the first is the look for missed alerts
    assert app.only().is_open
