"""What becomes of an incident at the edges of its times."""

from dataclasses import replace
from datetime import datetime

import pytest

from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.decide import LifecycleReason, decide_ending, on_breach
from tests.incidents.test_states import at, breach, opened

DAY = 24 * 60
TRYING = states.validating(opened(), at(15))
CLOSED = states.resolved(opened(), Ending.BY_HAND, at(60))


@pytest.mark.parametrize(
    ("last_bad", "now", "expected"),
    [
        pytest.param(5, 61, LifecycleReason.IGNORE, id="its last bad bucket was known"),
        pytest.param(5.1, 61, LifecycleReason.REOPEN, id="a later bad one was not"),
        pytest.param(70, 60 + DAY, LifecycleReason.REOPEN, id="just 24 hours later"),
        pytest.param(70, 60.1 + DAY, LifecycleReason.OPEN_LINKED, id="later than that"),
    ],
)
def test_what_comes_back_after_an_end(last_bad: float, now: float, expected: LifecycleReason) -> None:
    assert expected is on_breach(CLOSED, breach(last_bad), at(now))


def test_what_has_no_known_end_is_linked() -> None:
    assert LifecycleReason.OPEN_LINKED is on_breach(replace(CLOSED, closed_at=None), breach(70), at(71))


@pytest.mark.parametrize(
    ("incident", "good", "newest_bad", "now", "expected"),
    [
        pytest.param(
            opened(), 1, at(5), at(11), LifecycleReason.START_VALIDATING, id="one good bucket starts it"
        ),
        pytest.param(
            TRYING, 6, at(5), at(36), LifecycleReason.HELD, id="what was bad before does not hinder"
        ),
        pytest.param(TRYING, 6, at(20), at(36), LifecycleReason.STILL_BAD, id="what was bad since does"),
        pytest.param(opened(), 0, None, at(4.9 + DAY), LifecycleReason.WAIT, id="a day is not over yet"),
        pytest.param(TRYING, 0, None, at(4.9 + DAY), LifecycleReason.WAIT, id="nor is it in validation"),
    ],
)
def test_an_open_incident_whose_counts_can_tell(
    incident: Incident, good: int, newest_bad: datetime | None, now: datetime, expected: LifecycleReason
) -> None:
    assert expected is decide_ending(incident, good, 6, newest_bad, now)


@pytest.mark.parametrize(
    ("incident", "now", "expected"),
    [
        pytest.param(opened(), 8, LifecycleReason.ALERTS_RESOLVED, id="the last alert is resolved"),
        pytest.param(TRYING, 44.9, LifecycleReason.WAIT, id="less than half an hour ago"),
        pytest.param(TRYING, 45, LifecycleReason.ALERTS_OVER, id="half an hour ago"),
        pytest.param(replace(TRYING, last_bad=at(16)), 45, LifecycleReason.WAIT, id="bad since it began"),
        pytest.param(
            replace(TRYING, last_bad=at(16)), 46, LifecycleReason.ALERTS_OVER, id="and half an hour not"
        ),
    ],
)
def test_an_open_incident_that_only_alerts_can_tell_of(
    incident: Incident, now: float, expected: LifecycleReason
) -> None:
    assert expected is decide_ending(incident, 0, 6, None, at(now), alerts_over=True)


def test_good_buckets_speak_before_alerts_do() -> None:
    assert LifecycleReason.HELD is decide_ending(TRYING, 6, 6, None, at(16), alerts_over=True)
    assert LifecycleReason.START_VALIDATING is decide_ending(opened(), 1, 6, None, at(16), alerts_over=True)
