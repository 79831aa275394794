"""The official client against the stand-in, through our own `RegionalMetrics`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.metrics.store import MetricStore, Sample
from local.workspace.database import Workspace
from shared.cloud.entra.credentials import managed_identity
from shared.cloud.monitor.metrics import RegionalMetrics
from shared.queries.logs import Failure, QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Point, Series
from shared.queries.scope import Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GROUP = "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/rt/providers"
LOBBY = f"{GROUP}/microsoft.signalrservice/webpubsub/lobby"
CATEGORIES = [f"Category{n:02}" for n in range(14)]  # more than the 10 that the service sends unasked


def lobby(number: int) -> str:
    return f"{LOBBY}-{number:02}"


def store() -> MetricStore:
    samples = [
        Sample("ConnectionCloseCount", LOBBY, NINE, n + 1.0, {"ConnectionCloseCategory": category})
        for n, category in enumerate(CATEGORIES)
    ]
    samples += [Sample("ConnectionCloseCount", lobby(n), NINE, 7.0, {}) for n in range(60)]
    samples += [Sample("ServerLoad", LOBBY, NINE + MINUTE, average=40.0, maximum=91.0)]
    return MetricStore(samples)


@pytest.fixture(scope="module")
def azure() -> Iterator[SmallAzure]:
    with small_azure(Workspace(), metrics=store()) as running:
        yield running


@pytest.fixture
def metrics(azure: SmallAzure, monkeypatch: pytest.MonkeyPatch) -> RegionalMetrics:
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    return RegionalMetrics(managed_identity(None), azure.environment["METRICS_ENDPOINT"])


def closes(
    *resources: str, region: str = "westeurope", dimension: str | None = "ConnectionCloseCategory"
) -> MetricQuery:
    return MetricQuery(
        region=region,
        namespace="microsoft.signalrservice/webpubsub",
        metrics=("ConnectionCloseCount",),
        aggregation=Aggregation.TOTAL,
        resources=resources,
        window=Window(NINE, NINE + 2 * MINUTE),
        dimension=dimension,
    )


def failure_of(metrics: RegionalMetrics, asked: MetricQuery, within: timedelta = MINUTE) -> QueryError:
    with pytest.raises(QueryError) as caught:
        metrics.query(asked, within)
    return caught.value


def test_reads_every_category_and_not_only_the_ten_of_the_default(metrics: RegionalMetrics) -> None:
    series = metrics.query(closes(LOBBY), MINUTE)

    assert CATEGORIES == sorted(one.label for one in series)
    assert (
        Series(LOBBY, "ConnectionCloseCount", (Point(NINE, 3.0), Point(NINE + MINUTE, 0.0)), "Category02")
        in series
    )


def test_asks_fifty_resources_at_a_time(azure: SmallAzure, metrics: RegionalMetrics) -> None:
    azure.metrics.requests.clear()

    series = metrics.query(closes(*map(lobby, range(60)), dimension=None), MINUTE)

    assert [50, 10] == [len(request.resources) for request in azure.metrics.requests]
    assert set(map(lobby, range(60))) == {one.resource for one in series}


def test_reads_the_highest_level_and_no_minute_without_a_sample(metrics: RegionalMetrics) -> None:
    asked = MetricQuery(
        "westeurope",
        "microsoft.signalrservice/webpubsub",
        ("ServerLoad", "ConnectionQuotaUtilization"),
        Aggregation.MAXIMUM,
        (LOBBY,),
        Window(NINE, NINE + 5 * MINUTE),
    )

    assert metrics.query(asked, MINUTE) == (Series(LOBBY, "ServerLoad", (Point(NINE + MINUTE, 91.0),)),)


def test_asks_for_a_token_of_the_metrics_audience(azure: SmallAzure, metrics: RegionalMetrics) -> None:
    metrics.query(closes(LOBBY), MINUTE)

    assert "https://metrics.monitor.azure.com" in azure.identity.token_requests


def test_waits_as_long_as_the_service_asks_when_throttled(
    azure: SmallAzure, metrics: RegionalMetrics
) -> None:
    azure.metrics.refuses[:] = [429]

    assert metrics.query(closes(LOBBY), MINUTE)


@pytest.mark.parametrize(
    ("statuses", "failure"),
    [([403], Failure.PERMISSION), ([429] * 9, Failure.THROTTLED), ([500] * 9, Failure.UNREACHABLE)],
)
def test_says_why_it_got_no_answer(
    azure: SmallAzure, metrics: RegionalMetrics, statuses: list[int], failure: Failure
) -> None:
    azure.metrics.refuses[:] = statuses

    error = failure_of(metrics, closes(LOBBY), timedelta(seconds=2))

    azure.metrics.refuses.clear()
    assert (failure, failure is Failure.PERMISSION) == (error.failure, error.permanent)
    assert "westeurope" in error.message


def test_a_resource_of_another_region_is_refused(metrics: RegionalMetrics) -> None:
    error = failure_of(metrics, closes(LOBBY, region="eastus"))

    assert error.failure is Failure.REFUSED
    assert "is not in the region eastus" in error.message


def test_a_region_that_could_name_another_host_is_never_asked(metrics: RegionalMetrics) -> None:
    assert failure_of(metrics, closes(LOBBY, region="evil.example/")).failure is Failure.REFUSED


def test_an_endpoint_that_cannot_be_reached_is_said(azure: SmallAzure, metrics: RegionalMetrics) -> None:
    nowhere = RegionalMetrics(managed_identity(None), "https://127.0.0.1:9/{region}")

    error = failure_of(nowhere, closes(LOBBY), timedelta(seconds=1))

    assert error.failure is Failure.UNREACHABLE
