"""What a watch saw by is remembered, and what it is blind to is announced once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from shared.configuration.resources import WatchedResource
from shared.health.source_watch import watch_sources
from shared.health.sources import Source, SourceState
from shared.incidents.watch import Watched
from shared.queries.logs import Failure, QueryError
from shared.signals.arrivals import Arrival
from shared.signals.metrics.poll import MetricFailure
from shared.signals.poll import Polled
from shared.signals.web_pubsub import TABLES

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"
RESOURCE = WatchedResource(LOBBY, "floor", "floor", "floor")
NO_ROLE = QueryError(Failure.PERMISSION, "403: no role on the workspace")
THROTTLED = QueryError(Failure.THROTTLED, "429: later")


class FakeSources:
    """The contract of `Sources`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[Source, SourceState] = {}

    def read(self) -> Mapping[Source, SourceState]:
        return dict(self.kept)

    def save(self, states: Mapping[Source, SourceState]) -> Sequence[Source]:
        self.kept.update(states)
        return ()

    def forget(self, sources: Sequence[Source]) -> None:
        for one in sources:
            self.kept.pop(one, None)


class FakeAnnouncer:
    """Remembers what was announced by its key."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}

    def announce(self, key: str, title: str, text: str, at: datetime, link: str | None = None) -> None:
        self.titles.setdefault(key, title)


def watched(looked: Polled | None = None, *failures: MetricFailure) -> Watched:
    return Watched((RESOURCE,), looked or Polled(complete_workspaces=("floor",)), failures, 0, ())


def announced(*looks: Watched, minutes: int = 1) -> list[str]:
    """Keep sight of some looks, and return the titles of what was announced."""
    sources, announcer = FakeSources(), FakeAnnouncer()
    for number, one in enumerate(looks):
        watch_sources(one, sources, announcer, TEN + number * timedelta(minutes=minutes))
    return list(announcer.titles.values())


def refused(error: QueryError = NO_ROLE) -> Watched:
    return watched(Polled(failures=(("floor", "arrivals", error),)))


def test_an_arrival_is_remembered_by_when_it_came() -> None:
    sources = FakeSources()
    arrival = Arrival("floor", TABLES[0], LOBBY, 3, TEN - timedelta(hours=1), TEN, TEN)
    states = watch_sources(watched(Polled(arrivals=(arrival,))), sources, FakeAnnouncer(), TEN)

    assert TEN == states[Source("floor", TABLES[0], LOBBY)].newest
    assert states == sources.kept


def test_a_workspace_that_refuses_us_is_announced_once_and_so_is_its_return() -> None:
    assert ["Linekeeper is blind on floor", "Linekeeper sees floor again"] == announced(
        refused(), refused(), watched()
    )


def test_throttling_is_announced_only_when_it_lasts() -> None:
    assert [] == announced(refused(THROTTLED), refused(THROTTLED))
    assert 1 == len(announced(refused(THROTTLED), refused(THROTTLED), minutes=61))


def test_a_missing_category_is_announced_by_its_table_and_all_of_a_kind_as_one() -> None:
    some = Polled(missing=(("floor", "WebPubSubHttpRequest"), ("floor", "ACSChatIncomingOperations")))
    every = Polled(missing=tuple(("floor", table) for table in TABLES))

    assert ["Linekeeper is blind on WebPubSubHttpRequest"] == announced(watched(some))
    assert ["Linekeeper is blind on the logs of Web PubSub"] == announced(watched(every))


def test_a_resource_that_sends_one_category_of_two_is_announced_after_three_hours() -> None:
    arrivals = [
        Arrival("floor", "WebPubSubConnectivity", LOBBY, 3, TEN, TEN, TEN + hour * timedelta(hours=1))
        for hour in range(4)
    ]
    looks = [watched(Polled(arrivals=(arrival,), complete_workspaces=("floor",))) for arrival in arrivals]

    assert [] == announced(*looks[:3], minutes=60)
    assert ["Linekeeper is blind on WebPubSubHttpRequest of lobby"] == announced(*looks, minutes=60)


def test_a_resource_that_sends_both_categories_is_seen() -> None:
    looks = [
        watched(
            Polled(
                arrivals=tuple(
                    Arrival("floor", table, LOBBY, 3, TEN, TEN, TEN + hour * timedelta(hours=1))
                    for table in TABLES
                ),
                complete_workspaces=("floor",),
            )
        )
        for hour in range(4)
    ]

    assert [] == announced(*looks, minutes=60)


def test_metrics_without_a_region_are_announced_at_once() -> None:
    unknown = MetricFailure(
        (LOBBY,), "", "region unknown: no row of its logs has told it yet; add `region` to resources.yaml"
    )

    assert ["Linekeeper is blind on metrics of lobby"] == announced(watched(None, unknown))
