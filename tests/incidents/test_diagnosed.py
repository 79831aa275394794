"""What a diagnosis writes into its incident, and what of it is news."""

from dataclasses import replace
from typing import Any

import pytest

from shared.incidents.incident import Ending, Incident, Milestone, State
from shared.incidents.lifecycle import states
from tests.incidents.test_states import at, breach, milestone, opened, whats
from tests.incidents.test_story import told


def diagnosed(incident: Incident, cause: str | None = None, **changes: Any) -> Incident:
    facts: dict[str, Any] = {
        "conclusion": "supported" if cause else "inconclusive",
        "document": None,
        "users": None,
        "next_diagnosis_at": None,
        "is_last": False,
        "now": at(8),
    }
    return states.diagnosed(incident, cause=cause, **(facts | changes))


def test_a_diagnosis_is_counted_and_keeps_what_it_found() -> None:
    first = diagnosed(
        opened(), "ping-timeout", users=40, document="diagnosis/1.json", next_diagnosis_at=at(15)
    )

    assert (1, "supported", "ping-timeout", "diagnosis/1.json", 40, at(15), ("ping-timeout",), at(8)) == (
        first.diagnosis_count,
        first.conclusion,
        first.cause,
        first.document,
        first.users,
        first.next_diagnosis_at,
        first.notified_causes,
        first.first_cause_at,
    )
    assert (State.DIAGNOSED, at(8)) == (first.state, first.state_since)


def test_a_diagnosis_without_a_cause_shows_its_own_document_until_there_is_one() -> None:
    first = diagnosed(opened(), document="diagnosis/1.json")
    second = diagnosed(first, document="diagnosis/2.json", conclusion="no-data")

    assert ("inconclusive", "diagnosis/1.json", None) == (first.conclusion, first.document, first.cause)
    assert ("no-data", "diagnosis/2.json", State.DETECTED) == (
        second.conclusion,
        second.document,
        second.state,
    )


@pytest.mark.parametrize(
    ("before", "counted", "expected"),
    [
        (None, None, None),
        (None, 12, 12),
        (12, None, 12),
        (12, 7, 12),
        (12, 40, 40),
        (None, 0, 0),
        (0, 0, 0),
    ],
)
def test_the_most_users_that_a_diagnosis_counted_stand(
    before: int | None, counted: int | None, expected: int | None
) -> None:
    assert expected == diagnosed(replace(opened(), users=before), users=counted).users


def test_the_same_answer_again_is_no_line_but_the_first_and_the_last_are() -> None:
    incident = opened()
    for minute in (8, 9, 10):
        incident = diagnosed(incident, now=at(minute))
    changed = diagnosed(incident, conclusion="no-data", now=at(11))
    last = diagnosed(changed, conclusion="no-data", is_last=True, now=at(12))

    assert ["detected", "look 1"] == whats(incident)
    assert ["look 4", "look 5", "given up"] == whats(last)[2:]


def test_a_line_says_more_than_the_conclusion_where_there_is_more_to_say() -> None:
    incident = diagnosed(opened(), text="7 of 90 connections were aborted")

    assert "7 of 90 connections were aborted" == incident.timeline[-1].text


def test_another_cause_moves_nothing_that_a_person_has_taken_on() -> None:
    taken_on = states.acknowledged(opened(), "alice", at(7))
    explained = diagnosed(taken_on, "ping-timeout", now=at(9))

    assert (State.ACKNOWLEDGED, at(7)) == (explained.state, explained.state_since)
    assert Milestone.CAUSE_FOUND is milestone(explained)[-1]


def test_the_first_cause_keeps_its_moment_and_twenty_causes_are_remembered() -> None:
    incident = opened()
    for place in range(25):
        incident = diagnosed(incident, f"cause-{place}", now=at(8 + place))

    assert at(8) == incident.first_cause_at
    assert tuple(f"cause-{place}" for place in range(5, 25)) == incident.notified_causes


def test_that_there_is_no_cause_is_told_once_however_often_it_is_diagnosed() -> None:
    first = diagnosed(opened(), is_last=True)
    second = diagnosed(told(first, 9), is_last=True, now=at(10))

    assert ([Milestone.OPENED, Milestone.GIVEN_UP], []) == (milestone(first), milestone(second))
    assert first.has_given_up


def test_a_return_that_is_explained_is_diagnosed() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))
    back = states.reopened(ended, breach(70), 3, at(71))

    assert State.DIAGNOSED is diagnosed(back, "ping-timeout", now=at(72)).state
