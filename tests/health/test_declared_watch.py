"""Service Health that cannot be read is said once with its role, and holds nothing up; maintenance is announced once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.context.declared import Declarations, LineUses
from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent
from shared.context.ports import Absence, SourceUnavailableError
from shared.context.service_health import Use
from shared.health.declared_watch import watch_declared
from shared.health.maintenance import announce_maintenance
from shared.health.source_watch import watch_service_health_source
from shared.health.sources import Source, SourceFailure, SourceState
from shared.incidents.declared import join_declared
from tests.context.declared_rows import LOBBY, WEB_PUBSUB, FakeDeclaredEvents, GraphOfRows, event_row
from tests.incidents.fake_rooms import FAILURES, at, broken

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
USES = {LOBBY: LineUses((Use(WEB_PUBSUB, "westeurope"),))}
UNREACHABLE = SourceUnavailableError("Resource Graph: Azure Resource Manager cannot be reached: no route")
FORBIDDEN = SourceUnavailableError(
    "Resource Graph: 403: the app lacks the action read", "Reader", absence=Absence.FORBIDDEN
)


@dataclass
class Board:
    """Remembers each announcement, by its key."""

    texts: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        at: datetime,
        link: str | None = None,
        *,
        silence: str | None = None,
    ) -> None:
        self.texts.setdefault(key, (title, text, silence))

    def titles(self) -> list[str]:
        return [title for title, _, _ in self.texts.values()]


class FakeSources:
    def __init__(self) -> None:
        self.states: dict[Source, SourceState] = {}

    def read(self) -> dict[Source, SourceState]:
        return dict(self.states)

    def save(self, states: dict[Source, SourceState]) -> list[Source]:
        self.states |= states
        return []

    def forget(self, sources: list[Source]) -> None:
        raise AssertionError(sources)


def maintenance(**fields: object) -> ServiceHealthEvent:
    event = ServiceHealthEvent(
        "7PMW-1X4",
        DeclaredKind.PLANNED,
        "Planned maintenance",
        (Impact("Azure Web PubSub", "West Europe"),),
        NOON + timedelta(hours=20),
        NOON + timedelta(hours=22),
        link="https://app.azure.com/h/7PMW-1X4/bbadb3",
    )
    return replace(event, **fields)  # type: ignore[arg-type]


def announced(event: ServiceHealthEvent, *moments: datetime) -> Board:
    board = Board()
    declarations = Declarations(FakeDeclaredEvents(event), lambda: USES)
    for moment in moments or (NOON,):
        announce_maintenance(declarations, board, lambda name: f"https://watch/{name}", moment)
    return board


def test_a_missing_role_is_said_once_with_its_name_and_so_is_its_end() -> None:
    board, sources = Board(), FakeSources()
    for minute in range(5):
        failure = watch_declared(GraphOfRows(error=FORBIDDEN), USES, FakeDeclaredEvents(), NOON)
        watch_service_health_source(failure, sources, board, NOON + timedelta(minutes=minute))
    watch_service_health_source(None, sources, board, NOON + timedelta(minutes=6))

    assert ["Linekeeper is blind on service health", "Linekeeper sees service health again"] == board.titles()
    assert "the role Reader would mend it" in next(iter(board.texts.values()))[1]


def test_a_subscription_that_is_hidden_is_said_and_not_taken_for_a_quiet_one() -> None:
    failure = watch_declared(GraphOfRows(subscriptions=[]), USES, FakeDeclaredEvents(), NOON)

    assert failure is not None
    assert failure.lasting
    assert "the role Reader on it would mend it" in failure.reason


def test_a_graph_that_fails_for_minutes_is_not_said() -> None:
    board, sources = Board(), FakeSources()
    for minute in (0, 30, 59):
        failure = watch_declared(GraphOfRows(error=UNREACHABLE), USES, FakeDeclaredEvents(), NOON)
        watch_service_health_source(failure, sources, board, NOON + timedelta(minutes=minute))

    assert SourceFailure(UNREACHABLE.reason, lasting=False) == failure
    assert [] == board.titles()


def test_what_was_read_is_kept_while_nothing_can_be_read_and_goes_when_it_is_old() -> None:
    events = FakeDeclaredEvents()
    watch_declared(GraphOfRows([event_row()]), USES, events, NOON)
    watch_declared(GraphOfRows(error=UNREACHABLE), USES, events, NOON + timedelta(days=29))
    kept = len(events.all())
    watch_declared(GraphOfRows(error=UNREACHABLE), USES, events, NOON + timedelta(days=31, minutes=3))

    assert (1, 0) == (kept, len(events.all()))


def test_an_active_issue_that_azure_returns_no_more_ended_when_it_was_missed() -> None:
    events, later = FakeDeclaredEvents(), NOON + timedelta(hours=3)
    watch_declared(GraphOfRows([event_row()]), USES, events, NOON)
    watch_declared(GraphOfRows(), USES, events, later)
    watch_declared(GraphOfRows(), USES, events, later + timedelta(minutes=1))

    assert [(False, later)] == [(event.is_active, event.end) for event in events.all()]


def test_an_active_issue_stays_open_where_the_reading_has_a_gap() -> None:
    events = FakeDeclaredEvents()
    watch_declared(GraphOfRows([event_row()]), USES, events, NOON)
    watch_declared(GraphOfRows(subscriptions=[]), USES, events, NOON + timedelta(hours=3))
    watch_declared(GraphOfRows(), {}, events, NOON + timedelta(hours=3))  # nothing is asked

    assert [(True, None)] == [(event.is_active, event.end) for event in events.all()]


def test_a_graph_that_is_down_for_an_hour_changes_no_incident() -> None:
    graph, events, house = GraphOfRows(error=UNREACHABLE), FakeDeclaredEvents(), broken()
    house.floor.happens("refused-connects", 10, 60, 0, 200)
    house.floor.causes[FAILURES, "token-expired"] = at(0)
    for minute in range(2, 62):
        watch_declared(graph, USES, events, at(minute))
        join_declared(replace(house.casework(), declarations=Declarations(events, lambda: USES)), at(minute))
        house.watch(at(minute))
        for incident in list(house.incidents.kept):
            house.diagnose(incident, at(minute))
        house.track(at(minute))

    assert not house.only().is_open
    assert ("token-expired", None, ()) == (
        house.only().cause,
        house.only().demoted_from,
        house.only().declared,
    )
    assert ["opened", "cause found", "resolved"] == house.notifier.states()


def test_a_maintenance_is_announced_once_the_day_before_with_a_link_that_silences() -> None:
    board = announced(maintenance(), *(NOON + timedelta(hours=hours) for hours in (-5, -4, 0, 1, 19)))

    ((title, text, silence),) = board.texts.values()
    assert ("Planned maintenance 7PMW-1X4", "https://watch/7PMW-1X4") == (title, silence)
    assert "from 2026-03-03 08:00 UTC to 2026-03-03 10:00 UTC" in text
    assert "lobby" in text
    assert "Nothing is silenced by this notice." in text


def test_a_maintenance_that_is_put_off_is_announced_again() -> None:
    board = announced(maintenance())
    later = Declarations(
        FakeDeclaredEvents(maintenance(start=NOON + timedelta(hours=23), end=NOON + timedelta(hours=24))),
        lambda: USES,
    )
    announce_maintenance(later, board, lambda _: None, NOON)

    assert 2 == len(board.texts)


def test_what_is_no_maintenance_of_ours_within_a_day_is_not_announced() -> None:
    others = (
        maintenance(impacts=(Impact("Azure Web PubSub", "East US"),)),
        maintenance(impacts=(Impact("Virtual Machines", "West Europe"),)),
        maintenance(start=NOON + timedelta(hours=25)),
        maintenance(start=NOON - timedelta(hours=1)),
        maintenance(start=None),
        maintenance(is_active=False),
        maintenance(kind=DeclaredKind.ISSUE),
    )

    assert [[]] * len(others) == [announced(event).titles() for event in others]


def test_a_maintenance_of_days_or_without_an_end_has_no_link_that_silences() -> None:
    endless, long = maintenance(end=None), maintenance(end=NOON + timedelta(days=9))

    assert [None, None] == [
        silence for event in (endless, long) for _, _, silence in announced(event).texts.values()
    ]
