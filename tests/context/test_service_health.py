"""What Microsoft declared is read in pairs of service and region, and an event elsewhere is nobody's here."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent
from shared.context.ports import Absence, SourceUnavailableError
from shared.context.service_health import Reading, Use, may_explain, over_at, read_declared
from tests.context.declared_rows import (
    LOBBY,
    SUBSCRIPTION,
    WEB_PUBSUB,
    GraphOfRows,
    event_row,
    impacted_row,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE = Use(WEB_PUBSUB, "westeurope")


def read(graph: GraphOfRows, *uses: Use) -> Reading:
    return read_declared(graph, [SUBSCRIPTION], uses or [HERE], [LOBBY])


def read_ids(graph: GraphOfRows, *uses: Use) -> list[str]:
    return [event.tracking_id for event in read(graph, *uses).events]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def issue(start: datetime | None, end: datetime | None = None, **fields: object) -> ServiceHealthEvent:
    impacts = (Impact("Azure Web PubSub", "West Europe"),)
    event = ServiceHealthEvent("VN1K-9W8", DeclaredKind.ISSUE, "t", impacts, start, end, end is None)
    return event if not fields else ServiceHealthEvent(**{**_fields(event), **fields})  # type: ignore[arg-type]


def _fields(event: ServiceHealthEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in ServiceHealthEvent.__dataclass_fields__}


def test_an_incident_here_is_read_with_its_link() -> None:
    (event,) = read(GraphOfRows([event_row()])).events

    assert (
        ServiceHealthEvent(
            "VN1K-9W8",
            DeclaredKind.ISSUE,
            "Clients cannot connect",
            (Impact("Azure Web PubSub", "West Europe"),),
            at(-10),
            link="https://app.azure.com/h/VN1K-9W8/bbadb3",
        )
        == event
    )


@pytest.mark.parametrize(
    "impact",
    [
        pytest.param({"Azure Web PubSub": ["East US"]}, id="another region"),
        pytest.param({"Virtual Machines": ["West Europe"]}, id="another service"),
        pytest.param(
            {"Azure Web PubSub": ["East US"], "Storage": ["West Europe"]}, id="a pair that is never named"
        ),
        pytest.param({"Azure Web PubSub": ["West Europe 2"]}, id="a region whose name begins alike"),
        pytest.param({"Pubsubwebx": ["West Europe"]}, id="a name that only looks alike"),
    ],
)
def test_an_incident_elsewhere_is_not_ours(impact: dict[str, list[str]]) -> None:
    assert [] == read_ids(GraphOfRows([event_row(impact=impact)]))


@pytest.mark.parametrize(
    ("impact", "use"),
    [
        pytest.param({"Web PubSub": ["West Europe"]}, HERE, id="another name of the service"),
        pytest.param({"Azure SignalR Service": ["West Europe"]}, HERE, id="the platform below it"),
        pytest.param({"Azure Web PubSub": ["Global"]}, HERE, id="an event of all regions"),
        pytest.param(
            {"Azure Web PubSub": ["Global"]}, Use(WEB_PUBSUB, None), id="all regions, ours not known"
        ),
        pytest.param({"Azure Key Vault": ["West Europe"]}, Use("Key Vault", "westeurope"), id="a dependency"),
        pytest.param(
            {"Azure Communication Services": ["East US"]},
            Use("microsoft.communication/communicationservices", "global"),
            id="a service without a region",
        ),
    ],
)
def test_an_incident_of_what_is_used_is_ours(impact: dict[str, list[str]], use: Use) -> None:
    assert ["VN1K-9W8"] == read_ids(GraphOfRows([event_row(impact=impact)]), use)


def test_a_region_that_is_not_known_is_blamed_on_no_event_of_one_region() -> None:
    assert [] == read_ids(GraphOfRows([event_row()]), Use(WEB_PUBSUB, None))


def test_only_our_part_of_a_large_event_is_kept() -> None:
    regions = [f"Region {number}" for number in range(300)]
    row = event_row(impact={"Azure Web PubSub": [*regions, "West Europe"], "Storage": ["West Europe"]})

    (event,) = read(GraphOfRows([row])).events

    assert (Impact("Azure Web PubSub", "West Europe"),) == event.impacts


def test_a_resource_that_is_named_is_hit_whatever_its_region() -> None:
    rows = [event_row(impact={"Azure Web PubSub": ["East US"]}), impacted_row("VN1K-9W8", LOBBY.upper())]

    (event,) = read(GraphOfRows(rows)).events

    assert (LOBBY,) == event.impacted


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("PlannedMaintenance", DeclaredKind.PLANNED),
        ("HealthAdvisory", DeclaredKind.ADVISORY),
        ("SecurityAdvisory", DeclaredKind.SECURITY),
    ],
)
def test_each_kind_is_read(event_type: str, kind: DeclaredKind) -> None:
    assert [kind] == [event.kind for event in read(GraphOfRows([event_row(EventType=event_type)])).events]


def test_a_bill_is_no_event_of_ours() -> None:
    assert [] == read_ids(GraphOfRows([event_row(EventType="Billing")]))


def test_a_tracking_id_that_would_break_a_link_is_left_out() -> None:
    assert [] == read_ids(GraphOfRows([event_row("x](https://evil.example)")]))


def test_a_tracking_id_with_an_underscore_is_read() -> None:
    (event,) = read(GraphOfRows([event_row("1K80-N_8")])).events

    assert ("1K80-N_8", "https://app.azure.com/h/1K80-N_8/bbadb3") == (event.tracking_id, event.link)


def test_a_tracking_id_that_is_refused_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    read(GraphOfRows([event_row("x](https://evil.example)"), event_row("1K80-N_8")]))

    assert [
        "The tracking id 'x](https://evil.example)' is refused, and its event left out"
    ] == caplog.messages


def test_a_resolved_event_without_an_end_ended_at_its_last_update() -> None:
    (event,) = read(GraphOfRows([event_row(Status="Resolved")])).events

    assert at(5) == event.end


def test_an_event_is_active_while_it_is_in_one_subscription() -> None:
    other = "ccb14129-e895-429b-8809-278e836ecdb3"
    over = event_row(Status="Resolved", ImpactMitigationTime="2026-03-02T11:55:00Z")
    graph = GraphOfRows([over, event_row(subscription=other)])

    (event,) = read_declared(graph, [SUBSCRIPTION, other], [HERE], [LOBBY]).events

    assert (True, None) == (event.is_active, event.end)


def test_a_resolved_event_ended_when_the_first_subscription_says_so() -> None:
    ends = ("2026-03-02T12:20:00Z", "2026-03-02T11:55:00Z")
    rows = [event_row(Status="Resolved", ImpactMitigationTime=end) for end in ends]

    (event,) = read(GraphOfRows(rows)).events

    assert (False, at(-5)) == (event.is_active, event.end)


def test_a_review_of_weeks_later_is_not_the_end() -> None:
    row = event_row(Status="Resolved", LastUpdateTime="2026-03-16T12:00:00Z")

    (event,) = read(GraphOfRows([row])).events

    assert at(-10) + timedelta(days=1) == event.end


def test_a_region_may_be_over_before_the_event() -> None:
    region = {"ImpactedRegion": "West Europe", "Status": "Resolved", "LastUpdateTime": "2026-03-02T11:55:00Z"}

    (event,) = read(GraphOfRows([event_row(impact={"Azure Web PubSub": [region, "East US"]})])).events

    assert at(-5) == over_at(event)


def test_a_subscription_that_shows_nothing_is_a_gap_with_the_role() -> None:
    reading = read(GraphOfRows([], subscriptions=[]))

    assert reading.gap is not None
    assert (
        f"Resource Graph shows nothing of the subscription {SUBSCRIPTION}; the role Reader on it would mend it"
        == reading.gap.sentence
    )


def test_a_graph_that_cannot_be_reached_is_not_an_empty_one() -> None:
    error = SourceUnavailableError("Resource Graph: no answer in time", absence=Absence.OUT_OF_TIME)

    with pytest.raises(SourceUnavailableError):
        read(GraphOfRows([event_row()], error=error))


def test_nothing_is_asked_for_nothing() -> None:
    graph = GraphOfRows([event_row()])

    assert ((), []) == (read_declared(graph, [SUBSCRIPTION], [], []).events, graph.asked)


@pytest.mark.parametrize(
    ("event", "explains"),
    [
        (issue(at(-200)), True),
        (issue(at(15)), True),
        (issue(at(16)), False),
        (issue(at(-60), at(-5)), True),
        (issue(at(-60), at(-6)), False),
        (issue(None), False),
        (issue(at(-10), kind=DeclaredKind.PLANNED), False),
        (issue(at(-10), kind=DeclaredKind.ADVISORY), False),
    ],
)
def test_an_incident_explains_failures_of_its_time_only(event: ServiceHealthEvent, explains: bool) -> None:
    assert explains == may_explain(event, NOON)
