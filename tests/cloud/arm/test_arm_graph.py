"""Microsoft's client of Resource Graph, through our own `ArmGraph`, against the stand-in over TLS."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.app.runtime import Runtime
from shared.cloud.arm.graph import resets_after
from shared.context.ports import Absence, RawJson, ResourceGraph, SourceUnavailableError
from shared.settings import Settings
from tests.cloud.arm.small_arm import SUBSCRIPTION, house

MINUTE = timedelta(minutes=1)
ALL = "resources | where type =~ 'Microsoft.SignalRService/WebPubSub' | project id, name, sku, tags | order by name asc"


class Clock:
    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def azure(clock: Clock) -> Iterator[SmallAzure]:
    with small_azure(Workspace(), arm=house(), clock=clock) as running:
        yield running


@pytest.fixture
def graph(azure: SmallAzure, monkeypatch: pytest.MonkeyPatch) -> ResourceGraph:
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    return Runtime(Settings.from_environment()).context.graph


def gap_of(graph: ResourceGraph, kql: str = ALL, within: timedelta = MINUTE) -> SourceUnavailableError:
    with pytest.raises(SourceUnavailableError) as caught:
        graph.query(kql, [SUBSCRIPTION], within)
    return caught.value


def names(rows: tuple[RawJson, ...]) -> list[str]:
    return [row["name"] for row in rows]


def test_gives_rows_whose_bags_are_json(graph: ResourceGraph) -> None:
    first, *_ = graph.query(ALL, [SUBSCRIPTION], MINUTE)

    assert ("lobby-0001", {"name": "Standard_S1", "capacity": 1}, {"linekeeper": "yes"}) == (
        first["name"],
        first["sku"],
        first["tags"],
    )


def test_asks_for_a_token_of_the_endpoint(azure: SmallAzure, graph: ResourceGraph) -> None:
    graph.query(ALL, [SUBSCRIPTION], MINUTE)

    assert [azure.environment["ARM_ENDPOINT"]] == azure.identity.token_requests


def test_follows_every_page(azure: SmallAzure, graph: ResourceGraph) -> None:
    azure.arm.graph.page = 2

    rows = graph.query(ALL, [SUBSCRIPTION], MINUTE)

    assert [f"lobby-{number:04}" for number in range(1, 6)] == names(rows)
    assert 3 == len(azure.arm.faults.requests)


def test_an_answer_that_cannot_be_continued_is_not_taken_for_whole(
    azure: SmallAzure, graph: ResourceGraph
) -> None:
    azure.arm.graph.page = 2

    gap = gap_of(graph, "resources | project name")

    assert "its rows have no id" in gap.reason


def test_rows_of_another_subscription_are_left_out(graph: ResourceGraph) -> None:
    assert () == graph.query(ALL, ["8f1e2d3c-0009-4000-8000-00000000a009"], MINUTE)


@pytest.mark.parametrize(
    ("kql", "token"),
    [
        pytest.param("let here = 'westeurope'; resources | where location == here", "let", id="a let"),
        pytest.param("resources | evaluate bag_unpack(tags)", "evaluate", id="a plugin"),
        pytest.param("resources | project-rename place = location", "project-rename", id="an operator"),
        pytest.param("WebPubSubConnectivity | take 1", "WebPubSubConnectivity", id="a table of logs"),
    ],
)
def test_a_query_that_is_only_kusto_is_refused(graph: ResourceGraph, kql: str, token: str) -> None:
    gap = gap_of(graph, kql)

    assert (Absence.REFUSED, True) == (gap.absence, gap.permanent)


def test_waits_for_the_quota_that_a_refusal_names(
    azure: SmallAzure, graph: ResourceGraph, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: (waits.append(seconds), clock_on(clock, seconds)))
    azure.arm.graph.quota = 1
    graph.query(ALL, [SUBSCRIPTION], MINUTE)
    graph._quota_back_at = 0.0  # as another instance that does not know

    rows = graph.query(ALL, [SUBSCRIPTION], MINUTE)

    assert 5 == len(rows)
    assert [5.0] == [wait for wait in waits if wait]


def clock_on(clock: Clock, seconds: float) -> None:
    clock.moment += timedelta(seconds=seconds)


def test_asks_nothing_while_its_quota_is_used_up(azure: SmallAzure, graph: ResourceGraph) -> None:
    azure.arm.graph.quota = 1
    graph.query(ALL, [SUBSCRIPTION], MINUTE)

    gap = gap_of(graph, within=timedelta(seconds=1))

    assert Absence.THROTTLED == gap.absence
    assert 1 == len(azure.arm.faults.requests)


def test_a_missing_permission_names_the_role_that_would_mend_it(
    azure: SmallAzure, graph: ResourceGraph
) -> None:
    azure.arm.store.forbidden.add("microsoft.resourcegraph/resources/read")

    gap = gap_of(graph)

    assert (Absence.FORBIDDEN, "Reader") == (gap.absence, gap.role)


def test_a_service_that_stumbles_is_asked_again(azure: SmallAzure, graph: ResourceGraph) -> None:
    azure.arm.faults.break_down(times=1)

    assert 5 == len(graph.query(ALL, [SUBSCRIPTION], MINUTE))


def test_a_service_that_stays_down_is_failing(azure: SmallAzure, graph: ResourceGraph) -> None:
    azure.arm.faults.break_down(times=20)

    assert Absence.BROKEN == gap_of(graph, within=timedelta(seconds=2)).absence


def test_an_answer_that_is_late_is_given_up(azure: SmallAzure, graph: ResourceGraph) -> None:
    azure.arm.faults.be_late(timedelta(seconds=1.5), times=9)

    assert Absence.OUT_OF_TIME == gap_of(graph, within=timedelta(seconds=0.3)).absence


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("00:00:05", 5.0), ("00:00:02.4321000", 2.0), ("01:00:00", 60.0), ("soon", None), ("", None)],
)
def test_reads_when_the_quota_is_back(header: str, seconds: float | None) -> None:
    assert seconds == resets_after({"x-ms-user-quota-resets-after": header})
