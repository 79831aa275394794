"""Who has an incident: taken over, given back, heard again, opened again; and when people are told of that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.incidents.incident import Ending, Incident, Milestone, Standing, State
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.escalate import is_overdue
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    Step,
    acknowledge,
    resolve,
    silenced,
    take_over,
)
from shared.incidents.lifecycle.standing import DAMPED, owed, standing_line, with_news_of_answers
from shared.incidents.lifecycle.undo import end_silence, give_back, reopen
from tests.notices.broken_lobby import broken_lobby, refused_connects

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
MIA, BOB = Person("Mia Night", verified=True), Person("Bob")
Tap = Callable[[Incident], Step]


def later(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def saved(step: Step) -> Incident:
    """Return what a tap left, as it is stored."""
    return replace(step.incident, revision=step.incident.revision + 1)


def held() -> Incident:
    return saved(acknowledge(broken_lobby(), 0, MIA, NIGHT))


def milestones(incident: Incident) -> list[Milestone]:
    return [state.milestone for state in incident.unnotified]


def tapped(incident: Incident, *taps: Tap) -> Incident:
    for tap in taps:
        incident = saved(tap(incident))
    return incident


def acks(who: Person = MIA) -> Tap:
    return lambda incident: acknowledge(incident, 0, who, NIGHT)


def takes(who: Person) -> Tap:
    return lambda incident: take_over(incident, 0, incident.revision, who, NIGHT)


def gives_back(who: Person = MIA) -> Tap:
    return lambda incident: give_back(incident, 0, incident.revision, who, NIGHT)


def silences(who: Person = MIA) -> Tap:
    return lambda incident: silenced(incident, 0, later(240), str(who), NIGHT)


def hears(who: Person = MIA) -> Tap:
    return lambda incident: end_silence(incident, 0, who, NIGHT)


def ends(who: Person = MIA) -> Tap:
    return lambda incident: resolve(incident, 0, who, NIGHT)


def opens(who: Person = MIA) -> Tap:
    return lambda incident: reopen(incident, 0, who, NIGHT)


# ---- over to somebody else ----


def test_taking_it_over_says_from_whom() -> None:
    latest = tapped(held(), takes(BOB))

    assert "Bob (unverified) has it since 03:12 UTC, taken over from Mia Night" == standing_line(latest)
    assert ("handed over", "from Mia Night to Bob (unverified)") == (
        latest.timeline[-1].what,
        latest.timeline[-1].text,
    )


def test_of_two_who_take_it_over_at_once_the_second_is_told_of_the_first() -> None:
    before = held()
    first = saved(take_over(before, 0, before.revision, BOB, later(1)))
    second = take_over(first, 0, before.revision, Person("Ada"), later(1))

    assert Step(ResponseOutcome.CHANGED, first) == second
    assert ResponseOutcome.DONE is take_over(first, 0, first.revision, Person("Ada"), later(2)).outcome


def test_taking_over_what_nobody_has_is_taking_it_on_and_what_one_has_changes_nothing() -> None:
    free = take_over(broken_lobby(), 0, 0, MIA, NIGHT)

    assert (ResponseOutcome.DONE, State.ACKNOWLEDGED) == (free.outcome, free.incident.state)
    assert Step(ResponseOutcome.ALREADY, held()) == take_over(held(), 0, 9, MIA, later(1))


# ---- back ----


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        pytest.param({}, State.DETECTED, id="without a cause"),
        pytest.param({"cause": "token-expired"}, State.DIAGNOSED, id="with one"),
        pytest.param({"reopened": 1}, State.REOPENED, id="after a return"),
    ],
)
def test_what_is_given_back_is_where_it_was(changes: dict[str, object], state: State) -> None:
    incident = replace(held(), **changes)  # type: ignore[arg-type]
    step = give_back(incident, incident.reopened, incident.revision, BOB, later(5))

    assert (ResponseOutcome.DONE, state, None) == (
        step.outcome,
        step.incident.state,
        step.incident.acknowledgement,
    )
    assert "Nobody has it: Bob (unverified) gave it back at 03:17 UTC" == standing_line(step.incident)


def test_given_back_while_it_is_validated_it_does_not_return_to_whoever_had_it() -> None:
    trying = states.validating(held(), later(5))
    free = give_back(trying, 0, trying.revision, MIA, later(6)).incident
    failed = states.seen_again(free, refused_connects(last_bad=later(7)), 2, later(8))

    assert (State.VALIDATING, State.DETECTED) == (free.state, failed.state)


def test_what_was_taken_over_since_is_not_given_back() -> None:
    before = held()
    bobs = tapped(before, takes(BOB))

    assert Step(ResponseOutcome.CHANGED, bobs) == give_back(bobs, 0, before.revision, MIA, later(1))
    assert Step(ResponseOutcome.ALREADY, broken_lobby()) == give_back(broken_lobby(), 0, 0, MIA, NIGHT)


def test_people_are_called_anew_once_they_know_that_nobody_has_it() -> None:
    told = replace(held(), notified_at=NIGHT, answers_due_at=None, told_standing=held().standing)
    free = saved(give_back(told, 0, told.revision, MIA, later(40)))
    due = saved(Step(ResponseOutcome.DONE, with_news_of_answers(free, later(43))))
    known = states.notified(due, due.unnotified[0], later(43), ("on-call",))

    assert [False, False, True] == [
        is_overdue(one, now) for one, now in ((free, later(41)), (known, later(57)), (known, later(58)))
    ]


# ---- heard again ----


def test_a_silence_ends_early_and_once() -> None:
    silent = tapped(broken_lobby(), silences())
    step = end_silence(silent, 0, BOB, later(3))

    assert "Nobody has it; silenced until 07:12 UTC by Mia Night" == standing_line(silent)
    assert (ResponseOutcome.DONE, None) == (step.outcome, step.incident.silence)
    assert ResponseOutcome.ALREADY is end_silence(step.incident, 0, BOB, later(4)).outcome
    assert ResponseOutcome.ALREADY is end_silence(silent, 0, BOB, later(240)).outcome


# ---- open again ----


def test_what_was_ended_by_hand_goes_on_for_whoever_had_it() -> None:
    again = tapped(held(), ends(), opens(BOB))

    assert (State.ACKNOWLEDGED, None, None, None, 0) == (
        again.state,
        again.closed_at,
        again.ending,
        again.ended_by,
        again.reopened,
    )
    assert "Mia Night has it since 03:12 UTC" == standing_line(again)
    assert NIGHT == again.next_diagnosis_at


def test_an_end_that_was_told_lifts_what_was_silenced_before() -> None:
    silent = tapped(broken_lobby(), silences(), ends())
    told = states.notified(silent, silent.unnotified[0], later(3), ("on-call",))

    assert NIGHT == tapped(told, opens()).previous_closed_at
    assert tapped(told, opens()).silence is None
    assert tapped(silent, opens()).silence is not None


@pytest.mark.parametrize(
    ("incident", "occurrence", "now", "outcome"),
    [
        pytest.param(held(), 0, NIGHT, ResponseOutcome.ALREADY, id="open"),
        pytest.param(tapped(held(), ends()), 1, NIGHT, ResponseOutcome.EARLIER, id="of another occurrence"),
        pytest.param(
            states.resolved(states.validating(held(), NIGHT), Ending.HELD, NIGHT),
            0,
            NIGHT,
            ResponseOutcome.OVER,
            id="it held",
        ),
        pytest.param(tapped(held(), ends()), 0, later(1441), ResponseOutcome.OVER, id="a day ago"),
    ],
)
def test_what_may_not_be_opened_again_stays_as_it_is(
    incident: Incident, occurrence: int, now: datetime, outcome: ResponseOutcome
) -> None:
    assert Step(outcome, incident) == reopen(incident, occurrence, BOB, now)


# ---- told ----


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        pytest.param([acks()], [Milestone.STANDING], id="taken on"),
        pytest.param([acks(), acks(BOB), takes(BOB), takes(MIA), takes(BOB)], [Milestone.STANDING], id="five taps"),
        pytest.param([acks(), gives_back()], [], id="undone"),
        pytest.param([acks(), gives_back()] * 9, [], id="undone nine times"),
        pytest.param([silences()], [Milestone.SILENCED], id="silenced"),
        pytest.param([acks(), silences()], [Milestone.SILENCED], id="taken on and silenced"),
        pytest.param([silences(), hears()], [], id="silenced and heard"),
        pytest.param([ends()], [Milestone.RESOLVED], id="ended"),
        pytest.param([acks(), ends()], [Milestone.RESOLVED], id="taken on and ended"),
        pytest.param([ends(), opens()], [], id="ended and open"),
        pytest.param([ends(), opens(), ends()], [Milestone.RESOLVED], id="ended after all"),
    ],
)  # fmt: skip
def test_several_taps_within_minutes_are_one_notice_and_what_was_undone_is_none(
    taps: list[Tap], expected: list[Milestone]
) -> None:
    latest = tapped(broken_lobby(), *taps)
    early = later(0) + DAMPED - timedelta(seconds=1)
    on_time = with_news_of_answers(latest, NIGHT + DAMPED)

    assert ((), latest) == (owed(latest, early), with_news_of_answers(latest, early))
    assert expected == [state.milestone for state in owed(on_time, NIGHT + DAMPED)]
    assert with_news_of_answers(on_time, NIGHT + DAMPED) is on_time


def test_what_was_told_is_told_otherwise_once_it_is_undone() -> None:
    told = with_news_of_answers(held(), later(2))
    back = with_news_of_answers(saved(give_back(told, 0, told.revision, MIA, later(9))), later(11))
    ended = with_news_of_answers(tapped(broken_lobby(), ends()), later(2))
    known = states.notified(ended, ended.unnotified[0], later(2), ("on-call",))
    again = with_news_of_answers(saved(reopen(known, 0, BOB, later(9))), later(11))

    assert [Milestone.STANDING] * 2 == milestones(back)
    assert [Milestone.STANDING] == milestones(again)


def test_a_later_tap_does_not_put_the_notice_off() -> None:
    assert (
        NIGHT + DAMPED
        == tapped(held(), lambda one: take_over(one, 0, one.revision, BOB, later(1))).answers_due_at
    )


def test_a_time_far_ahead_is_that_of_a_wrong_clock_and_is_due() -> None:
    wrong = replace(held(), answers_due_at=later(500))

    assert [Milestone.STANDING] == milestones(with_news_of_answers(wrong, later(1)))


def test_a_silence_that_is_over_is_forgotten_without_a_notice() -> None:
    silent = with_news_of_answers(tapped(broken_lobby(), silences()), later(2))
    over = with_news_of_answers(silent, later(240))

    assert (None, Standing(), [Milestone.SILENCED]) == (over.silence, over.told_standing, milestones(over))


def test_what_comes_back_by_itself_waits_for_nothing_and_never_ended_for_people() -> None:
    ended = tapped(held(), ends())
    back = states.reopened(ended, refused_connects(onset=later(1), last_bad=later(1)), 2, later(1))

    assert [Milestone.REOPENED] == [state.milestone for state in owed(back, later(1))]
    assert (None, Standing(), {}) == (back.answers_due_at, back.told_standing, dict(back.undone))
