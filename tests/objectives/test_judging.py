"""What a breach says of its episode, and which buckets are judged at all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from judged import ABORTS, CONNECTS, HANDSHAKES, LOBBY, NOON, OBJECTIVES, PROMISED, at, count, line, starts

from shared.objectives.breach import Breach
from shared.objectives.history import History
from shared.objectives.judge import RECENT, breaches, broken_rule
from shared.objectives.rules import rules_of
from shared.signals.counts import MAX_REASONS, Count
from shared.signals.signal import Signal

LATER = NOON + timedelta(days=5)  # so that only what is touched is judged


def judge(series: list[Count], *signals: Signal) -> list[Breach]:
    return breaches(signals or (CONNECTS, HANDSHAKES, ABORTS), OBJECTIVES, series, starts(series), LATER)


def test_a_breach_names_resource_signal_and_symptom_and_holds_its_numbers() -> None:
    texts = {2: "", 3: "server closed", 4: "connection gone", 5: ""}
    series = [replace(count(place, 30, 60, Aborted=30), sample=text) for place, text in texts.items()]

    assert [
        Breach(
            resource=LOBBY,
            signal="refused-connects",
            symptom="web-pubsub-connection-failures",
            rule="at least 5 % within 5 min",
            onset=at(2),
            last_bad=at(6),
            bad=120,
            total=240,
            peak_ratio=0.5,
            reasons={"Aborted": 120},
            sample="connection gone",
        )
    ] == judge(series)


def test_without_a_raw_text_there_is_no_sample() -> None:
    (breach,) = judge(line(0, (30, 60)))

    assert ("", {}) == (breach.sample, breach.reasons)


def test_keeps_the_twelve_most_frequent_reasons() -> None:
    reasons = {f"reason-{place:02}": float(place) for place in range(1, 15)}
    (breach,) = judge([count(0, 105, 110, **reasons)])

    assert MAX_REASONS == len(breach.reasons)
    assert ("reason-14", "reason-03") == (next(iter(breach.reasons)), list(breach.reasons)[-1])


def test_the_worst_bucket_has_five_bad_events_at_least() -> None:
    four, five = (judge(line(0, (60, 100), (bad, bad)))[0] for bad in (4, 5))

    assert (pytest.approx(64 / 104), 1.0) == (four.peak_ratio, five.peak_ratio)


def test_the_worst_bucket_is_never_better_than_the_whole() -> None:
    (breach,) = judge(line(0, *[(4, 20)] * 6))

    assert 0.2 == breach.peak_ratio


def test_breaches_are_told_oldest_first_and_those_of_one_moment_by_signal() -> None:
    series = line(0, (30, 60)) + line(0, (30, 60), name="handshakes") + line(-40, (40, 40), name="aborts")

    assert ["aborts", "handshakes", "refused-connects"] == [breach.signal for breach in judge(series)]
    assert ["handshakes"] == [breach.signal for breach in judge(series, HANDSHAKES)]


def test_a_signal_that_nothing_is_promised_for_is_not_judged() -> None:
    series = line(0, (30, 60))

    assert [] == breaches((CONNECTS,), {HANDSHAKES.id: PROMISED}, series, starts(series), LATER)
    assert [] == breaches((HANDSHAKES, ABORTS), OBJECTIVES, series, starts(series), LATER)


def test_a_switched_off_objective_hides_no_other() -> None:
    off = OBJECTIVES | {CONNECTS.id: replace(PROMISED, enabled=False)}
    series = line(0, (30, 60)) + line(0, (30, 60), name="handshakes")
    signals = (CONNECTS, HANDSHAKES)

    assert ["handshakes"] == [
        breach.signal for breach in breaches(signals, off, series, starts(series), LATER)
    ]


@pytest.mark.parametrize(("later", "expected"), [(0, 1), (1, 0)])
def test_what_ended_within_90_minutes_and_the_signals_delay_is_judged_untouched(
    later: int, expected: int
) -> None:
    now = at(1) + CONNECTS.delay + RECENT + timedelta(seconds=later)

    assert expected == len(breaches((CONNECTS,), OBJECTIVES, line(0, (44, 60)), (), now))


def test_an_untouched_bucket_does_not_keep_the_next_one_from_being_judged() -> None:
    series = line(0, (0, 60), (44, 60), (0, 60))

    assert 1 == len(breaches((CONNECTS,), OBJECTIVES, series, [at(1)], LATER))


def test_episodes_that_touch_are_one_breach_by_the_most_urgent_of_their_rules() -> None:
    burning = line(0, *[(2, 100)] * 10)  # 1 % in an hour
    sudden = line(10, (30, 100))  # 5 % in five minutes
    (breach,) = judge(burning + sudden)

    assert ("at least 5 % within 5 min", at(0), at(11)) == (breach.rule, breach.onset, breach.last_bad)


def test_an_urgent_episode_stays_urgent_when_a_slow_one_touches_it() -> None:
    (breach,) = judge(line(0, (60, 100), *[(4, 100)] * 11))

    assert "at least 5 % within 5 min" == breach.rule
    assert (at(0), at(12)) == (breach.onset, breach.last_bad)


def test_the_first_broken_rule_is_named_even_where_a_slower_one_is_broken_too() -> None:
    rules = rules_of(CONNECTS.shape, PROMISED)
    history = History(line(0, (30, 60), (0, 60)))

    assert rules[0] is broken_rule(history, rules, at(1))
    assert broken_rule(history, rules[:3], at(2)) is None
    slower = broken_rule(history, rules, at(2))
    assert slower is not None
    assert "burn 6 over 6 h and 30 min" == slower.text


def test_windows_end_with_the_bucket_that_is_judged() -> None:
    rules = rules_of(CONNECTS.shape, PROMISED)
    history = History(line(0, (0, 60), (30, 60)))

    assert broken_rule(history, rules, at(1)) is None
    assert rules[0] is broken_rule(history, rules, at(2))
