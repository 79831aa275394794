"""What each step of an incident writes, and what it leaves as it was."""

from dataclasses import replace
from typing import Any

import pytest

from shared.incidents.incident import (
    Acknowledgement,
    Ending,
    Incident,
    Milestone,
    Notification,
    State,
)
from shared.incidents.lifecycle import sentences, states
from shared.incidents.lifecycle.alert_rules import MOST_RULES
from shared.incidents.lifecycle.graph import IllegalTransitionError
from shared.incidents.lifecycle.states import MOST_NAME
from shared.objectives.breach import ALERT, Breach
from tests.incidents.test_diagnosed import diagnosed
from tests.incidents.test_states import at, breach, milestone, opened, whats
from tests.incidents.test_story import told


def alert(rule: str, last_bad: float = 5, sentence: str = "12 aborts in 5 min") -> Breach:
    return breach(last_bad, signal=f"{ALERT}{rule}", alert=f"{rule}: {sentence}")


# ---- the numbers of a breach ----


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"reasons": {}},
            "143 of 2,010 (7.1%) bad, worst 5 minutes 31.0%; burn 14.4 over 1 h and 5 min",
            id="without reasons",
        ),
        pytest.param(
            {"bad": 30.0, "total": 0.0, "rule": "at least 30 within 15 min", "reasons": {}},
            "30 bad; at least 30 within 15 min",
            id="without a total there is no share",
        ),
        pytest.param(
            {"bad": 1.0, "total": 1.0, "peak_ratio": 1.0, "rule": "limit", "reasons": {}},
            "1 of 1 (100.0%) bad, worst 5 minutes 100.0%; limit",
            id="of a single event",
        ),
        pytest.param(
            {"rule": "limit", "reasons": {"503": 7.0, "401": 9.0, "404": 7.0, "429": 1.0}},
            "143 of 2,010 (7.1%) bad, worst 5 minutes 31.0%; limit; most: 401 9, 404 7, 503 7",
            id="the three most frequent reasons, equal ones by name",
        ),
    ],
)
def test_says_the_numbers_of_a_breach(changes: dict[str, Any], expected: str) -> None:
    assert expected == sentences.numbers(breach(**changes))


def test_an_alert_speaks_in_its_own_sentence_cut_to_what_a_line_holds() -> None:
    assert "lobby-aborts: 12 aborts in 5 min" == sentences.numbers(alert("lobby-aborts"))
    assert 300 == len(sentences.numbers(alert("lobby-aborts", sentence="x" * 900)))


# ---- seen again ----


def test_shows_its_worst_signal_with_the_total_of_that_one() -> None:
    incident = opened()
    as_bad = states.seen_again(incident, breach(signal="closes", bad=143.0, total=900.0), 3, at(7))
    milder = states.seen_again(incident, breach(signal="closes", bad=142.0, total=900.0), 3, at(7))

    assert (143, 900) == (as_bad.bad, as_bad.total)
    assert (143, 2010) == (milder.bad, milder.total)


def test_a_worse_bucket_raises_the_peak_and_an_earlier_one_moves_the_onset() -> None:
    wider = states.seen_again(opened(), breach(4, onset=at(-20), peak_ratio=0.9), 3, at(7))

    assert (at(-20), at(5), 0.9) == (wider.onset, wider.last_bad, wider.peak_ratio)


def test_a_return_keeps_its_first_onset() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))
    back = states.reopened(ended, breach(70, onset=at(65)), 3, at(71))

    assert at(0) == states.seen_again(back, breach(75, onset=at(-30)), 3, at(76)).onset


def test_names_twenty_signals_at_most_and_keeps_their_numbers_new() -> None:
    incident = opened()
    for place in range(25):
        incident = states.seen_again(incident, breach(signal=f"signal-{place}"), 3, at(7))
    latest = states.seen_again(incident, breach(6, bad=7.0), 3, at(8))

    assert 20 == len(incident.signals)
    assert "joined: signal-18" == whats(incident)[-1]
    assert latest.signals["aborts"].startswith("7 of 2,010")


def test_names_ten_rules_of_alerts_at_most() -> None:
    incident = states.opened(alert("rule-0"), 3, at(6), None)
    for place in range(1, 15):
        incident = states.seen_again(incident, alert(f"rule-{place}"), 3, at(7))

    assert MOST_RULES == len(incident.signals)


