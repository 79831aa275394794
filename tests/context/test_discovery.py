from datetime import timedelta
from typing import Any

from shared.context.discovery import most_used_workspace, workspace_of
from shared.context.live import Gap
from tests.context.live_sources import MemoryArm

GROUP = "/subscriptions/8f1e/resourcegroups/rt/providers"
LOBBY = f"{GROUP}/microsoft.signalrservice/webpubsub/lobby"
LOGS = f"{GROUP}/microsoft.operationalinsights/workspaces/logs"
MINUTE = timedelta(minutes=1)


def setting(*logs: Any) -> dict[str, Any]:
    return {"name": "to-logs", "properties": {"workspaceId": LOGS, "logs": list(logs)}}


def test_what_is_no_log_counts_for_nothing() -> None:
    assert LOGS == most_used_workspace([setting(None, {"category": "ConnectivityLogs", "enabled": True})])
    assert None is most_used_workspace([setting(None), {"properties": None}])


def test_a_workspace_that_does_not_say_its_guid_is_no_missing_setting() -> None:
    settings = f"{LOBBY}/providers/Microsoft.Insights/diagnosticSettings/to-logs"
    log = {"categoryGroup": "allLogs", "enabled": True}
    arm = MemoryArm(
        {LOBBY: {"name": "lobby"}, settings: setting(log), LOGS: {"name": "logs", "properties": {}}}
    )

    gap = workspace_of(arm.sources().resources, LOBBY, MINUTE)

    assert isinstance(gap, Gap)
    assert "the workspace logs does not say its customerId" == gap.reason
