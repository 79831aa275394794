from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.incidents.incident import Ending, Incident, Milestone, Notification, State
from shared.incidents.lifecycle import sentences, states
from shared.incidents.lifecycle.decide import LifecycleReason, decide_ending, on_breach
from shared.incidents.lifecycle.graph import IllegalTransitionError
from shared.incidents.lifecycle.timeline import MOST_ENTRIES, noted
from shared.incidents.schedule import is_last, next_diagnosis
from shared.objectives.breach import Breach
from shared.playbooks.loading.load import load_library

LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
DROPS = "web-pubsub-connection-drops"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DELAYS = load_library()[DROPS].diagnosis_delays
BUCKET = timedelta(minutes=5)
SOON = NOON + timedelta(minutes=7)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def breach(last_bad: float = 5, **changed: Any) -> Breach:
    values = {
        "resource": LOBBY,
        "signal": "aborts",
        "symptom": DROPS,
        "rule": "burn 14.4 over 1 h and 5 min",
        "onset": NOON,
        "last_bad": at(last_bad),
        "bad": 143.0,
        "total": 2010.0,
        "peak_ratio": 0.31,
        "reasons": {"ping timeout": 120.0},
    }
    return Breach(**{**values, **changed})


def opened(severity: int = 3) -> Incident:
    return states.opened(breach(), severity, at(6), None)


def diagnosed(incident: Incident, cause: str | None, *, last: bool = False, now: datetime = SOON) -> Incident:
    return states.diagnosed(
        incident,
        conclusion="supported" if cause else "inconclusive",
        cause=cause,
        document=f"diagnosis/{incident.diagnosis_count}.json",
        users=None,
        next_diagnosis_at=None,
        is_last=last,
        now=now,
    )


def milestone(incident: Incident) -> list[Milestone]:
    return [state.milestone for state in incident.unnotified]


def whats(incident: Incident) -> list[str]:
    return [entry.what for entry in incident.timeline]


def test_a_new_incident_is_named_by_resource_symptom_and_number_and_looked_at_at_once() -> None:
    first = opened()
    second = states.opened(
        breach(), 3, at(6), replace(first, number=6, id="feed.web-pubsub-connection-drops.6")
    )

    assert f"{states.resource_key(LOBBY)}.{DROPS}.1" == first.id
    assert (7, "feed.web-pubsub-connection-drops.6") == (second.number, second.follows)
    assert (at(6), (Notification(1, Milestone.OPENED),)) == (first.next_diagnosis_at, first.unnotified)


def test_says_the_numbers_of_a_breach_and_hides_its_secrets() -> None:
    wild = breach(rule="limit", reasons={"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl": 3.0})

    assert (
        "143 of 2,010 (7.1%) bad, worst 5 minutes 31.0%; burn 14.4 over 1 h and 5 min; most: ping timeout 120"
        == (sentences.numbers(breach()))
    )
    assert "[redacted token]" in sentences.numbers(wild)


def test_the_same_breach_again_changes_nothing() -> None:
    incident = opened()

    assert incident == states.seen_again(incident, breach(), 3, at(8))


def test_what_goes_on_moves_its_last_bad_bucket_and_its_numbers() -> None:
    grown = states.seen_again(opened(), breach(15, bad=400.0, total=5000.0, peak_ratio=0.2), 3, at(16))

    assert (at(15), 400, 5000, 0.31) == (grown.last_bad, grown.bad, grown.total, grown.peak_ratio)
    assert [Milestone.OPENED] == milestone(grown)


def test_a_second_signal_joins_the_same_incident() -> None:
    both = states.seen_again(opened(), breach(signal="closes", bad=9.0), 3, at(8))

    assert {"aborts", "closes"} == set(both.signals)
    assert "joined: closes" in whats(both)


def test_severity_rises_and_speaks_but_never_falls() -> None:
    worse = states.seen_again(opened(3), breach(10), 1, at(11))
    milder = states.seen_again(worse, breach(15), 4, at(16))

    assert (1, 1) == (worse.severity, milder.severity)
    assert [Milestone.OPENED, Milestone.WORSE] == milestone(milder)


def test_a_new_bad_bucket_in_validation_leads_back_to_the_state_before() -> None:
    incident = states.acknowledged(opened(), "alice", at(8))
    trying = states.validating(incident, at(20))

    assert State.VALIDATING is states.seen_again(trying, breach(), 3, at(21)).state
    assert State.ACKNOWLEDGED is states.seen_again(trying, breach(20), 3, at(22)).state