def test_an_alert_that_fires_again_changes_nothing_until_it_shows_a_later_bad_bucket() -> None:
    incident = states.opened(alert("lobby-aborts"), 3, at(6), None)
    again = alert("lobby-aborts", sentence="14 aborts in 5 min")
    later = alert("lobby-aborts", 6, "14 aborts in 5 min")

    assert incident == states.seen_again(incident, again, 3, at(7))
    assert {later.signal: later.alert} == dict(states.seen_again(incident, later, 3, at(7)).signals)


def test_counts_say_their_newest_numbers_even_for_the_same_bucket() -> None:
    recounted = states.seen_again(opened(), breach(bad=150.0), 3, at(7))

    assert recounted.signals["aborts"].startswith("150 of 2,010")


def test_an_alert_that_joins_makes_a_diagnosis_due_where_none_is_planned() -> None:
    idle, planned = (replace(opened(), next_diagnosis_at=due) for due in (None, at(20)))

    assert at(9) == states.seen_again(idle, alert("lobby-aborts"), 3, at(9)).next_diagnosis_at
    assert at(20) == states.seen_again(planned, alert("lobby-aborts"), 3, at(9)).next_diagnosis_at
    fired = states.seen_again(idle, alert("lobby-aborts"), 3, at(9))
    assert fired == states.seen_again(replace(fired), alert("lobby-aborts"), 3, at(10))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(14, 14, id="at once, where three minutes have passed since the last bad bucket"),
        pytest.param(11, 13, id="else three minutes after it"),
    ],
)
def test_what_goes_on_unexplained_is_diagnosed_again(now: float, expected: float) -> None:
    idle = replace(opened(), next_diagnosis_at=None)

    assert at(expected) == states.seen_again(idle, breach(10), 3, at(now)).next_diagnosis_at


def test_what_is_explained_or_planned_is_not_diagnosed_sooner_because_it_goes_on() -> None:
    explained = replace(opened(), next_diagnosis_at=None, cause="ping-timeout")
    planned = replace(opened(), next_diagnosis_at=at(30))

    assert states.seen_again(explained, breach(10), 3, at(11)).next_diagnosis_at is None
    assert at(30) == states.seen_again(planned, breach(10), 3, at(11)).next_diagnosis_at


def test_a_validation_that_failed_is_diagnosed_at_once_or_when_it_was_planned() -> None:
    idle, planned = (
        replace(states.validating(opened(), at(20)), next_diagnosis_at=due) for due in (None, at(40))
    )
    failed = states.seen_again(idle, breach(21), 3, at(22))

    assert (State.DETECTED, at(22), at(22)) == (failed.state, failed.state_since, failed.next_diagnosis_at)
    assert at(40) == states.seen_again(planned, breach(21), 3, at(22)).next_diagnosis_at


def test_a_validation_that_failed_leads_a_return_back_to_where_it_was() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))
    back = states.validating(states.reopened(ended, breach(70), 3, at(71)), at(80))
    explained = diagnosed(back, "ping-timeout", now=at(81))

    assert State.REOPENED is states.seen_again(back, breach(81), 3, at(82)).state
    assert State.DIAGNOSED is states.seen_again(explained, breach(81), 3, at(82)).state


def test_a_rise_says_from_what_and_is_told_once_for_a_revision() -> None:
    worse = states.graded(opened(4), 2, at(9))
    worst = states.graded(worse, 1, at(10))

    assert ("from 4 to 2", "from 2 to 1") == (sentences.rise(worse), sentences.rise(worst))
    assert "to 4" == sentences.rise(opened(4))
    assert [Milestone.OPENED, Milestone.WORSE] == milestone(worst)
    assert worse is states.graded(worse, 2, at(10))
    assert (at(10), "severity raised") == (worst.timeline[-1].at, worst.timeline[-1].what)


# ---- by a person ----


def test_whoever_takes_it_on_is_kept_with_the_moment_in_so_many_letters_as_a_row_holds() -> None:
    taken_on = states.acknowledged(opened(), "a" * 300, at(8))

    assert taken_on.acknowledgement is not None
    assert (MOST_NAME, at(8)) == (len(taken_on.acknowledgement.by), taken_on.acknowledgement.at)
    assert (
        Acknowledgement("alice", at(8), revision=1)
        == states.acknowledged(opened(), "alice", at(8)).acknowledgement
    )
    assert taken_on is states.acknowledged(taken_on, "bob", at(9))


