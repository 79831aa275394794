"""Readiness asks the metrics of each subscription, region and service once."""

from dataclasses import replace

from shared.configuration.resources import WatchedResource
from shared.health.metric_probes import metric_probes
from shared.health.readiness import ProbeResult, readiness
from shared.queries.logs import Failure, QueryError
from tests.incidents.fake_rooms import LOBBY, FakeMetrics, at

CALLS = (
    "/subscriptions/5f/resourcegroups/trading/providers/microsoft.communication/communicationservices/calls"
)
FLOOR = WatchedResource(LOBBY, "floor", "floor", "floor", region="westeurope")


def test_asks_one_minute_of_one_metric_of_each_region_and_service() -> None:
    metrics = FakeMetrics()
    east = replace(FLOOR, id=f"{LOBBY}-east", region="East US")
    beside = replace(FLOOR, id=f"{LOBBY}-2")

    assert readiness(metric_probes([FLOOR, beside, east, replace(FLOOR, id=CALLS)], metrics, at(0))).ok
    assert {("westeurope", LOBBY), ("eastus", f"{LOBBY}-east"), ("global", CALLS)} == {
        (asked.region, asked.resources[0]) for asked in metrics.asked
    }
    assert {(at(-1), at(0))} == {(asked.window.start, asked.window.end) for asked in metrics.asked}


def test_names_the_region_and_the_service_that_refuse_us() -> None:
    metrics = FakeMetrics(QueryError(Failure.PERMISSION, "metrics of westeurope: 403: no role"))

    (check,) = readiness(metric_probes([FLOOR], metrics, at(0))).checks

    name = "metrics westeurope microsoft.signalrservice/webpubsub in 5f"
    assert ProbeResult(name, "metrics of westeurope: 403: no role") == check


def test_a_resource_without_a_region_is_left_to_the_watch() -> None:
    assert [] == metric_probes([replace(FLOOR, region=None)], FakeMetrics(), at(0))