def test_a_cause_found_in_validation_counts_when_it_fails() -> None:
    trying = diagnosed(states.validating(opened(), at(20)), "ping-timeout", now=at(21))

    assert State.VALIDATING is trying.state
    assert State.DIAGNOSED is states.seen_again(trying, breach(20), 3, at(22)).state


def test_each_cause_speaks_once() -> None:
    incident = opened()
    for cause in ("ping-timeout", "ping-timeout", "slow-client", None, "ping-timeout"):
        incident = diagnosed(incident, cause)

    causes = [entry.text for entry in incident.timeline if entry.what.startswith("cause ")]
    assert ["ping-timeout", "slow-client, not ping-timeout"] == causes
    assert State.DIAGNOSED is incident.state


def test_another_cause_than_the_one_told_is_a_milestone_that_retracts_it() -> None:
    found = diagnosed(opened(), "hub-or-endpoint-wrong", now=at(25))
    corrected = diagnosed(found, "access-key-rotated", now=at(40))

    assert [Milestone.OPENED, Milestone.CAUSE_FOUND, Milestone.CORRECTED] == milestone(corrected)
    assert ("hub-or-endpoint-wrong", at(25)) == (corrected.retracted_cause, corrected.retracted_cause_at)


def test_what_comes_back_has_no_card_to_retract() -> None:
    ended = states.resolved(diagnosed(opened(), "ping-timeout"), Ending.BY_HAND, at(40))
    again = diagnosed(states.reopened(ended, breach(50), 3, at(51)), "slow-client", now=at(52))

    assert Milestone.CORRECTED not in milestone(again)


def test_gives_up_once_and_only_at_the_last_look() -> None:
    early = diagnosed(opened(), None)
    late = diagnosed(diagnosed(early, None, last=True), None, last=True)

    assert [Milestone.OPENED] == milestone(early)
    assert [Milestone.OPENED, Milestone.GIVEN_UP] == milestone(late)


def test_a_last_look_without_a_cause_keeps_the_cause_that_was_found() -> None:
    incident = diagnosed(diagnosed(opened(), "ping-timeout"), None, last=True)

    assert ("ping-timeout", "supported", "diagnosis/0.json") == (
        incident.cause,
        incident.conclusion,
        incident.document,
    )
    assert Milestone.GIVEN_UP not in milestone(incident)


def test_held_needs_a_validation_but_a_person_does_not() -> None:
    with pytest.raises(IllegalTransitionError, match="detected and cannot become resolved: held"):
        states.resolved(opened(), Ending.HELD, at(60))
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))

    assert (State.RESOLVED, at(60), None) == (ended.state, ended.closed_at, ended.next_diagnosis_at)


def test_a_return_within_24_hours_is_looked_at_afresh() -> None:
    ended = states.resolved(diagnosed(opened(), "ping-timeout"), Ending.BY_HAND, at(60))
    ended = replace(ended, unnotified=(), revision=4)

    again = states.reopened(ended, breach(100), 4, at(101))

    assert (State.REOPENED, 1, 0, None, at(101)) == (
        again.state,
        again.reopened,
        again.diagnosis_count,
        again.cause,
        again.next_diagnosis_at,
    )
    assert Milestone.CAUSE_FOUND is milestone(diagnosed(again, "ping-timeout"))[-1]


def test_a_return_after_24_hours_cannot_reopen() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))

    with pytest.raises(IllegalTransitionError):
        states.reopened(ended, breach(2000), 3, at(60) + timedelta(hours=24, seconds=1))


def test_a_resolved_incident_takes_no_step_but_reopening() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))
    steps: list[Callable[[], Incident]] = [
        lambda: states.seen_again(ended, breach(70), 1, at(71)),
        lambda: diagnosed(ended, "ping-timeout"),
        lambda: states.acknowledged(ended, "alice", at(71)),
        lambda: states.mitigating(ended, "restart", at(71)),
        lambda: states.validating(ended, at(71)),
        lambda: states.resolved(ended, Ending.BY_HAND, at(71)),
    ]

    for step in steps:
        with pytest.raises(IllegalTransitionError):
            step()


def test_a_state_is_told_once_and_stands_on_the_timeline() -> None:
    incident = opened()
    (state,) = incident.unnotified

    latest = states.notified(incident, state, at(7))

    assert () == latest.unnotified
    assert "told: opened" == whats(latest)[-1]
    assert latest is states.notified(latest, state, at(8))


