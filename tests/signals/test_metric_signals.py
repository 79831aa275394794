from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.resources import WatchedResource
from shared.playbooks.loading.load import load_library
from shared.queries.logs import Failure, QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Point, Series
from shared.queries.scope import Window
from shared.signals.counts import Count
from shared.signals.metrics.families import (
    METRIC_SIGNALS,
    EventClass,
    classify_callback,
    classify_close,
    classify_status,
)
from shared.signals.metrics.numbers import numbers_of
from shared.signals.metrics.poll import poll_metrics
from shared.signals.signal import Origin

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, 33, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = "8f1e2d3c-0001-4000-8000-00000000a001", "3b9a7c52-0002-4000-8000-00000000b002"


def pubsub(name: str, region: str | None = "westeurope", subscription: str = FIRST) -> WatchedResource:
    arm = (
        f"/subscriptions/{subscription}/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/{name}"
    )
    return WatchedResource(arm, "w", "w", "w", region=region)


def notifier() -> WatchedResource:
    arm = f"/subscriptions/{FIRST}/resourcegroups/rt/providers/microsoft.communication/communicationservices/voice"
    return WatchedResource(arm, "w", "w", "w")


LOBBY = pubsub("lobby")


@dataclass
class FakeMetrics:
    """Answers the planned series of a metric, for the resources asked."""

    planned: Sequence[Series] = ()
    refused: str = ""  # a region that answers 403
    queries: list[MetricQuery] = field(default_factory=list)

    def query(self, query: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        self.queries.append(query)
        if query.region == self.refused:
            raise QueryError(Failure.PERMISSION, "403: no role")
        return tuple(
            series
            for series in self.planned
            if series.metric in query.metrics and series.resource in query.resources
        )


def series(metric: str, label: str, *values: tuple[int, float], of: WatchedResource = LOBBY) -> Series:
    points = tuple(Point(NINE + minute * MINUTE, value) for minute, value in values)
    return Series(of.id, metric, points, label)


def counted(*planned: Series, of: WatchedResource = LOBBY) -> list[Count]:
    counts, failures = poll_metrics([of], FakeMetrics(planned), NOW)
    assert failures == ()
    return [replace(count, minutes=()) for count in counts]


def test_closes_are_counted_whole_by_bucket_with_their_reasons() -> None:
    counts = counted(
        series("ConnectionCloseCount", "Normal", (0, 5), (4, 6), (5, 7)),
        series("ConnectionCloseCount", "SlowClient", (1, 2), (4, 1)),
        series("ConnectionCloseCount", "SolarFlare", (2, 9)),
    )

    assert counts == [
        Count(LOBBY.id, "closes", NINE, 12, 23, NOW, {"SolarFlare": 9, "SlowClient": 3}),
        Count(LOBBY.id, "closes", NINE + 5 * MINUTE, 0, 7, NOW, {}),
    ]
    assert list(counts[0].reasons) == ["SolarFlare", "SlowClient"]


def test_a_bucket_holds_its_five_minutes() -> None:
    planned = (
        series("ConnectionCloseCount", "Normal", (0, 5), (4, 6), (5, 7)),
        series("ConnectionCloseCount", "SlowClient", (1, 2), (4, 1)),
    )
    (first, second), _ = poll_metrics([LOBBY], FakeMetrics(planned), NOW)

    assert ((0, 5), (2, 2), (0, 0), (0, 0), (1, 7)) == first.minutes
    assert ((0, 7), (0, 0), (0, 0), (0, 0), (0, 0)) == second.minutes


def test_a_reload_is_no_close_at_all_and_a_vanished_client_is_a_good_one() -> None:
    counts = counted(
        series("ConnectionCloseCount", "ServiceReload", (0, 200), (10, 200)),
        series("ConnectionCloseCount", "PingTimeout", (0, 8)),
        series("ConnectionCloseCount", "ClosedByAppServer", (0, 2)),
    )

    assert counts == [Count(LOBBY.id, "closes", NINE, 0, 10, NOW, {})]


def test_handshakes_are_bad_by_their_status() -> None:
    counts = counted(
        series("ClientRequestStatus", "101", (0, 90)),
        series("ClientRequestStatus", "429", (0, 7)),
        series("ClientRequestStatus", "503", (3, 3)),
    )

    assert counts == [Count(LOBBY.id, "handshakes", NINE, 10, 100, NOW, {"429": 7, "503": 3})]


def test_callbacks_of_other_kinds_than_streams_do_not_count() -> None:
    metric = "AcsCallAutomationCallbackEvent"
    counts = counted(
        series(metric, "CallConnected", (0, 500), of=notifier()),
        series(metric, "TranscriptionStarted", (0, 30), of=notifier()),
        series(metric, "Microsoft.Communication.TranscriptionFailed", (1, 6), of=notifier()),
        of=notifier(),
    )

    assert counts == [Count(notifier().id, "callback-events", NINE, 6, 36, NOW, {"TranscriptionFailed": 6})]


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (classify_status("399"), EventClass("399", False)),
        (classify_status("400"), EventClass("400", True)),
        (classify_status(""), EventClass("unknown", True)),
        (classify_close("normal"), EventClass("normal", False)),
        (classify_close("Unauthorized"), EventClass("Unauthorized", True)),
        (classify_close("servicereload"), None),
        (classify_callback("MediaStreamingFailed"), EventClass("MediaStreamingFailed", True)),
        (classify_callback("RecordingStateChanged"), None),
    ],
)
def test_a_value_of_a_dimension_has_a_class(actual: EventClass | None, expected: EventClass | None) -> None:
    assert expected == actual


