"""Microsoft's published samples of alerts, key by key, type by type and null by null, with values of our own.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))
LOBBY = (
    "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/rt/providers/"
    "microsoft.signalrservice/webpubsub/lobby-prod"
)
_BY_STATUS = {"service-health", "service-health-maintenance", "resource-health"}


def sample(name: str) -> dict[str, Any]:
    """Return a sample as it was published."""
    payload: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return payload


def body(given: object) -> bytes:
    """Return the body of a request."""
    return json.dumps(given).encode()


def fired(name: str) -> dict[str, Any]:
    """Return a sample as it fires."""
    payload = sample(name)
    payload["data"]["essentials"]["monitorCondition"] = "Fired"
    payload["data"]["essentials"].pop("resolvedDateTime", None)
    return payload


def resolved(name: str) -> dict[str, Any]:
    """Return what Azure sends when a sample is over: another alert that fires, where alerts come of the activity log."""
    payload = sample(name)
    essentials = payload["data"]["essentials"]
    if name in _BY_STATUS:
        essentials["alertId"] += "-over"
        essentials["firedDateTime"] = "2026-03-02T12:50:00Z"
        payload["data"]["alertContext"]["status"] = "Resolved"
    else:
        essentials["monitorCondition"] = "Resolved"
        essentials["resolvedDateTime"] = "2026-03-02T12:40:16.2246313Z"
    return payload
