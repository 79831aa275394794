"""One alert in Azure that makes trouble holds up no other, unless the trouble is that of all."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from shared.alerts.alert import Alert, Variant
from shared.alerts.azure_states import AzureAlert, StateDesk, set_states
from shared.alerts.meaning import AlertContext
from shared.configuration.resources import WatchedResource
from shared.context.ports import Absence, SourceUnavailableError
from shared.incidents.incident import AlertState, Ending, Incident
from shared.incidents.lifecycle.states import opened, reopened, resolved
from shared.incidents.ports import Casework
from shared.incidents.store import Notifier
from shared.objectives.breach import Breach
from shared.redaction import UserIds
from tests.alerts.fake_alerts import FakeAlerts, FakeAnnouncer
from tests.incidents.fake_incidents import FakeDocuments, FakeIncidents, FakeWork

LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
CELLAR = LOBBY.replace("lobby", "cellar")
WORKSPACE = "/subscriptions/5f/resourcegroups/logs/providers/microsoft.operationalinsights/workspaces/all"
CONTEXT = AlertContext([WatchedResource(name, "", "", "") for name in (LOBBY, CELLAR)], {})
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SYMPTOMS = (
    "web-pubsub-connection-drops",
    "web-pubsub-connection-failures",
    "web-pubsub-event-handler-errors",
)


def on(target: str, **properties: str) -> Alert:
    """Return an alert on a target, whose rule has these custom properties."""
    return Alert("a", "d", True, "r", 2, NOON, None, (target,), Variant.LOG_V2, properties=properties)


@dataclass
class FakeAzureAlerts:
    """Alerts on the lobby, or the trouble that one of them makes, by its id."""

    troubles: dict[str, Absence] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)  # those on something else

    def current(self, alert: str, within: timedelta) -> AzureAlert:
        if alert in self.troubles:
            raise SourceUnavailableError(f"{alert}: trouble", absence=self.troubles[alert])
        return AzureAlert(AlertState.NEW, self.alerts.get(alert, on(LOBBY)))

    def change_state(self, alert: str, state: AlertState, comment: str, within: timedelta) -> None:
        self.comments[alert] = comment


@dataclass
class Desk:
    """Three incidents, a minute apart, each of which began with an alert: `alert-0` is the oldest."""

    azure: FakeAzureAlerts = field(default_factory=FakeAzureAlerts)
    incidents: FakeIncidents = field(default_factory=FakeIncidents)
    documents: FakeDocuments = field(default_factory=FakeDocuments)

    def __post_init__(self) -> None:
        for minute, symptom in enumerate(SYMPTOMS):
            breach = Breach(
                LOBBY, "alert:r", symptom, "r", NOON, NOON, 1, 1, 1.0, azure_alert=f"alert-{minute}"
            )
            self.incidents.create(opened(breach, 2, NOON + timedelta(minutes=minute), None), None)

    def incident(self, alert: str) -> Incident:
        return next(incident for incident in self.incidents.kept.values() if incident.azure_alert == alert)

    def run(self) -> list[str | None]:
        """Return the alerts that were settled."""
        notifier = cast("Notifier", None)
        casework = Casework(self.incidents, self.documents, FakeAlerts(), FakeWork(), notifier)
        desk = StateDesk(self.azure, casework, FakeAnnouncer(), UserIds(show=True), {}, CONTEXT)
        return [incident.azure_alert for incident in set_states(desk, NOON + timedelta(minutes=5))]


def test_an_alert_that_cannot_be_read_is_settled_and_holds_up_no_other() -> None:
    desk = Desk(FakeAzureAlerts({"alert-0": Absence.UNREADABLE}))

    assert ["alert-0", "alert-1", "alert-2"] == desk.run()
    assert ["alert-1", "alert-2"] == list(desk.azure.comments)


def test_an_alert_that_azure_always_fails_on_holds_up_no_other() -> None:
    desk = Desk(FakeAzureAlerts({"alert-0": Absence.BROKEN}))

    assert ["alert-1", "alert-2"] == desk.run()
    assert AlertState.ACKNOWLEDGED is desk.incident("alert-0").due_alert_state


@pytest.mark.parametrize("absence", [Absence.THROTTLED, Absence.OUT_OF_TIME, Absence.UNREACHABLE])
def test_what_is_the_trouble_of_all_ends_the_run(absence: Absence) -> None:
    desk = Desk(FakeAzureAlerts({"alert-1": absence}))

    assert ["alert-0"] == desk.run()


def test_a_stored_diagnosis_that_cannot_be_read_leaves_its_finding_out_of_the_comment() -> None:
    desk = Desk()
    desk.documents.put("torn.json", "{")
    desk.incidents.save(replace(desk.incident("alert-0"), document="torn.json"))

    assert ["alert-0", "alert-1", "alert-2"] == desk.run()
    assert desk.azure.comments["alert-0"].startswith(
        "Linekeeper, severity 2: web-pubsub-connection-drops. Incident"
    )


@pytest.mark.parametrize(
    ("alert", "is_touched"),
    [
        pytest.param(on(CELLAR), False, id="on another resource"),
        pytest.param(on(CELLAR, linekeeperResource=LOBBY), False, id="on another resource, and names ours"),
        pytest.param(on(WORKSPACE), False, id="on a workspace"),
        pytest.param(on(WORKSPACE, linekeeperResource=CELLAR), False, id="on a workspace, and names another"),
        pytest.param(on(WORKSPACE, linekeeperResource=LOBBY), True, id="on a workspace, and names ours"),
    ],
)
def test_an_alert_is_touched_only_where_it_is_about_the_resource(alert: Alert, is_touched: bool) -> None:
    desk = Desk(FakeAzureAlerts(alerts={"alert-0": alert}))

    desk.run()

    assert is_touched == ("alert-0" in desk.azure.comments)


def test_an_alert_whose_closing_is_due_is_closed_after_a_recurrence() -> None:
    desk = Desk()
    desk.run()
    recurrence = Breach(LOBBY, "aborts", SYMPTOMS[0], "r", NOON, NOON, 30, 60, 0.5)
    ended = resolved(desk.incident("alert-0"), Ending.BY_HAND, NOON, "Ada")

    again = resolved(reopened(ended, recurrence, 2, NOON), Ending.BY_HAND, NOON, "Ada")

    assert ("alert-0", AlertState.CLOSED) == (again.azure_alert, again.due_alert_state)
