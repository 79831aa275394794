"""An open incident is told of again at the interval of its severity, while it goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.incidents.incident import Incident, Milestone, RuleState
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.respond import Person, acknowledge
from shared.incidents.lifecycle.standing import owed
from shared.incidents.recent.updates import is_update_due, put_off, updated
from tests.incidents.fake_rooms import at
from tests.incidents.test_states import diagnosed, opened
from tests.incidents.test_story import told

HALF_HOUR = timedelta(minutes=30)


def shown(minute: float = 6) -> Incident:
    """Return an incident whose card was written at a minute."""
    return told(opened(1), minute, "on-call")


def test_it_is_due_an_interval_after_the_last_card_and_once() -> None:
    incident = shown()
    latest = updated(incident, at(36))

    assert [False, True] == [is_update_due(incident, HALF_HOUR, at(minute)) for minute in (35, 36)]
    assert [Milestone.UPDATE] == [state.milestone for state in latest.unnotified]
    assert not is_update_due(latest, HALF_HOUR, at(37))


def test_any_card_of_the_fault_puts_it_off_and_one_of_people_does_not() -> None:
    found = told(diagnosed(shown(), "ping-timeout", now=at(20)), 20, "on-call")
    held = acknowledge(shown(), 0, Person("ada"), at(20)).incident

    assert not is_update_due(found, HALF_HOUR, at(49))
    assert is_update_due(replace(found, last_bad=at(45)), HALF_HOUR, at(50))
    assert is_update_due(held, HALF_HOUR, at(36))


def test_it_says_who_has_it_so_that_no_other_card_does() -> None:
    latest = updated(acknowledge(shown(), 0, Person("ada"), at(35)).incident, at(36))

    assert (None, latest.standing) == (latest.answers_due_at, latest.told_standing)
    assert [Milestone.UPDATE] == [state.milestone for state in owed(latest, at(36))]


@pytest.mark.parametrize(
    "incident",
    [
        pytest.param(opened(1), id="that nobody was told of"),
        pytest.param(replace(shown(), joined_to="lobby.handlers.1"), id="a consequence"),
        pytest.param(states.graded(replace(shown(), severity=2), 1, at(40)), id="that owes another card"),
        pytest.param(put_off(shown(), at(30)), id="whose silence ended a moment ago"),
        pytest.param(replace(shown(), is_flapping=True), id="that keeps coming back"),
        pytest.param(states.validating(shown(), at(20)), id="that is validated"),
        pytest.param(replace(shown(), shown_at=at(40)), id="that stopped failing before the last update"),
    ],
)  # fmt: skip
def test_nothing_is_due_for_an_incident(incident: Incident) -> None:
    assert not is_update_due(incident, HALF_HOUR, at(45))
    assert not is_update_due(shown(), None, at(45))


def test_a_card_of_a_clock_that_was_a_month_ahead_puts_nothing_off() -> None:
    ahead = replace(shown(), shown_at=at(6) + timedelta(days=30))

    assert is_update_due(ahead, HALF_HOUR, at(45))
    assert not is_update_due(updated(ahead, at(45)), HALF_HOUR, at(46))


def test_what_a_digest_or_an_earlier_version_told_is_told_again_too() -> None:
    incident = replace(shown(), shown_at=None, last_bad=at(30))

    assert [False, True] == [is_update_due(incident, HALF_HOUR, at(minute)) for minute in (35, 36)]


def test_what_stopped_failing_has_one_more_and_what_fires_goes_on() -> None:
    incident = shown()
    quiet = replace(incident, shown_at=at(36))
    firing = replace(quiet, alert_rules={"lobby-refused": RuleState(True, (at(0),))})

    assert is_update_due(incident, HALF_HOUR, at(500))
    assert not is_update_due(quiet, HALF_HOUR, at(500))
    assert is_update_due(firing, HALF_HOUR, at(500))
