"""What Azure lists is missed only where it would have been delivered, in whichever subscription its alert is kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.arm import ArmStore
from local.arm.graph import GraphService
from local.arm.graph_tables import subscription_row
from shared.alerts.meaning import AlertContext
from shared.alerts.missed import MARK, Search, find_missed
from shared.clock import is_astray
from shared.configuration.resources import WatchedResource
from shared.context.ports import Absence, ContextSources, RawJson, SourceUnavailableError
from tests.alerts.sample import LOBBY
from tests.alerts.test_receive import FakeInbox
from tests.context.live_sources import MemoryArm

OURS = LOBBY.split("/")[2]
OF_LOGS = "8f1e2d3c-0002-4000-8000-00000000a002"  # the subscription of the workspace
WORKSPACE = (
    f"/subscriptions/{OF_LOGS}/resourcegroups/logs/providers/microsoft.operationalinsights/workspaces/all"
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MUTED = {"actionStatus": {"isSuppressed": True}}


def fired(target: str = LOBBY, *, custom: object = None, **essentials: object) -> dict[str, Any]:
    """Return an alert that fired at five past noon, as Resource Graph lists it."""
    subscription, kind = target.split("/")[2], "/".join(target.split("/")[6:8])
    guid = "00000000-aaaa-4000-8000-000000000001"
    return {
        "id": f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/{guid}",
        "name": "lobby-handshakes",
        "type": "microsoft.alertsmanagement/alerts",
        "subscriptionId": subscription,
        "properties": {
            "essentials": {
                "targetResource": target,
                "targetResourceType": kind,
                "alertRule": "lobby-handshakes",
                "startDateTime": "2026-03-02T12:05:00Z",
                **essentials,
            },
            "customProperties": custom,
        },
    }


@dataclass
class FakeMarks:
    """The contract of `Watermarks`, in a dictionary; the first look was at noon."""

    kept: dict[str, datetime] = field(default_factory=lambda: {MARK: NOON + timedelta(hours=1)})

    def get(self, workspace: str) -> datetime | None:
        return self.kept.get(workspace)

    def advance(self, workspace: str, to: datetime) -> None:
        before = self.kept.get(workspace, to)
        self.kept[workspace] = to if is_astray(before, to) else max(to, before)


@dataclass
class Cloud:
    """Alerts in Azure, the subscriptions that the identity may read, and what the looks for them leave."""

    alerts: Sequence[dict[str, Any]]
    readable: Sequence[str] = (OURS, OF_LOGS)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    marks: FakeMarks = field(default_factory=FakeMarks)

    def query(self, kql: str, subscriptions: Sequence[str], within: timedelta) -> tuple[RawJson, ...]:
        tables = {
            "alertsmanagementresources": [
                row for row in self.alerts if row["subscriptionId"] in self.readable
            ],
            "resourcecontainers": [subscription_row(name) for name in self.readable],
        }
        body = json.dumps({"query": kql, "subscriptions": list(subscriptions)}).encode()
        answer: Any = GraphService(ArmStore([], tables)).answer("POST", "2021-03-01", body).body
        return tuple(answer["data"])

    def look(self, hours: float = 2) -> list[str]:
        """Return the rules whose alerts were missed."""
        arm = MemoryArm()
        context = AlertContext([WatchedResource(LOBBY, "", "", "")], {})
        search = Search(ContextSources(self, arm, arm), context, self.inbox, self.marks)
        return [alert.title for alert in find_missed(search, NOON + timedelta(hours=hours))]


@pytest.mark.parametrize("status", [{}, {"actionStatus": {"isSuppressed": False}}, {"actionStatus": None}])
def test_an_alert_that_nothing_muted_is_missed(status: dict[str, object]) -> None:
    assert ["lobby-handshakes"] == Cloud([fired(**status)]).look()


def test_an_alert_that_a_processing_rule_muted_is_not_missed() -> None:
    assert [] == Cloud([fired(**MUTED)]).look()


def test_an_alert_on_a_workspace_of_another_subscription_is_missed() -> None:
    alert = fired(WORKSPACE, custom={"linekeeperResource": LOBBY})

    assert ["lobby-handshakes"] == Cloud([alert]).look()


def test_an_alert_on_a_workspace_that_names_no_watched_resource_is_another_teams() -> None:
    assert [] == Cloud([fired(WORKSPACE)]).look()


def test_a_mark_of_a_clock_that_was_a_month_ahead_hides_no_alert() -> None:
    cloud = Cloud([fired()])
    cloud.marks.kept[MARK] = NOON + timedelta(days=30)

    assert ["lobby-handshakes"] == cloud.look()
    assert cloud.marks.kept[MARK] < NOON + timedelta(hours=2)


def test_a_subscription_that_shows_nothing_is_an_error_and_no_time_is_lost() -> None:
    cloud = Cloud([fired()], readable=())
    with pytest.raises(SourceUnavailableError, match=OURS) as caught:
        cloud.look(hours=2)
    assert (Absence.FORBIDDEN, "Reader on it") == (caught.value.absence, caught.value.role)

    cloud.readable = (OURS,)

    assert ["lobby-handshakes"] == cloud.look(hours=20)


def test_what_the_other_subscriptions_show_is_taken_in_all_the_same() -> None:
    cloud = Cloud([fired(WORKSPACE, custom={"linekeeperResource": LOBBY})], readable=[OF_LOGS])

    with pytest.raises(SourceUnavailableError):
        cloud.look()

    assert 1 == len(cloud.inbox.asked)
