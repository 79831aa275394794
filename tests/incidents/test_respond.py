"""What becomes of an incident when a person answers by its card."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.incidents.incident import Acknowledgement, CardSilence, Ending, Incident, Milestone
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    Step,
    acknowledge,
    acknowledgement_text,
    end_text,
    resolve,
    silenced,
)
from tests.notices.broken_lobby import OPENED_AT, broken_lobby, refused_connects

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
ADA = Person("ada")
ANSWERS: list[Callable[[Incident, int], Step]] = [
    lambda incident, occurrence: acknowledge(incident, occurrence, ADA, NIGHT),
    lambda incident, occurrence: silenced(incident, occurrence, NIGHT, "ada", NIGHT),
    lambda incident, occurrence: resolve(incident, occurrence, ADA, NIGHT),
]


def test_the_first_who_acknowledges_stays_the_one() -> None:
    first = acknowledge(broken_lobby(), 0, ADA, NIGHT)
    second = acknowledge(first.incident, 0, Person("grace", verified=True), NIGHT + timedelta(minutes=1))

    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (first.outcome, second.outcome)
    assert second.incident is first.incident
    assert Acknowledgement("ada (unverified)", NIGHT, revision=1) == second.incident.acknowledgement


def test_what_was_acknowledged_is_so_in_validation_too() -> None:
    validating = states.validating(acknowledge(broken_lobby(), 0, ADA, NIGHT).incident, NIGHT)

    assert ResponseOutcome.ALREADY is acknowledge(validating, 0, Person("grace"), NIGHT).outcome


def test_what_came_back_wants_to_be_acknowledged_again() -> None:
    incident = resolve(acknowledge(broken_lobby(), 0, ADA, NIGHT).incident, 0, ADA, NIGHT).incident
    later = NIGHT + timedelta(hours=1)
    back = states.reopened(incident, refused_connects(onset=later, last_bad=later), 2, later)

    assert (None, later) == (back.acknowledgement, back.begun_at)
    assert ResponseOutcome.EARLIER is acknowledge(back, 0, ADA, later).outcome
    assert ResponseOutcome.DONE is acknowledge(back, 1, ADA, later).outcome


def test_resolving_by_hand_names_who_did_and_is_told() -> None:
    step = resolve(broken_lobby(), 0, Person("ada@contoso.com", verified=True), NIGHT)

    assert (Ending.BY_HAND, "by hand, by ada@contoso.com", [Milestone.RESOLVED]) == (
        step.incident.ending,
        step.incident.timeline[-1].text,
        [notification.milestone for notification in step.incident.unnotified],
    )


def test_one_silence_is_noted_once() -> None:
    end = NIGHT + timedelta(hours=4)
    first = silenced(broken_lobby(), 0, end, "ada (unverified)", NIGHT)
    second = silenced(first.incident, 0, end, "ada (unverified)", NIGHT)

    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (first.outcome, second.outcome)
    assert OPENED_AT == second.incident.begun_at
    assert CardSilence(end, "ada (unverified)") == second.incident.silence


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_comes_too_late_changes_nothing(answer: Callable[[Incident, int], Step]) -> None:
    over = states.resolved(states.validating(broken_lobby(), NIGHT), Ending.HELD, NIGHT)
    back = replace(broken_lobby(), reopened=2)

    assert Step(ResponseOutcome.OVER, over) == answer(over, 0)
    assert Step(ResponseOutcome.EARLIER, back) == answer(back, 1)
    assert ResponseOutcome.DONE is answer(back, 2).outcome


def test_what_is_being_mended_needs_nobody_to_take_it_on() -> None:
    mended = states.mitigating(broken_lobby(), "keys rotated", NIGHT)

    assert Step(ResponseOutcome.ALREADY, mended) == acknowledge(mended, 0, ADA, NIGHT)


def test_whoever_takes_it_on_stands_on_the_timeline() -> None:
    incident = acknowledge(broken_lobby(), 0, Person("ada@contoso.com", verified=True), NIGHT).incident

    assert (NIGHT, "acknowledged", "by ada@contoso.com") == (
        incident.timeline[-1].at,
        incident.timeline[-1].what,
        incident.timeline[-1].text,
    )


def test_ending_by_hand_what_was_ended_by_hand_is_already_done() -> None:
    ended = resolve(broken_lobby(), 0, ADA, NIGHT).incident

    assert Step(ResponseOutcome.ALREADY, ended) == resolve(ended, 0, Person("grace"), NIGHT)
    assert ResponseOutcome.EARLIER is resolve(replace(ended, reopened=1), 0, ADA, NIGHT).outcome
    assert NIGHT == ended.closed_at


def test_a_longer_silence_is_noted_with_its_end_and_a_name_as_long_as_a_row_holds() -> None:
    end = NIGHT + timedelta(hours=4)
    first = silenced(broken_lobby(), 0, end, "a" * 300, NIGHT).incident
    longer = silenced(first, 0, end + timedelta(hours=1), "ada", NIGHT)
    same_minute = silenced(first, 0, end + timedelta(seconds=30), "ada", NIGHT)

    assert first.silence is not None
    assert 100 == len(first.silence.by)
    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (longer.outcome, same_minute.outcome)
    assert (NIGHT, "silenced", "until 2026-11-12 08:12 UTC, by ada") == (
        longer.incident.timeline[-1].at,
        longer.incident.timeline[-1].what,
        longer.incident.timeline[-1].text,
    )


def test_says_who_took_it_on_and_when_as_far_as_that_is_known() -> None:
    taken_on = acknowledge(broken_lobby(), 0, ADA, NIGHT).incident

    assert "acknowledged by ada (unverified) at 2026-11-12 03:12 UTC." == acknowledgement_text(taken_on)
    assert "acknowledged." == acknowledgement_text(replace(taken_on, acknowledgement=None))


def test_says_how_it_ended_and_nothing_while_it_is_open() -> None:
    ended = resolve(broken_lobby(), 0, ADA, NIGHT).incident

    assert "resolved by hand, by ada (unverified) at 2026-11-12 03:12 UTC." == end_text(ended)
    assert "" == end_text(broken_lobby())