def test_doing_again_what_is_being_done_changes_nothing() -> None:
    mended = states.mitigating(opened(), "restart", at(8))
    trying = states.validating(opened(), at(8))

    assert mended is states.mitigating(mended, "restart", at(9))
    assert trying is states.validating(trying, at(9))
    assert (State.VALIDATING, at(8), State.DETECTED) == (
        trying.state,
        trying.state_since,
        trying.state_before_validation,
    )


def test_the_end_is_kept_with_who_made_it_and_how() -> None:
    by_hand = states.resolved(opened(), Ending.BY_HAND, at(60), "b" * 300)
    held = states.resolved(states.validating(opened(), at(20)), Ending.HELD, at(50))

    assert (Ending.BY_HAND, MOST_NAME, at(60), at(60)) == (
        by_hand.ending,
        len(by_hand.ended_by or ""),
        by_hand.closed_at,
        by_hand.state_since,
    )
    assert (Ending.HELD, None, None) == (held.ending, held.ended_by, held.state_before_validation)
    assert ("held", "by hand, by bob") == (
        sentences.how_it_ended(held),
        sentences.how_it_ended(replace(by_hand, ended_by="bob")),
    )


# ---- told ----


@pytest.mark.parametrize(
    ("what", "calls"),
    [
        (Milestone.OPENED, True),
        (Milestone.REOPENED, True),
        (Milestone.WORSE, True),
        (Milestone.ESCALATED, True),
        (Milestone.CAUSE_FOUND, False),
        (Milestone.GIVEN_UP, False),
        (Milestone.RESOLVED, False),
    ],
)
def test_people_are_called_by_what_needs_them_and_by_nothing_else(what: Milestone, calls: bool) -> None:
    state, other = Notification(3, what), Notification(4, what)
    owing = replace(opened(), unnotified=(state, other), notified_at=at(1))
    latest = states.notified(owing, state, at(9), [f"channel-{place}" for place in range(25)])

    assert (at(9) if calls else at(1)) == latest.notified_at
    assert (other,) == latest.unnotified
    assert tuple(f"channel-{place}" for place in range(20)) == latest.notified_receivers


# ---- consequences ----


def a_cause(**changes: Any) -> Incident:
    return replace(opened(), id="lobby.handlers.1", **changes)


def test_an_open_cause_speaks_for_its_consequence_once() -> None:
    joined = states.beside_cause(opened(), a_cause(), at(9))

    assert ("lobby.handlers.1", "joined to its cause", at(9)) == (
        joined.joined_to,
        joined.timeline[-1].what,
        joined.timeline[-1].at,
    )
    assert joined is states.joined(joined, a_cause(), at(10))
    assert joined is states.beside_cause(joined, a_cause(), at(10))


def test_nothing_is_a_consequence_of_what_is_closed_gone_or_its_own_consequence() -> None:
    alone = opened()
    over = states.resolved(a_cause(), Ending.BY_HAND, at(8))

    assert alone is states.beside_cause(alone, over, at(9))
    assert alone is states.beside_cause(alone, None, at(9))
    assert alone is states.beside_cause(alone, a_cause(joined_to=alone.id), at(9))


def test_what_is_validated_waits_for_its_own_end_though_its_cause_has_closed() -> None:
    trying = states.validating(states.joined(opened(), a_cause(), at(9)), at(10))

    assert trying is states.beside_cause(trying, None, at(11))


def test_its_opening_is_told_once_more_however_often_its_cause_comes_back() -> None:
    first = states.beside_cause(states.joined(told(opened(), 6), a_cause(), at(9)), None, at(10))
    second = states.beside_cause(states.joined(told(first, 11), a_cause(), at(12)), None, at(13))

    assert [Notification(first.revision + 1, Milestone.OPENED)] == list(first.unnotified)
    assert ((), None, "on its own again") == (second.unnotified, second.joined_to, whats(second)[-1])


def test_a_state_that_is_owed_already_is_not_owed_twice() -> None:
    owing = states.joined(opened(), a_cause(), at(6))

    assert (Notification(1, Milestone.OPENED),) == states.beside_cause(owing, None, at(7)).unnotified


def test_nothing_leads_back_from_mitigating_to_acknowledged() -> None:
    mended = states.mitigating(opened(), "restart", at(8))

    with pytest.raises(IllegalTransitionError, match="is mitigating and cannot become acknowledged"):
        states.acknowledged(mended, "alice", at(9))
