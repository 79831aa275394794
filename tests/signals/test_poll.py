"""One poll: who is asked what, from when on, for whom it counts, and what a failure leaves undone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.resources import WatchedResource
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.signals import web_pubsub
from shared.signals.counts import Count
from shared.signals.family import LogFamily, Place
from shared.signals.poll import Polled, poll
from shared.signals.signal import COMMUNICATION, Origin, Shape, Signal

RG = "/subscriptions/6f1c/resourcegroups/rg-floor/providers"
LOBBY = f"{RG}/microsoft.signalrservice/webpubsub/lobby"
PIT = f"{RG}/microsoft.signalrservice/webpubsub/trading-pit"
CLINIC = f"{RG}/microsoft.communication/communicationservices/clinic"
HOSPICE = f"{RG}/microsoft.communication/communicationservices/hospice"
DESK = f"{RG}/microsoft.insights/components/desk"
WARD = f"{RG}/microsoft.insights/components/ward"
NOW = datetime(2026, 11, 21, 10, 3, tzinfo=UTC)
TEN = NOW.replace(minute=0)

SOCKETS = LogFamily(
    "transcription-sockets",
    COMMUNICATION,
    Place.APPLICATION,
    ("AppTraces",),
    (
        Signal("transcription-sockets", COMMUNICATION, "acs-transcription-websocket-drops", "dropped sockets", Origin.LOGS, Shape.RATIO, ("AppTraces",), timedelta(minutes=2), ""),
    ),
)  # fmt: skip
(CONNECTS, DROPS, UPSTREAM) = web_pubsub.FAMILIES
TABLE = "WebPubSubConnectivity"


def arrival(resource: str = LOBBY, oldest: datetime = TEN, table: str = TABLE) -> Mapping[str, object]:
    return {"Table": table, "Resource": resource, "Rows": 3, "Oldest": oldest, "Newest": NOW, "Ingested": NOW}


def row(reason: str = "status 401", events: float = 3, **other: object) -> Mapping[str, object]:
    bad = {"Resource": LOBBY, "Signal": "refused-connects", "Bucket": TEN, "IsBad": True, "Reason": reason}
    return {**bad, "Events": events, "Sample": "", **other}


@dataclass
class FakeWorkspace:
    """Answers arrivals and families with rows; refuses texts that name a table it does not have."""

    arrived: tuple[Mapping[str, object], ...] = (arrival(),)
    rows: tuple[Mapping[str, object], ...] = ()
    lacks: frozenset[str] = frozenset()
    fails: Mapping[str, QueryError] = field(default_factory=dict)
    partial: str | None = None
    queries: list[str] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        self.queries.append(text)
        for table in sorted(self.lacks):
            if table in text and f"let {table} = datatable" not in text:
                raise QueryError(Failure.MISSING_TABLE, f"no table {table}", table=table)
        for words, error in self.fails.items():
            if words in text:
                raise error
        if "ingestion_time()" in text:
            return LogAnswer(self.arrived)
        rows = tuple(answer_row for answer_row in self.rows if f'Signal = "{answer_row["Signal"]}"' in text)
        return LogAnswer(rows, partial=self.partial)

    def texts(self, words: str) -> list[str]:
        return [text for text in self.queries if words in text]


def web_pubsub_at(resource: str = LOBBY, workspace: str = "floor") -> WatchedResource:
    return WatchedResource(resource, workspace, workspace, workspace)


def polled(
    workspace: FakeWorkspace,
    *resources: WatchedResource,
    watermark: datetime | None = NOW - timedelta(minutes=1),
    families: tuple[LogFamily, ...] = (CONNECTS,),
    **other: object,
) -> Polled:
    watched = resources or (web_pubsub_at(),)
    return poll(watched, lambda _: workspace, {"floor": watermark}, families, NOW, **other)  # type: ignore[arg-type]


def only(result: Polled) -> Count:
    (count,) = result.counts
    return count


def test_rows_become_one_count_of_a_bucket() -> None:
    good = row("", 40, IsBad=False)
    count = only(polled(FakeWorkspace(rows=(row(), row("audience", 5), good))))

    assert Count(LOBBY, "refused-connects", TEN, 8, 48, NOW, {"audience": 5, "status 401": 3}, "") == count
    assert ["audience", "status 401"] == list(count.reasons)


def test_a_dozen_reasons_are_kept_by_name_and_the_rest_is_folded() -> None:
    rows = tuple(row(f"hub-{number}: 500", 20 - number) for number in range(15))
    reasons = only(polled(FakeWorkspace(rows=rows))).reasons

    assert 12 == len(reasons)
    assert (9 + 8 + 7 + 6, sum(20 - number for number in range(15))) == (
        reasons["other"],
        sum(reasons.values()),
    )


@pytest.mark.parametrize(
    ("watermark", "since"),
    [
        (None, NOW - timedelta(hours=24)),
        (NOW - timedelta(minutes=1), NOW - timedelta(minutes=11)),
        (NOW - timedelta(days=3), NOW - timedelta(hours=24)),
        (NOW + timedelta(minutes=30), NOW - timedelta(minutes=10)),
    ],
)
def test_arrivals_are_asked_from_the_watermark_with_an_overlap(
    watermark: datetime | None, since: datetime
) -> None:
    workspace = FakeWorkspace()
    polled(workspace, watermark=watermark)

    assert f"let windowStart = datetime({since.isoformat().replace('+00:00', 'Z')});" in workspace.queries[0]


@pytest.mark.parametrize(
    ("oldest", "start"),
    [
        (NOW - timedelta(minutes=7), "2026-11-21T09:55:00Z"),
        (TEN, "2026-11-21T10:00:00Z"),
        (NOW - timedelta(days=2), "2026-11-20T10:00:00Z"),
    ],
)
def test_a_family_is_counted_from_the_bucket_of_the_oldest_arrival(oldest: datetime, start: str) -> None:
    workspace = FakeWorkspace(arrived=(arrival(oldest=oldest), arrival(oldest=NOW)))
    polled(workspace)

    (text,) = workspace.texts('Signal = "refused-connects"')
    assert f"let windowStart = datetime({start});" in text


@pytest.mark.parametrize(
    "arrived",
    [
        pytest.param((), id="nothing"),
        pytest.param((arrival(PIT),), id="rows of a resource that nobody watches"),
        pytest.param((arrival(oldest=NOW + timedelta(minutes=2)),), id="rows of a clock that is ahead"),
    ],
)
def test_without_arrivals_one_query_is_all(arrived: tuple[Mapping[str, object], ...]) -> None:
    result = polled(FakeWorkspace(arrived=arrived))

    assert (1, ("floor",), ()) == (result.queries, result.complete_workspaces, result.counts)


def test_tables_that_the_workspace_never_received_are_left_out_and_told() -> None:
    workspace = FakeWorkspace(lacks=frozenset({"WebPubSubMessaging", "WebPubSubHttpRequest"}), rows=(row(),))
    result = polled(workspace)

    assert (("floor", "WebPubSubHttpRequest"), ("floor", "WebPubSubMessaging")) == result.missing
    assert 3 == only(result).bad
    assert (4, ("floor",), ()) == (result.queries, result.complete_workspaces, result.failures)


def test_tables_known_to_be_absent_cost_no_query() -> None:
    lacks = frozenset({"WebPubSubMessaging", "WebPubSubHttpRequest"})
    result = polled(FakeWorkspace(lacks=lacks), absent={"floor": lacks})

    assert (2, 2) == (result.queries, len(result.missing))


def test_a_family_that_fails_stops_no_other_but_the_watermark() -> None:
    error = QueryError(Failure.THROTTLED, "429")
    workspace = FakeWorkspace(rows=(row(),), fails={'Signal = "aborts"': error})
    result = polled(workspace, families=(CONNECTS, DROPS, UPSTREAM))

    assert (("floor", "web-pubsub-drops", error),) == result.failures
    assert 3 == only(result).bad
    assert () == result.complete_workspaces


def test_a_partial_answer_is_a_failure_and_no_count() -> None:
    result = polled(FakeWorkspace(rows=(row(),), partial="the result set was cut at 64 MB"))

    ((_, what, error),) = result.failures
    assert ("web-pubsub-connects", ()) == (what, result.counts)
    assert "cut at 64 MB" in str(error)


def test_a_workspace_that_fails_stops_no_other() -> None:
    closed = FakeWorkspace(fails={"ingestion_time": QueryError(Failure.PERMISSION, "403")})
    places = {"floor": closed, "annex": FakeWorkspace((arrival(PIT),), (row(Resource=PIT),))}
    result = poll([web_pubsub_at(), web_pubsub_at(PIT, "annex")], places.__getitem__, {}, (CONNECTS,), NOW)

    assert [("floor", "arrivals")] == [(workspace, what) for workspace, what, _ in result.failures]
    assert (PIT, ("annex",)) == (only(result).resource, result.complete_workspaces)


def test_a_row_without_a_resource_counts_for_the_one_that_is_watched_alone() -> None:
    workspace = FakeWorkspace(arrived=(arrival(""),), rows=(row(Resource=""),))

    assert LOBBY == only(polled(workspace)).resource
    assert () == polled(workspace, web_pubsub_at(), web_pubsub_at(PIT)).counts


SOCKET = row("closed-1006", Resource=DESK.upper(), Signal="transcription-sockets")


def of_clinics(*clinics: tuple[str, tuple[str, ...]]) -> Callable[[], tuple[WatchedResource, ...]]:
    return lambda: tuple(
        WatchedResource(clinic, "service", "service", "floor", apps) for clinic, apps in clinics
    )


@pytest.mark.parametrize(
    ("resources", "counted"),
    [
        pytest.param(of_clinics((CLINIC, (DESK,)), (HOSPICE, (WARD,))), [CLINIC], id="the resource that names it"),
        pytest.param(of_clinics((CLINIC, (DESK,)), (HOSPICE, (WARD, DESK))), [CLINIC, HOSPICE], id="two that name it"),
        pytest.param(of_clinics((CLINIC, (WARD,)), (HOSPICE, ())), [HOSPICE], id="one that names none"),
    ],
)  # fmt: skip
def test_rows_of_an_application_count_for_the_resources_that_it_uses(
    resources: Callable[[], tuple[WatchedResource, ...]], counted: list[str]
) -> None:
    workspace = FakeWorkspace(arrived=(arrival(DESK, table="AppTraces"),), rows=(SOCKET,))
    result = polled(workspace, *resources(), families=(SOCKETS, CONNECTS))

    assert counted == sorted(count.resource for count in result.counts)
    assert [] == workspace.texts("WebPubSub")


def test_unnamed_applications_leave_the_scope_open() -> None:
    workspace = FakeWorkspace(arrived=())
    polled(workspace, *of_clinics((CLINIC, (DESK,)), (HOSPICE, ()))(), families=(SOCKETS,))

    assert "let appIds = dynamic([]);" in workspace.queries[0]