@pytest.mark.parametrize(
    ("watermark", "start"),
    [
        (None, NINE - 30 * MINUTE),
        (NOW - MINUTE, NINE + 15 * MINUTE),
        (NOW - timedelta(days=9), NINE + 30 * MINUTE - timedelta(days=1)),
        (NOW + timedelta(days=1), NINE + 15 * MINUTE),
    ],
)
def test_asks_from_the_start_of_a_bucket_before_the_last_poll(
    watermark: datetime | None, start: datetime
) -> None:
    metrics = FakeMetrics()

    poll_metrics([LOBBY], metrics, NOW, {LOBBY.id: watermark} if watermark else {})

    assert {Window(start, NINE + 33 * MINUTE)} == {query.window for query in metrics.queries}


def test_one_call_takes_the_resources_of_one_subscription_region_and_type() -> None:
    east, other = pubsub("quiz", region="East US"), pubsub("floor", subscription=SECOND)
    metrics = FakeMetrics()

    poll_metrics([LOBBY, pubsub("chat"), east, other, notifier()], metrics, NOW)

    assert [(query.region, query.metrics[0], len(query.resources)) for query in metrics.queries] == [
        ("westeurope", "ClientRequestStatus", 2),
        ("westeurope", "ConnectionCloseCount", 2),
        ("eastus", "ClientRequestStatus", 1),
        ("eastus", "ConnectionCloseCount", 1),
        ("westeurope", "ClientRequestStatus", 1),
        ("westeurope", "ConnectionCloseCount", 1),
        ("global", "AcsCallAutomationCallbackEvent", 1),
    ]


def test_a_region_that_refuses_us_does_not_blind_the_others() -> None:
    east = pubsub("quiz", region="eastus")
    planned = [series("ConnectionCloseCount", "Normal", (0, 3))]

    counts, failures = poll_metrics([east, LOBBY], FakeMetrics(planned, refused="eastus"), NOW)

    assert [LOBBY.id] == [count.resource for count in counts]
    assert [((east.id,), "handshakes"), ((east.id,), "closes")] == [
        (failure.resources, failure.signal) for failure in failures
    ]
    assert all(failure.error and failure.error.failure is Failure.PERMISSION for failure in failures)


def test_a_resource_without_a_region_says_so_until_it_is_learnt() -> None:
    lost, metrics = pubsub("lost", region=None), FakeMetrics()

    _, failures = poll_metrics([lost], metrics, NOW)
    assert ["region unknown: no row of its logs has told it yet; add `region` to resources.yaml"] == [
        failure.why for failure in failures
    ]
    assert metrics.queries == []

    _, failures = poll_metrics([lost], metrics, NOW, regions={lost.id: "North Europe"})
    assert ((), "northeurope") == (failures, metrics.queries[0].region)


def test_the_numbers_of_a_resource_tell_load_quota_and_churn() -> None:
    metrics = FakeMetrics(
        [
            series("ServerLoad", "", (0, 40), (1, 88)),
            series("TotalConnectionCount", "", (0, 100), (1, 50)),
            series("ConnectionOpenCount", "", (0, 150), (1, 150)),
        ]
    )

    numbers = numbers_of(LOBBY.id, "westeurope", Window(NINE, NOW), metrics)

    assert numbers == {
        "ServerLoad": 88,
        "TotalConnectionCount": 100,
        "ConnectionOpenCount": 300,
        "ReconnectChurn": 3,
    }
    assert [Aggregation.MAXIMUM, Aggregation.TOTAL] == [query.aggregation for query in metrics.queries]
    assert metrics.queries[0].window.end == NINE + 34 * MINUTE


def test_every_signal_raises_a_symptom_that_a_playbook_explains() -> None:
    library = load_library()

    for signal in METRIC_SIGNALS:
        assert signal.origin is Origin.METRICS
        assert library[signal.symptom].service == signal.service
