"""Rows of `servicehealthresources` in the documented columns, and a Resource Graph that answers from them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.arm import ArmStore
from local.arm.graph import GraphService
from local.arm.graph_tables import subscription_row
from shared.context.event import ServiceHealthEvent
from shared.context.ports import RawJson, SourceUnavailableError

SUBSCRIPTION = "bba14129-e895-429b-8809-278e836ecdb3"
LOBBY = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
WEB_PUBSUB = "microsoft.signalrservice/webpubsub"
IN_WEST_EUROPE = {"Azure Web PubSub": ["West Europe"]}


def event_row(
    tracking_id: str = "VN1K-9W8",
    impact: Mapping[str, Sequence[str | Mapping[str, object]]] = IN_WEST_EUROPE,
    subscription: str = SUBSCRIPTION,
    **properties: object,
) -> dict[str, Any]:
    def region(named: str | Mapping[str, object]) -> Mapping[str, object]:
        return {"ImpactedRegion": named, "Status": "Active"} if isinstance(named, str) else named

    impacts = [
        {"ImpactedService": service, "ImpactedRegions": [region(named) for named in regions]}
        for service, regions in impact.items()
    ]
    return {
        "id": f"/subscriptions/{subscription}/providers/Microsoft.ResourceHealth/events/{tracking_id}",
        "name": tracking_id,
        "type": "microsoft.resourcehealth/events",
        "subscriptionId": subscription,
        "properties": {
            "EventType": "ServiceIssue",
            "EventSource": "ServiceHealth",
            "Status": "Active",
            "TrackingId": tracking_id,
            "Title": "Clients cannot connect",
            "ImpactStartTime": "2026-03-02T11:50:00Z",
            "ImpactMitigationTime": "",
            "LastUpdateTime": "2026-03-02T12:05:00Z",
            "Impact": impacts,
            **properties,
        },
    }


def impacted_row(tracking_id: str, target: str) -> dict[str, Any]:
    event = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ResourceHealth/events/{tracking_id}"
    return {
        "id": f"{event}/impactedResources/4f9b1c2d",
        "name": "4f9b1c2d",
        "type": "microsoft.resourcehealth/events/impactedresources",
        "subscriptionId": SUBSCRIPTION,
        "properties": {"targetResourceId": target, "targetRegion": "westeurope"},
    }


@dataclass
class GraphOfRows:
    """Answers as the stand-in does, in this process; or fails."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[str] = field(default_factory=lambda: [SUBSCRIPTION])
    error: SourceUnavailableError | None = None
    asked: list[str] = field(default_factory=list)

    def query(self, kql: str, subscriptions: Sequence[str], within: timedelta) -> tuple[RawJson, ...]:
        self.asked.append(kql)
        if self.error:
            raise self.error
        visible = [subscription_row(subscription) for subscription in self.subscriptions]
        store = ArmStore([], {"servicehealthresources": self.rows, "resourcecontainers": visible})
        body = json.dumps({"query": kql, "subscriptions": list(subscriptions)}).encode()
        answer: Any = GraphService(store).answer("POST", "2021-03-01", body).body
        return tuple(answer["data"])


class FakeDeclaredEvents:
    """The contract of `DeclaredEvents`, in a dictionary."""

    def __init__(self, *events: ServiceHealthEvent) -> None:
        self.kept = {event.tracking_id.lower(): event for event in events}
        self.seen_at: dict[str, datetime] = {}

    def keep(self, events: Sequence[ServiceHealthEvent], now: datetime) -> None:
        self.kept |= {event.tracking_id.lower(): event for event in events}
        self.seen_at |= {event.tracking_id.lower(): now for event in events}

    def all(self) -> Sequence[ServiceHealthEvent]:
        return tuple(self.kept.values())

    def get(self, tracking_id: str) -> ServiceHealthEvent | None:
        return self.kept.get(tracking_id.lower())

    def forget(self, before: datetime) -> None:
        old = [name for name, at in self.seen_at.items() if at < before]
        self.kept = {name: event for name, event in self.kept.items() if name not in old}
