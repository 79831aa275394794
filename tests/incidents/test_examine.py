"""A look is made when it is due, kept before it is named, told, and joined to its cause's incident."""

from dataclasses import replace

import pytest

from shared.configuration.severity import SeverityRule, default_severity
from shared.incidents.grade import severity_of_breach, severity_of_incident
from shared.incidents.incident import Ending, Incident, State
from shared.incidents.lifecycle.states import acknowledged, resolved
from shared.objectives.breach import Breach
from shared.playbooks.stored import decode_diagnosis
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import (
    ABORTS,
    DROPS,
    FAILURES,
    HANDLERS,
    LIBRARY,
    LOBBY,
    REFUSED,
    UPSTREAM,
    House,
    at,
    broken,
)

KEY_ROTATED = (FAILURES, "access-key-rotated")


def watched(house: House, now: float = 11) -> Incident:
    """Watch once, and return the one incident."""
    house.watch(at(now))
    return house.only()


def test_a_look_finds_the_cause_keeps_the_diagnosis_and_tells() -> None:
    house = broken()
    house.floor.causes[KEY_ROTATED] = at(0)
    look = house.diagnose(watched(house).id, at(11))

    assert look
    seen = house.only()
    assert ("access-key-rotated", State.DIAGNOSED, 1) == (seen.cause, seen.state, seen.diagnosis_count)
    assert "access-key-rotated" == decode_diagnosis(house.documents.kept[str(seen.document)]).cause
    assert ["opened", "cause found"] == house.notifier.states()
    assert at(13) == seen.next_diagnosis_at


def test_the_same_message_twice_looks_once() -> None:
    house = broken()
    opened = watched(house)
    house.diagnose(opened.id, at(11))
    before = house.only()

    assert house.diagnose(opened.id, at(11)) is None
    assert before == house.only()


def without(house: House, symptom: str) -> None:
    house.playbooks = {name: playbook for name, playbook in LIBRARY.items() if name != symptom}


def test_an_incident_whose_page_cannot_be_read_waits_until_it_can() -> None:
    house = broken()
    house.floor.causes[KEY_ROTATED] = at(0)
    opened = watched(house)
    without(house, FAILURES)

    assert house.diagnose(opened.id, at(11)) is None
    assert opened == house.only()

    house.playbooks = LIBRARY

    assert house.diagnose(opened.id, at(12))


def test_a_symptom_whose_page_cannot_be_read_hides_no_other() -> None:
    house = broken()
    house.floor.causes[KEY_ROTATED] = at(0)
    opened = watched(house)
    house.incidents.create(replace(opened, id="lobby.drops.1", symptom=DROPS, revision=0, etag=""), None)
    without(house, DROPS)

    assert house.diagnose(opened.id, at(11))


def test_no_look_where_there_is_no_incident_or_it_has_ended() -> None:
    house = broken()
    opened = watched(house)
    house.incidents.save(resolved(opened, Ending.BY_HAND, at(12)))

    assert house.diagnose(opened.id, at(20)) is None
    assert house.diagnose("feed.web-pubsub-connection-drops.7", at(20)) is None


def test_a_resource_that_is_watched_no_more_is_not_asked_about() -> None:
    house = broken()
    opened = watched(house)
    house.resources = ()

    assert house.diagnose(opened.id, at(11)) is None
    assert opened == house.only()


def test_a_look_that_lost_the_race_is_still_due() -> None:
    class Outrun(FakeIncidents):
        def get(self, incident_id: str) -> Incident | None:
            found = super().get(incident_id)
            assert found
            self.save(acknowledged(found, "alice", at(11)))  # while the queries run
            return found

    house = broken()
    opened = watched(house)
    outrun = Outrun()
    outrun.kept = house.incidents.kept

    assert house.diagnose(opened.id, at(11), outrun) is None
    assert (0, at(11)) == (house.only().diagnosis_count, house.only().next_diagnosis_at)
    assert house.diagnose(opened.id, at(12))


def test_the_last_look_without_a_cause_gives_up_once() -> None:
    house = broken()
    opened = watched(house)
    for minute in (11, 13, 20, 30, 31):
        house.diagnose(opened.id, at(minute))

    assert ["opened", "given up"] == house.notifier.states()
    assert house.only().next_diagnosis_at is None


def both_symptoms() -> House:
    """Return a house in which a failing handler throws people out, both seen by now."""
    house = broken(UPSTREAM)
    house.floor.happens(ABORTS, -60, 0, 0, 200)
    house.floor.happens(ABORTS, 0, 10, 80, 200)
    house.floor.causes[HANDLERS, "upstream-failing"] = at(0)
    house.floor.causes[DROPS, "event-handler-failing"] = at(1)
    house.watch(at(11))
    return house


def test_a_consequence_is_joined_to_its_cause_and_stays_silent() -> None:
    house = both_symptoms()
    effect, cause = (house.incidents.current(LOBBY, one) for one in (DROPS, HANDLERS))
    assert effect
    assert cause
    house.diagnose(effect.id, at(11))
    house.diagnose(cause.id, at(11))

    assert cause.id == house.incidents.kept[effect.id].joined_to
    assert house.incidents.kept[cause.id].joined_to is None
    told = [(incident, milestone) for incident, _, milestone in house.notifier.told]
    assert {(effect.id, "opened"), (cause.id, "opened"), (cause.id, "cause found")} == set(told)
    assert () == house.incidents.kept[effect.id].unnotified


def test_a_cause_that_does_not_mend_by_itself_raises_the_severity_at_once() -> None:
    house = broken()
    house.floor.happens(REFUSED, 0, 10, 80, 1_000)
    opened = watched(house)
    house.floor.causes[KEY_ROTATED] = at(0)
    house.diagnose(opened.id, at(11))

    assert (3, 2) == (opened.severity, house.only().severity)
    assert ["opened", "cause found", "severity raised"] == house.notifier.states()


@pytest.mark.parametrize(
    ("users", "severity"),
    [
        pytest.param(None, 3, id="nobody counted"),
        pytest.param(2, 3, id="two users with many retries"),
        pytest.param(900, 1, id="many users behind few events"),
    ],
)
def test_users_count_where_they_are_more_than_the_bad_events(users: int | None, severity: int) -> None:
    house = broken()
    house.floor.happens(REFUSED, 0, 10, 20, 35)
    house.severity = replace(default_severity(), rules=BY_NUMBER)

    assert severity == severity_of_incident(house.policy(), replace(watched(house), users=users, cause=None))


BY_NUMBER = (SeverityRule(1, min_share=0.5, min_hit=100), SeverityRule(3, min_share=0.5, min_hit=20))


def test_a_closed_incidents_cause_does_not_grade_the_next_one() -> None:
    house = broken()
    house.floor.causes[KEY_ROTATED] = at(0)
    ended = replace(watched(house), cause="access-key-rotated", state=State.RESOLVED)
    breach = Breach(
        resource=LOBBY, symptom=FAILURES, signal=REFUSED, rule="limit", onset=at(0), last_bad=at(5),
        bad=30, total=9_000, peak_ratio=0.005, reasons={},
    )  # fmt: skip

    assert (4, 2) == (
        severity_of_breach(house.policy(), breach, ended),
        severity_of_breach(house.policy(), breach, replace(ended, state=State.DIAGNOSED)),
    )
