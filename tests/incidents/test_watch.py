"""A watch opens, joins or reopens, asks for a look, tells once, and moves its marks last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.incidents.incident import Ending, Incident, State
from shared.incidents.lifecycle.states import resolved
from shared.incidents.watch import METRICS, RETENTION
from shared.queries.logs import Failure, QueryError
from shared.races import LostRaceError
from shared.signals.arrivals import Arrival
from shared.signals.received import ReceivedEvent
from shared.signals.regions import learnt_regions
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import ABORTS, DROPS, FAILURES, HANDLERS, LOBBY, REFUSED, House, at, broken

THROTTLED = QueryError(Failure.THROTTLED, "429: try again later")


class Outrun(FakeIncidents):
    """Lets another instance act just before the first write."""

    def __init__(self, kept: dict[str, Incident], first: Callable[[], object]) -> None:
        super().__init__()
        self.kept = kept
        self._first: Callable[[], object] | None = first

    def create(self, incident: Incident, previous: Incident | None) -> Incident:
        if self._first:
            first, self._first = self._first, None
            first()
        return super().create(incident, previous)


def ended(house: House, now: datetime) -> Incident:
    """End the one incident by hand, and return it."""
    return house.incidents.save(resolved(house.only(), Ending.BY_HAND, now))


def test_a_breach_opens_one_incident_asks_for_one_look_and_tells_once() -> None:
    house = broken()
    (opened,) = house.watch(at(11)).incidents

    assert opened == house.only()
    assert (FAILURES, 1, State.DETECTED, at(0), at(10)) == (
        opened.symptom, opened.number, opened.state, opened.onset, opened.last_bad,
    )  # fmt: skip
    assert [opened.id] == house.work.asked
    assert ["opened"] == house.notifier.states()
    assert () == opened.unnotified


def test_failed_answers_to_events_open_an_incident_without_any_log() -> None:
    house = House()
    house.events.received = [
        ReceivedEvent(LOBBY, at(10), "chat: handler out of time" if number % 2 else "", "", False)
        for number in range(60)
    ]
    (opened,) = house.watch(at(11)).incidents
    house.watch(at(11))

    assert (HANDLERS, at(10)) == (opened.symptom, opened.onset)
    assert 1 == len(house.incidents.kept)


def test_unwanted_disconnects_open_an_incident_and_wanted_ones_do_not() -> None:
    house = House()
    house.events.received = [ReceivedEvent(LOBBY, at(5), "", "normal", False)] * 300
    assert () == house.watch(at(10)).incidents
    house.events.received += [ReceivedEvent(LOBBY, at(10), "", "slow client", True)] * 30

    assert [DROPS] == [incident.symptom for incident in house.watch(at(11)).incidents]


def test_a_lobby_without_trouble_opens_nothing() -> None:
    house = House()
    house.floor.happens(REFUSED, -60, 10, 1, 200)

    assert () == house.watch(at(11)).incidents
    assert {} == house.incidents.kept


def test_the_same_look_again_changes_nothing() -> None:
    house = broken()
    house.watch(at(11))
    before = house.only()
    house.watermarks.kept.clear()
    house.watch(at(11))

    assert before == house.only()
    assert ([before.id], ["opened"]) == (house.work.asked, house.notifier.states())


def test_what_goes_on_joins_and_asks_for_no_further_look() -> None:
    house = broken()
    house.watch(at(11))
    house.floor.happens(REFUSED, 10, 20, 80, 200)
    (joined,) = house.watch(at(21)).incidents

    assert (at(0), at(20)) == (joined.onset, joined.last_bad)
    assert 1 == len(house.work.asked)


def test_two_symptoms_are_two_incidents() -> None:
    house = broken()
    house.floor.happens(ABORTS, -60, 0, 0, 200)
    house.floor.happens(ABORTS, 0, 10, 80, 200)
    house.watch(at(11))

    assert {FAILURES, DROPS} == {one.symptom for one in house.incidents.kept.values()}


def test_who_loses_the_race_to_open_joins_instead() -> None:
    house = broken()

    def first() -> None:
        # The other instance counted before the last bucket's rows had arrived.
        house.floor.happens(REFUSED, 5, 10, 0, 0)
        house.watch(at(11))

    outrun = Outrun(house.incidents.kept, first)
    (joined,) = house.watch(at(11), outrun).incidents

    assert joined == house.only()
    assert (160, 400, at(10)) == (joined.bad, joined.total, joined.last_bad)
    assert [joined.id] == house.work.asked
    assert ["opened"] == house.notifier.states()


def test_who_loses_every_race_leaves_the_breach_to_the_next_minute() -> None:
    class Hopeless(FakeIncidents):
        def create(self, incident: Incident, previous: Incident | None) -> Incident:
            raise LostRaceError("the current incident")

    house = broken()

    assert () == house.watch(at(11), Hopeless()).incidents
    assert 1 == len(house.watch(at(12)).incidents)


def test_marks_advance_only_after_everything_was_stored() -> None:
    class Dying(FakeIncidents):
        def create(self, incident: Incident, previous: Incident | None) -> Incident:
            raise MemoryError

    house = broken()
    with pytest.raises(MemoryError):
        house.watch(at(11), Dying())
    assert {} == house.watermarks.kept

    house.watch(at(12))
    assert {"floor": at(12), METRICS: at(12), RETENTION: at(12)} == house.watermarks.kept
    assert State.DETECTED is house.only().state


def test_the_mark_of_a_workspace_that_failed_stays_and_nothing_is_missed() -> None:
    house = broken()
    house.floor.failing["floor"] = THROTTLED
    house.watch(at(11))
    assert {METRICS: at(11), RETENTION: at(11)} == house.watermarks.kept

    house.floor.failing.clear()
    house.watch(at(300))
    assert (at(0), at(10)) == (house.only().onset, house.only().last_bad)


def test_the_mark_of_the_metrics_stays_when_a_call_failed() -> None:
    house = broken()
    house.metrics.error = THROTTLED
    watched = house.watch(at(11))

    assert {"floor": at(11), RETENTION: at(11)} == house.watermarks.kept
    assert watched.metric_failures


def test_an_old_bad_bucket_does_not_reopen_what_was_ended() -> None:
    house = broken()
    house.watch(at(11))
    ended(house, at(40))
    house.watch(at(41))

    assert State.RESOLVED is house.only().state


def test_a_return_within_a_day_reopens_and_asks_for_a_look() -> None:
    house = broken()
    house.watch(at(11))
    ended(house, at(60))
    house.floor.happens(REFUSED, 120, 130, 80, 200)
    (again,) = house.watch(at(131)).incidents

    assert (State.REOPENED, 1, 1) == (again.state, again.number, again.reopened)
    assert [again.id] * 2 == house.work.asked
    assert "reopened" == house.notifier.states()[-1]


def test_a_later_return_is_a_new_incident_that_names_the_earlier() -> None:
    house = broken()
    house.watch(at(11))
    first = ended(house, at(60))
    later = 60 + timedelta(hours=25) / timedelta(minutes=1)
    house.floor.happens(REFUSED, later, later + 10, 80, 200)
    (second,) = house.watch(at(later + 11)).incidents

    assert (State.DETECTED, 2, first.id) == (second.state, second.number, second.follows)
    assert second == house.incidents.current(LOBBY, FAILURES)


def test_a_region_that_nobody_named_is_learnt_from_the_logs_and_kept() -> None:
    house = broken()
    house.resources = (replace(house.resources[0], region=None),)
    house.watch(at(11))

    assert {LOBBY: "westeurope"} == house.regions.kept
    assert {"westeurope"} == {asked.region for asked in house.metrics.asked}
    house.metrics.asked.clear()
    house.diagnose(house.only().id, at(11))
    assert {"westeurope"} == {asked.region for asked in house.metrics.asked}


def test_a_row_of_a_replica_does_not_tell_the_region_of_its_resource() -> None:
    house = broken()
    replica = Arrival(
        "floor", "WebPubSubConnectivity", f"{LOBBY}/replicas/east", 9, at(0), at(1), at(9), "eastus"
    )
    lost = replace(house.resources[0], region=None)

    assert {} == learnt_regions([lost], house.regions, [replica])
