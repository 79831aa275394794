import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from local.azure.small_azure import SmallAzure, small_azure
from local.exports import read_folder
from local.metrics.server import AUDIENCE
from local.metrics.store import MetricStore, Sample, read_samples
from local.workspace.database import Workspace
from shared.errors import InputError

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SUBSCRIPTION = "8f1e2d3c-0001-4000-8000-00000000a001"
LOBBY = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
VOICE = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rt/providers/microsoft.communication/communicationservices/voice"
ASKED = {
    "api-version": "2024-02-01",
    "metricnamespace": "Microsoft.SignalRService/WebPubSub",
    "metricnames": "ConnectionCloseCount",
    "starttime": "2026-11-20T09:00:00Z",
    "endtime": "2026-11-20T09:10:00Z",
    "interval": "PT5M",
    "aggregation": "total",
    "filter": "ConnectionCloseCategory eq '*'",
}


def closed(minute: int, value: float, category: str = "Normal") -> Sample:
    return Sample(
        "ConnectionCloseCount", LOBBY, NINE + minute * MINUTE, value, {"ConnectionCloseCategory": category}
    )


STORE = MetricStore([closed(1, 4), closed(4, 5), closed(6, 6), closed(6, 2, "SlowClient")])


@pytest.fixture(scope="module")
def azure() -> Iterator[SmallAzure]:
    with small_azure(Workspace(), metrics=STORE) as running:
        yield running


@pytest.fixture
def store() -> Iterator[MetricStore]:
    yield STORE
    STORE.visible_until = None


class Caller:
    def __init__(self, azure: SmallAzure) -> None:
        self.environment = azure.environment
        self.token = azure.identity.issue(AUDIENCE)[0]
        self.other_token = azure.identity.issue("https://api.loganalytics.io")[0]

    def ask(
        self,
        *resources: str,
        region: str = "westeurope",
        token: str | None = None,
        subscription: str = SUBSCRIPTION,
        **changed: str,
    ) -> tuple[int, dict[str, object]]:
        endpoint = self.environment["METRICS_ENDPOINT"].replace("{region}", region)
        response = requests.post(
            f"{endpoint}/subscriptions/{subscription}/metrics:getBatch",
            params=ASKED | changed,
            json={"resourceids": resources or (LOBBY,)},
            headers={"Authorization": f"Bearer {token or self.token}"},
            verify=self.environment["REQUESTS_CA_BUNDLE"],
            timeout=10,
        )
        return response.status_code, response.json()


@pytest.fixture
def caller(azure: SmallAzure) -> Caller:
    return Caller(azure)


def series_of(body: object) -> dict[str, list[float]]:
    assert isinstance(body, dict)
    return {
        series["metadatavalues"][0]["value"]: [point["total"] for point in series["data"]]
        for series in body["values"][0]["value"][0]["timeseries"]
    }


def test_adds_up_minutes_by_the_interval_and_splits_by_the_dimension(caller: Caller) -> None:
    status, body = caller.ask()

    assert (200, {"Normal": [9.0, 6.0], "SlowClient": [0.0, 2.0]}) == (status, series_of(body))


def test_a_value_of_the_filter_leaves_the_others_out(caller: Caller) -> None:
    _, body = caller.ask(filter="ConnectionCloseCategory eq 'SlowClient'")

    assert {"SlowClient": [0.0, 2.0]} == series_of(body)


def test_sends_only_the_largest_series_that_were_asked_for(caller: Caller) -> None:
    assert {"Normal": [9.0, 6.0]} == series_of(caller.ask(top="1")[1])


def test_a_minute_is_seen_when_it_has_ended_and_not_before(store: MetricStore, caller: Caller) -> None:
    store.visible_until = NINE + 4 * MINUTE + timedelta(seconds=59)
    assert (True, {"Normal": [4.0, 0.0]}) == (store.is_hiding(), series_of(caller.ask()[1]))

    store.visible_until = NINE + 5 * MINUTE
    assert {"Normal": [9.0, 0.0]} == series_of(caller.ask()[1])


def test_a_token_for_another_audience_is_refused(caller: Caller) -> None:
    assert caller.ask(token=caller.other_token)[0] == 401


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"region": "eastus"}, "not in the region eastus"),
        ({"subscription": "3b9a7c52-0002-4000-8000-00000000b002"}, "not of the subscription"),
        ({"metricnames": "ConnectionCount"}, "Failed to find metric configuration"),
        ({"filter": "Hub eq '*'"}, "does not support dimension hub"),
        ({"filter": "nonsense"}, "is not valid"),
        ({"aggregation": "maximum"}, "does not support aggregation maximum"),
        ({"interval": "PT2M"}, "invalid time grain"),
        ({"endtime": "2026-11-20T08:00:00Z"}, "must be before"),
    ],
)
def test_refuses_what_azure_refuses(caller: Caller, changed: dict[str, str], said: str) -> None:
    status, body = caller.ask(**changed)

    assert (400, True) == (status, said in json.dumps(body))


def test_refuses_a_resource_of_another_type_and_more_than_fifty(caller: Caller) -> None:
    assert caller.ask(LOBBY, VOICE)[0] == 400
    assert caller.ask(*(f"{LOBBY}{n}" for n in range(51)))[0] == 400


def test_communication_services_are_asked_at_the_global_endpoint(caller: Caller) -> None:
    parameters = {
        "metricnamespace": "microsoft.communication/communicationservices",
        "metricnames": "AcsCallAutomationCallbackEvent",
        "filter": "EventTypeName eq '*'",
    }

    assert (200, 400) == (
        caller.ask(VOICE, region="global", **parameters)[0],
        caller.ask(VOICE, **parameters)[0],
    )


def test_reads_the_samples_of_a_case(tmp_path: Path) -> None:
    line = {
        "metric": "ConnectionCloseCount",
        "resource": LOBBY.upper(),
        "at": "2026-11-20T09:04:30Z",
        "value": 5,
        "dimensions": {"ConnectionCloseCategory": "Normal"},
    }
    (tmp_path / "metrics.ndjson").write_text(json.dumps(line) + "\n", encoding="utf-8")

    assert read_samples(tmp_path) == (closed(4, 5),)
    assert read_folder(tmp_path).tables == {}


def test_a_case_without_metrics_has_none(tmp_path: Path) -> None:
    assert read_samples(tmp_path) == ()


@pytest.mark.parametrize("line", ["{", "[]", '{"metric": "ServerLoad"}', json.dumps({"metric": "Moon", "resource": LOBBY, "at": "2026-11-20", "value": 1})])  # fmt: skip
def test_a_line_that_is_no_sample_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "metrics.ndjson").write_text("\n" + line, encoding="utf-8")

    with pytest.raises(InputError, match=r"metrics\.ndjson:2"):
        read_samples(tmp_path)
