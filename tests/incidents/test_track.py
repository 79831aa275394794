"""Incidents are followed until their fix has held, whoever follows them, and nothing stays untold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from shared.incidents.closing import report_name
from shared.incidents.incident import Ending, Incident, Milestone, Notification, State
from shared.races import LostRaceError
from tests import drawn
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import FAILURES, REFUSED, House, at, broken

DAY = timedelta(hours=24) / timedelta(minutes=1)


def followed(house: House, now: float) -> Incident:
    """Watch and track once, and return the one incident."""
    house.watch(at(now))
    house.track(at(now))
    return house.only()


def mended(until: float) -> House:
    """Return a house whose lobby failed for ten minutes, and then did not until some minute."""
    house = broken()
    house.floor.happens(REFUSED, 10, until, 0, 200)
    return house


def test_good_buckets_begin_a_validation_that_ends_when_it_has_held() -> None:
    house = mended(45)

    assert State.DETECTED is followed(house, 11).state
    assert State.VALIDATING is followed(house, 16).state
    assert State.VALIDATING is followed(house, 39).state
    assert (State.RESOLVED, Ending.HELD, at(40)) == (
        followed(house, 40).state,
        house.only().ending,
        house.only().closed_at,
    )
    assert ["opened", "resolved"] == house.notifier.states()


def test_an_incident_whose_page_cannot_be_read_ends_with_a_report_all_the_same() -> None:
    house = mended(45)
    followed(house, 11)
    house.playbooks = {}
    followed(house, 16)

    ended = followed(house, 41)

    assert State.RESOLVED is ended.state
    assert f"# Incident: Sev {ended.severity}: {ended.symptom}" in house.documents.kept[
        report_name(ended)
    ].replace("\\", "")


def test_what_nobody_acknowledges_is_told_to_the_next_receiver_of_its_route() -> None:
    house = broken()
    house.floor.happens(REFUSED, 10, 60, 80, 200)
    house.steps = lambda _: 1
    for minute in range(11, 60):
        house.watch(at(minute))
        house.track(at(minute))

    assert 2 == house.only().severity
    assert ["opened", "escalated"] == house.notifier.states()
    (entry,) = [one for one in house.only().timeline if one.what == "escalated"]
    assert (at(26), "told to on-call at 2026-03-02 12:11 UTC, and nobody acknowledged it") == (
        entry.at,
        entry.text,
    )


def test_what_is_bad_again_in_validation_goes_back_to_where_it_was() -> None:
    house = mended(20)
    followed(house, 11)
    assert State.VALIDATING is followed(house, 16).state
    house.floor.happens(REFUSED, 20, 25, 80, 200)

    back = followed(house, 26)
    assert (State.DETECTED, at(25)) == (back.state, back.last_bad)
    assert ["opened"] == house.notifier.states()


def test_a_day_without_enough_events_ends_it_unconfirmed() -> None:
    house = broken()
    followed(house, 11)

    assert followed(house, 9 + DAY).is_open
    assert Ending.UNCONFIRMED is followed(house, 10 + DAY).ending


def test_a_look_that_is_due_is_asked_for() -> None:
    house = broken()
    opened = followed(house, 11)
    house.diagnose(opened.id, at(11))
    house.work.asked.clear()

    house.track(at(12))
    assert [] == house.work.asked
    house.track(at(13))
    assert [opened.id] == house.work.asked


def test_the_auditor_tells_what_nobody_was_told_of() -> None:
    house = broken()
    opened = followed(house, 11)
    house.notifier.told.clear()
    house.incidents.save(replace(opened, unnotified=(Notification(1, Milestone.OPENED),)))
    house.track(at(12))

    assert [(opened.id, 1, "opened")] == list(house.notifier.told)
    assert () == house.only().unnotified


def test_the_auditor_tells_of_an_incident_that_has_ended() -> None:
    house = mended(45)
    followed(house, 11)
    followed(house, 16)
    ended = followed(house, 40)
    house.notifier.told.clear()
    house.incidents.save(replace(ended, unnotified=(Notification(9, Milestone.RESOLVED),)))
    house.track(at(41))

    assert ["resolved"] == house.notifier.states()


def test_the_report_is_written_before_the_incident_is_stored_as_ended() -> None:
    class Dying(FakeIncidents):
        def save(self, incident: Incident) -> Incident:
            if incident.state is State.RESOLVED:
                raise MemoryError
            return super().save(incident)

    house = mended(45)
    followed(house, 11)
    followed(house, 16)
    house.watch(at(40))
    dying = Dying()
    dying.kept = house.incidents.kept
    with pytest.raises(MemoryError):
        house.track(at(40), dying)

    assert house.only().is_open
    assert house.documents.kept[report_name(replace(house.only(), closed_at=at(40)))]
    # Whoever comes later writes another report, for it ends later; this one is named by nothing.
    ended = followed(house, 41)
    assert (State.RESOLVED, at(41)) == (ended.state, ended.closed_at)
    assert house.documents.kept[report_name(ended)]


def test_each_ending_has_a_report_of_its_own() -> None:
    house = mended(45)
    for minute in (11, 16, 40):
        followed(house, minute)
    house.floor.happens(REFUSED, 45, 50, 80, 200)
    house.floor.happens(REFUSED, 50, 90, 0, 200)
    for minute in (51, 56, 85):
        followed(house, minute)

    assert (Ending.HELD, 1) == (house.only().ending, house.only().reopened)
    assert 2 == sum(name.startswith("reports/") for name in house.documents.kept)


def test_who_loses_the_race_leaves_it_to_the_other() -> None:
    class Outrun(FakeIncidents):
        def save(self, incident: Incident) -> Incident:
            raise LostRaceError(incident.id)

    house = mended(45)
    followed(house, 11)
    outrun = Outrun()
    outrun.kept = house.incidents.kept

    assert () == house.track(at(16), outrun)
    assert State.DETECTED is house.only().state


class Crash(Exception):  # noqa: N818  # it is not an error of ours
    """The instance is killed."""


class Interrupted(FakeIncidents):
    """Lets another instance act, or dies, when its calls reach a number."""

    def __init__(self, kept: dict[str, Incident], number: int, act: Callable[[], None]) -> None:
        super().__init__()
        self.kept = kept
        self._left = number
        self._act = act

    def _keep(self, incident: Incident) -> Incident:
        kept = super()._keep(incident)
        # An etag is the store's, not the instance's.
        self.kept[kept.id] = replace(kept, etag=f"write {kept.revision} of {kept.id}")
        self._step()  # after the write: the instance may die between it and what follows
        return self.kept[kept.id] if self.kept[kept.id].revision == kept.revision else kept

    def create(self, incident: Incident, previous: Incident | None) -> Incident:
        self._step()
        return super().create(incident, previous)

    def save(self, incident: Incident) -> Incident:
        self._step()
        return super().save(incident)

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._act()


WHAT = st.sampled_from(["watch", "track", "examine"])
steps = st.lists(
    st.tuples(
        WHAT,
        st.integers(1, 6),  # the store call at which it is interrupted
        st.none() | WHAT,  # by what; None kills it
        st.sampled_from([0, 1, 4, 10, 30]),  # minutes until the next step
    ),
    min_size=4,
    max_size=12,
)


def do(house: House, what: str, now: datetime, incidents: FakeIncidents) -> None:
    """Let an instance do one thing."""
    if what == "watch":
        house.watch(now, incidents)
    elif what == "track":
        house.track(now, incidents)
    else:
        for one in list(house.incidents.kept):
            house.diagnose(one, now, incidents)


def interrupted(house: House, what: str, number: int, by: str | None, now: datetime) -> None:
    """Let one instance do something while another does something else, or dies."""

    def act() -> None:
        if by is None:
            raise Crash
        do(house, by, now, Interrupted(house.incidents.kept, 0, lambda: None))

    try:
        do(house, what, now, Interrupted(house.incidents.kept, number, act))
    except Crash:
        return


def check(house: House) -> None:
    """At most one incident of a symptom is open, and each state was told under one key."""
    by_symptom: dict[str, list[Incident]] = {}
    for one in house.incidents.kept.values():
        by_symptom.setdefault(one.symptom, []).append(one)
    assert all(sum(one.is_open for one in group) <= 1 for group in by_symptom.values())

    openings = [incident for incident, _, milestone in house.notifier.told if milestone == Milestone.OPENED]
    assert len(openings) == len(set(openings))
    for one in house.incidents.kept.values():
        said = [milestone for incident, _, milestone in house.notifier.told if incident == one.id]
        assert said.count(Milestone.REOPENED) <= one.reopened
        assert said.count(Milestone.RESOLVED) <= one.reopened + (not one.is_open)
        # The floor has one cause at most; it is found, or given up, once each time the incident is open.
        assert said.count(Milestone.CAUSE_FOUND) <= one.reopened + 1
        assert said.count(Milestone.GIVEN_UP) <= one.reopened + 1
        rises = [entry.text for entry in one.timeline if entry.what == Milestone.WORSE]
        assert len(rises) == len(set(rises))  # it never falls, so no rise can come twice
        assert said.count(Milestone.WORSE) <= len(rises)


@pytest.mark.replays  # 30 lives with all their looks take seconds
# Shrinking would take minutes; a failure is read from the steps as they are.
@drawn.examples("lives under two instances", 6, 300, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps)
def test_two_instances_in_any_order_keep_one_incident_and_tell_each_state_once(
    run: list[tuple[str, int, str | None, int]],
) -> None:
    house = broken()
    house.floor.causes[FAILURES, "access-key-rotated"] = at(0)
    house.floor.happens(REFUSED, 10, 30, 0, 200)
    house.floor.happens(REFUSED, 30, 40, 150, 200)
    house.floor.happens(REFUSED, 40, 100, 0, 200)
    house.floor.happens(REFUSED, 100, 105, 80, 200)
    house.floor.happens(REFUSED, 105, 150, 0, 200)
    minute = 6.0
    for what, number, by, later in run:
        interrupted(house, what, number, by, at(minute))
        check(house)
        minute += later

    # Left alone from here on, one instance brings everything to its end.
    minute = max(minute, 155)
    for later in range(0, 60, 10):
        for what in ("watch", "track", "examine"):
            do(house, what, at(minute + later), Interrupted(house.incidents.kept, 0, lambda: None))
    check(house)
    assert [] == [one.unnotified for one in house.incidents.kept.values() if one.unnotified]
    noted = [
        (one.id, entry.what.removeprefix("told: "))
        for one in house.incidents.kept.values()
        for entry in one.timeline
        if entry.what.startswith("told: ")
    ]
    assert sorted(noted) == sorted(
        (incident, str(milestone)) for incident, _, milestone in house.notifier.told
    )
    assert all(one.state is State.RESOLVED for one in house.incidents.kept.values())
