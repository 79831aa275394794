from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.incidents.incident import Acknowledgement, Call, Ending, Incident, Milestone, Notification, State
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.escalate import AFTER, escalated, notified_late
from tests.notices.broken_lobby import OPENED_AT, refused_connects

NOW = OPENED_AT
MINUTE = timedelta(minutes=1)
BREACH = refused_connects()


def upto(steps: int) -> Callable[[Incident], int]:
    return lambda _: steps


def notified(severity: int = 2) -> Incident:
    return states.notified(states.opened(BREACH, severity, NOW, None), Notification(1, Milestone.OPENED), NOW)


def test_a_quarter_of_an_hour_without_an_acknowledgement_is_told_to_the_next() -> None:
    incident = escalated(notified(), upto(1), NOW + AFTER)

    assert (1, (Notification(1, Milestone.ESCALATED),)) == (incident.escalations, incident.unnotified)
    entry = incident.timeline[-1]
    assert ("escalated", "told at 2026-11-12 02:16 UTC, and nobody acknowledged it") == (
        entry.what,
        entry.text,
    )


def test_nothing_is_told_a_minute_earlier() -> None:
    assert notified() == escalated(notified(), upto(1), NOW + AFTER - MINUTE)


def test_a_card_of_a_clock_that_was_a_month_ahead_is_escalated_all_the_same() -> None:
    ahead = replace(notified(), notified_at=NOW + timedelta(days=30))

    assert 1 == escalated(ahead, upto(1), NOW + AFTER).escalations


def test_each_step_waits_for_a_quarter_of_an_hour_of_its_own() -> None:
    first = escalated(notified(), upto(2), NOW + AFTER)
    second = states.notified(first, Notification(1, Milestone.ESCALATED), NOW + AFTER)

    assert second == escalated(second, upto(2), NOW + 2 * AFTER - MINUTE)
    assert 2 == escalated(second, upto(2), NOW + 2 * AFTER).escalations


def test_a_call_remembers_whom_it_reached_and_when() -> None:
    first = states.notified(
        states.opened(BREACH, 2, NOW, None), Notification(1, Milestone.OPENED), NOW, ("on-call", "leads")
    )
    incident = escalated(first, upto(1), NOW + AFTER)
    later = NOW + AFTER + MINUTE

    assert Call(NOW, ("on-call", "leads")) == incident.unanswered
    assert (
        "told to on-call, leads at 2026-11-12 02:16 UTC, and nobody acknowledged it"
        == incident.timeline[-1].text
    )
    assert NOW + AFTER == incident.timeline[-1].at
    assert later == notified_late(silent(first), later).timeline[-1].at


def test_the_route_of_its_own_severity_says_how_many_may_be_next() -> None:
    def steps(incident: Incident) -> int:
        return {1: 2, 2: 0}[incident.severity]

    assert 1 == escalated(notified(1), steps, NOW + AFTER).escalations
    assert 0 == escalated(notified(2), steps, NOW + AFTER).escalations


def test_it_is_told_beside_nothing_that_is_still_owed() -> None:
    owing = replace(notified(), unnotified=(Notification(2, Milestone.WORSE),))

    assert owing is escalated(owing, upto(1), NOW + AFTER)


def test_the_severest_is_told_too_and_what_somebody_had_taken_on_is_not() -> None:
    had = replace(notified(1), acknowledgement=Acknowledgement("alice", NOW))

    assert 1 == escalated(notified(1), upto(1), NOW + AFTER).escalations
    assert had is escalated(had, upto(1), NOW + AFTER)


def test_what_ended_before_people_were_told_is_told_to_nobody_in_a_digest() -> None:
    over = silent(states.resolved(notified(), Ending.BY_HAND, NOW + MINUTE))

    assert over is notified_late(over, NOW + AFTER)
    first = replace(silent(notified()), notified_receivers=("on-call",))
    assert () == notified_late(first, NOW + AFTER).notified_receivers


def silent(incident: Incident) -> Incident:
    return replace(incident, notified_at=None)


@pytest.mark.parametrize(
    ("incident", "steps"),
    [
        pytest.param(notified(), 0, id="where the route names nobody next"),
        pytest.param(notified(3), 1, id="where it is mild"),
        pytest.param(
            states.acknowledged(notified(), "alice", NOW + MINUTE), 1, id="where somebody took it on"
        ),
        pytest.param(
            states.mitigating(notified(), "keys rotated", NOW + MINUTE), 1, id="where it is being mended"
        ),
        pytest.param(
            states.validating(states.acknowledged(notified(), "alice", NOW), NOW + MINUTE),
            1,
            id="where somebody took on what is now validated",
        ),
        pytest.param(
            states.validating(states.mitigating(notified(), "keys rotated", NOW), NOW + MINUTE),
            1,
            id="where what was mended is now validated",
        ),
        pytest.param(states.resolved(notified(), Ending.BY_HAND, NOW + MINUTE), 1, id="where it is over"),
        pytest.param(
            replace(notified(), joined_to="lobby.drops.1"), 1, id="where another incident speaks for it"
        ),
        pytest.param(silent(notified()), 1, id="where nobody was told"),
    ],
)
def test_nobody_is_called(incident: Incident, steps: int) -> None:
    assert incident is escalated(incident, upto(steps), NOW + timedelta(hours=1))


def test_what_is_reopened_is_escalated_afresh() -> None:
    acknowledged = states.acknowledged(escalated(notified(), upto(1), NOW + AFTER), "alice", NOW + AFTER)
    over = replace(states.resolved(acknowledged, Ending.BY_HAND, NOW + 2 * AFTER), unnotified=())
    worse = replace(BREACH, last_bad=BREACH.last_bad + timedelta(hours=2))
    back = states.reopened(over, worse, 2, NOW + timedelta(hours=2))
    assert (None, 0) == (back.notified_at, back.escalations)

    again = states.notified(back, back.unnotified[-1], NOW + timedelta(hours=2))
    assert 1 == escalated(again, upto(1), NOW + timedelta(hours=2) + AFTER).escalations


def test_what_a_digest_told_waits_from_then_on() -> None:
    morning = NOW + timedelta(hours=4)
    incident = notified_late(replace(silent(notified()), unnotified=()), morning)

    assert ("told: in a digest", morning) == (incident.timeline[-1].what, incident.notified_at)
    assert incident is escalated(incident, upto(1), morning + AFTER - MINUTE)
    assert 1 == escalated(incident, upto(1), morning + AFTER).escalations
    assert notified() == notified_late(notified(), morning)


@given(st.integers(0, 4), st.lists(st.integers(0, 40), max_size=40))
def test_there_are_never_more_steps_than_receivers(steps: int, pauses: list[int]) -> None:
    incident, now = notified(1), NOW
    for pause in pauses:
        now += pause * MINUTE
        incident = escalated(incident, upto(steps), now)
        for state in incident.unnotified:
            incident = states.notified(incident, state, now)

    assert incident.escalations <= steps
    assert State.DETECTED is incident.state
