"""What becomes of an incident when a person answers by its card."""

from datetime import UTC, datetime, timedelta

from shared.incidents.incident import Acknowledgement, CardSilence, Ending, Milestone
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    acknowledge,
    resolve,
    silenced,
)
from tests.notices.broken_lobby import OPENED_AT, broken_lobby, refused_connects

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
ADA = Person("ada")


def test_the_first_who_acknowledges_stays_the_one() -> None:
    first = acknowledge(broken_lobby(), 0, ADA, NIGHT)
    second = acknowledge(first.incident, 0, Person("grace", verified=True), NIGHT + timedelta(minutes=1))

    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (first.outcome, second.outcome)
    assert second.incident is first.incident
    assert Acknowledgement("ada (unverified)", NIGHT) == second.incident.acknowledgement


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