def test_a_long_timeline_says_how_many_entries_it_left_out() -> None:
    incident = opened()
    for minute in range(500):
        incident = noted(incident, at(minute), f"look {minute}", "x" * 900)

    left_out = [entry.text for entry in incident.timeline if entry.what == "folded"]
    assert len(incident.timeline) <= MOST_ENTRIES
    assert [
        f"{501 - len(incident.timeline) + 1} entries since {at(9).isoformat()} are left out here"
    ] == left_out
    assert ("detected", "look 499") == (whats(incident)[0], whats(incident)[-1])


def test_looks_follow_the_evidence_and_end() -> None:
    first = opened()
    due = [first.next_diagnosis_at]
    incident = first
    while due[-1] is not None:
        now = due[-1]
        due.append(next_diagnosis(incident, DELAYS, now))
        incident = replace(incident, diagnosis_count=incident.diagnosis_count + 1)

    # Last bad at 12:05, seen at 12:06; then 3, 10 and 20 minutes after.
    assert [at(6), at(8), at(15), at(25), None] == due


def test_calls_are_looked_at_for_two_hours() -> None:
    delays = load_library()["acs-call-connection-failures"].diagnosis_delays
    call = replace(opened(), symptom="acs-call-connection-failures", diagnosis_count=3)

    assert (at(65), at(125)) == (
        next_diagnosis(call, delays, at(25)),
        next_diagnosis(replace(call, diagnosis_count=4), delays, at(65)),
    )
    assert not is_last(replace(call, diagnosis_count=4), delays, at(65))
    assert is_last(replace(call, diagnosis_count=5), delays, at(125))


def test_an_unexplained_incident_that_goes_on_is_looked_at_again_but_an_explained_one_is_not() -> None:
    lasting = replace(opened(), diagnosis_count=9, last_bad=at(300))

    assert at(320) == next_diagnosis(lasting, DELAYS, at(302))
    assert next_diagnosis(lasting, DELAYS, at(302), cause="ping-timeout") is None
    assert is_last(lasting, DELAYS, at(302))


CLOSED = replace(states.resolved(opened(), Ending.BY_HAND, at(60)))


@pytest.mark.parametrize(
    ("current", "newest", "now", "expected"),
    [
        pytest.param(None, breach(), at(6), LifecycleReason.OPEN, id="the first of its kind opens"),
        pytest.param(opened(), breach(10), at(11), LifecycleReason.JOIN, id="beside an open one it joins"),
        pytest.param(
            CLOSED, breach(5), at(70), LifecycleReason.IGNORE, id="an old bad bucket does not reopen"
        ),
        pytest.param(CLOSED, breach(70), at(71), LifecycleReason.REOPEN, id="a return the same day reopens"),
        pytest.param(CLOSED, breach(2000), at(2001), LifecycleReason.OPEN_LINKED, id="a later one is linked"),
    ],
)
def test_a_breach_beside_the_newest_incident(
    current: Incident | None, newest: Breach, now: datetime, expected: LifecycleReason
) -> None:
    assert expected is on_breach(current, newest, now)


TRYING = states.validating(opened(), at(15))


@pytest.mark.parametrize(
    ("incident", "good", "newest_bad", "now", "expected"),
    [
        pytest.param(opened(), 0, at(5), at(10), LifecycleReason.WAIT, id="nothing new is not a recovery"),
        pytest.param(
            opened(), 2, at(5), at(16), LifecycleReason.START_VALIDATING, id="good buckets start it"
        ),
        pytest.param(opened(), 2, at(15), at(16), LifecycleReason.STILL_BAD, id="a newer bad one does not"),
        pytest.param(TRYING, 5, None, at(31), LifecycleReason.WAIT, id="25 good minutes are too few"),
        pytest.param(TRYING, 6, None, at(36), LifecycleReason.HELD, id="30 good minutes hold"),
        pytest.param(
            opened(), 0, None, at(5 + 24 * 60), LifecycleReason.UNCONFIRMED, id="a silent day ends it"
        ),
        pytest.param(
            TRYING, 3, None, at(5 + 24 * 60), LifecycleReason.UNCONFIRMED, id="so does a nearly silent one"
        ),
    ],
)
def test_an_open_incident_at_a_tick(
    incident: Incident, good: int, newest_bad: datetime | None, now: datetime, expected: LifecycleReason
) -> None:
    assert expected is decide_ending(incident, good, 6, newest_bad, now)
