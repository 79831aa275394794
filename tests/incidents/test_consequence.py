"""A consequence is silent while the incident of its cause is open, and only then."""

from shared.incidents.incident import Ending, Incident, Milestone, Notification, State
from shared.incidents.lifecycle.states import beside_cause, resolved
from tests.incidents.fake_rooms import ABORTS, DROPS, HANDLERS, LOBBY, UPSTREAM, House, at, broken


def house_of_two(drops_until: float = 200) -> House:
    """Return a house in which a handler that fails for ten minutes throws people out, for longer than that."""
    house = broken(UPSTREAM)
    house.floor.happens(UPSTREAM, 10, 300, 0, 200)
    house.floor.happens(ABORTS, -60, 0, 0, 200)
    house.floor.happens(ABORTS, 0, drops_until, 80, 200)
    house.floor.happens(ABORTS, drops_until, 300, 0, 200)
    house.floor.causes[HANDLERS, "upstream-failing"] = at(0)
    house.floor.causes[DROPS, "event-handler-failing"] = at(1)
    return house


def lasts(house: House, since: int, until: int) -> None:
    """Let an instance watch, diagnose and track every minute."""
    house.steps = lambda _: 1
    for minute in range(since, until):
        house.watch(at(minute))
        for incident_id in dict.fromkeys(house.work.asked):
            house.diagnose(incident_id, at(minute))
        house.work.asked.clear()
        house.track(at(minute))


def current(house: House, symptom: str) -> Incident:
    incident = house.incidents.current(LOBBY, symptom)
    assert incident is not None
    return incident


def notified(house: House, symptom: str) -> list[str]:
    """Return the states of a symptom's incident that people were told, in order."""
    return [
        milestone for incident, _, milestone in house.notifier.told if incident == current(house, symptom).id
    ]


def test_it_opens_again_for_people_when_the_incident_of_its_cause_has_closed() -> None:
    house = house_of_two()
    lasts(house, 11, 40)
    cause, effect = current(house, HANDLERS), current(house, DROPS)
    assert (True, cause.id) == (cause.is_open, effect.joined_to)
    before = notified(house, DROPS)

    lasts(house, 40, 45)

    assert (False, None) == (current(house, HANDLERS).is_open, current(house, DROPS).joined_to)
    assert [*before, "opened"] == notified(house, DROPS)
    revisions = [
        revision
        for name, revision, milestone in house.notifier.told
        if (name, milestone) == (effect.id, "opened")
    ]
    assert len(set(revisions)) == len(revisions)


def test_it_is_escalated_where_nobody_acknowledges_it_after_that() -> None:
    house = house_of_two()
    lasts(house, 11, 45)
    before = notified(house, DROPS)

    lasts(house, 45, 90)

    assert "escalated" not in before
    assert "opened" == before[-1]
    assert ["escalated"] == [state for state in notified(house, DROPS)[len(before) :] if state == "escalated"]


def test_it_ends_silently_where_it_recovers_with_its_cause() -> None:
    house = house_of_two(drops_until=25)
    lasts(house, 11, 80)

    assert [State.RESOLVED] * 2 == [current(house, symptom).state for symptom in (HANDLERS, DROPS)]
    assert "resolved" in notified(house, HANDLERS)
    assert ["opened"] == notified(house, DROPS)


def test_it_speaks_where_its_own_recovery_does_not_hold() -> None:
    house = house_of_two(drops_until=25)
    house.floor.happens(ABORTS, 40, 200, 80, 200)
    lasts(house, 11, 41)
    assert (False, State.VALIDATING) == (current(house, HANDLERS).is_open, current(house, DROPS).state)
    assert ["opened"] == notified(house, DROPS)

    lasts(house, 41, 50)

    assert ["opened", "opened"] == notified(house, DROPS)


def test_it_is_silent_again_without_another_card_while_its_cause_is_back() -> None:
    house = house_of_two()
    lasts(house, 11, 45)
    before = notified(house, DROPS)
    house.floor.happens(UPSTREAM, 45, 60, 80, 200)

    lasts(house, 45, 55)
    cause = current(house, HANDLERS)
    assert (True, 1, cause.id) == (cause.is_open, cause.reopened, current(house, DROPS).joined_to)

    lasts(house, 55, 100)
    assert (False, None) == (current(house, HANDLERS).is_open, current(house, DROPS).joined_to)
    assert before == [state for state in notified(house, DROPS) if state not in {"escalated", "still open"}]


def test_it_speaks_where_the_incident_of_its_cause_is_kept_no_more() -> None:
    house = house_of_two()
    lasts(house, 11, 20)
    effect = current(house, DROPS)

    alone = beside_cause(effect, None, at(20))

    assert (None, effect.joined_to) == (alone.joined_to, alone.released_from)
    assert [Notification(effect.revision + 1, Milestone.OPENED)] == list(alone.unnotified)


def test_a_person_who_ends_the_cause_lets_it_speak() -> None:
    house = house_of_two()
    lasts(house, 11, 20)
    house.incidents.save(resolved(current(house, HANDLERS), Ending.BY_HAND, at(20), "ada"))

    lasts(house, 20, 22)

    assert ["opened", "opened"] == notified(house, DROPS)
