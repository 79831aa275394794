"""An incident is validated when its signals hold and neither the canary nor Azure says otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from shared.context.ports import Availability, HealthState, SourceUnavailableError
from shared.incidents.incident import Ending, State
from shared.incidents.lifecycle.perspectives import CANARY, View, is_validated, perspectives_of
from shared.incidents.track import Tracker
from shared.objectives.recovery import Recovery
from shared.signals.counts import Count
from tests.incidents.fake_rooms import LOBBY, NOON, REFUSED, House, at, broken
from tests.notices.milestones import ended

HELD = Recovery(6, 6, None, NOON)
SUBSCRIPTION_ROLE = "Reader"


@dataclass
class FakeHealth:
    """Azure Resource Health that says what it is told to."""

    state: HealthState | None = HealthState.AVAILABLE
    asked: list[str] = field(default_factory=list)

    def current(self, resource: str, within: timedelta) -> Availability:
        self.asked.append(resource)
        if self.state is None:
            reason = "the resource health of the lobby may not be read"
            raise SourceUnavailableError(reason, SUBSCRIPTION_ROLE)
        return Availability(resource, self.state, summary="We are looking into it.", since=NOON)


def canary(minute: float, bad: float, total: float = 5) -> Count:
    return Count(LOBBY, CANARY, at(minute), bad, total, NOON)


def views(recovery: Recovery | None, *series: Count, health: FakeHealth | None = None) -> list[View]:
    perspectives = perspectives_of(ended(Ending.HELD), recovery, series, health, at(30))
    return [each.view for each in perspectives]


def test_signals_the_canary_and_azure_agree() -> None:
    perspectives = perspectives_of(ended(Ending.HELD), HELD, [canary(20, 0)], FakeHealth(), at(30))

    assert [View.OVER] * 3 == [each.view for each in perspectives]
    assert is_validated(perspectives)


def test_what_is_missing_stands_in_the_way_of_nothing() -> None:
    perspectives = perspectives_of(ended(Ending.HELD), HELD, [], None, at(30))

    assert [View.OVER, View.UNKNOWN, View.UNKNOWN] == [each.view for each in perspectives]
    assert is_validated(perspectives)


def test_nobody_who_can_tell_validates_nothing() -> None:
    assert not is_validated(perspectives_of(ended(Ending.BY_HAND), None, [], None, at(30)))


def test_a_try_of_the_canary_that_just_failed_contradicts() -> None:
    assert View.NOT_OVER == views(HELD, canary(20, 0), canary(25, 1))[1]
    assert View.OVER == views(HELD, canary(5, 5), canary(20, 0), canary(25, 0))[1]
    assert View.UNKNOWN == views(HELD, canary(-60, 5))[1]


def test_a_permission_that_is_missing_is_said_with_its_role() -> None:
    *_, health = perspectives_of(ended(Ending.HELD), HELD, [], FakeHealth(None), at(30))

    assert View.UNKNOWN == health.view
    assert SUBSCRIPTION_ROLE in health.text


def recovering(health: FakeHealth) -> tuple[House, Callable[[float], None]]:
    """Return a house whose fix holds from 12:10 on, and what lets a minute pass."""
    house = broken()
    house.floor.happens(REFUSED, 10, 240, 0, 200)
    house.watch(at(12))

    def pass_minute(minute: float) -> None:
        house.watch(at(minute))
        tracker = Tracker(
            house.casework(),
            house.policy(),
            house.counts,
            house.normals,
            house.steps,
            health=health,
            dependents=lambda _: ["the shop"],
        )
        tracker.track(at(minute))

    return house, pass_minute


def test_an_incident_is_held_open_while_azure_says_degraded() -> None:
    health = FakeHealth(HealthState.DEGRADED)
    house, pass_minute = recovering(health)
    for minute in range(15, 90, 5):
        pass_minute(minute)

    incident = house.only()
    assert (State.VALIDATING, "resource health") == (incident.state, incident.contradicted_by)
    assert 1 == sum(entry.what == "not validated yet" for entry in incident.timeline)

    health.state = HealthState.AVAILABLE
    pass_minute(90)
    assert Ending.HELD == house.only().ending
    (report,) = [text for name, text in house.documents.kept.items() if name.startswith("reports/")]
    assert "Validated: every perspective that can tell says so." in report
    assert "- resource health: **over**; Azure says Available" in report
    assert "- depends on the resource: the shop" in report


def test_azure_is_asked_only_when_the_signals_hold() -> None:
    health = FakeHealth()
    _, pass_minute = recovering(health)
    for minute in range(15, 35, 5):
        pass_minute(minute)

    assert [] == health.asked


def test_a_health_that_cannot_be_read_ends_nothing() -> None:
    house, pass_minute = recovering(FakeHealth(None))
    for minute in range(15, 60, 5):
        pass_minute(minute)

    assert Ending.HELD == house.only().ending


def test_nothing_is_held_open_for_more_than_a_day() -> None:
    house, pass_minute = recovering(FakeHealth(HealthState.UNAVAILABLE))
    for minute in (15, 50, 60, 24 * 60 + 15):
        pass_minute(minute)

    assert Ending.HELD == house.only().ending
    (report,) = [text for name, text in house.documents.kept.items() if name.startswith("reports/")]
    assert "**Not validated**" in report
