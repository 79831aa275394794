"""Which counts break an objective, and how the episode is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import ABORTS, CONNECTS, NOON, OBJECTIVES, PROMISED, at, count, line, starts

from shared.objectives.breach import Breach
from shared.objectives.judge import breaches
from shared.signals.counts import Count

LATER = NOON + timedelta(days=5)  # so that only what is touched is judged


def judge(series: Sequence[Count], touched: Sequence[Count] | None = None) -> list[Breach]:
    ends = starts(series if touched is None else touched)
    return breaches((CONNECTS, ABORTS), OBJECTIVES, series, ends, LATER)


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(line(0, (44, 60)), id="in one bucket"),
        pytest.param(line(0, (22, 31), (22, 29)), id="across an edge"),
        pytest.param(line(0, (10, 13), (34, 47)), id="mostly in the second"),
    ],
)
def test_sees_a_fresh_incident_of_44_bad_in_60_without_any_history(series: list[Count]) -> None:
    (breach,) = judge(series)

    assert (44, 60, NOON) == (breach.bad, breach.total, breach.onset)
    assert "at least 5 % within 5 min" == breach.rule


def test_sees_twenty_bad_of_a_thousand_spread_over_an_hour() -> None:
    (breach,) = judge(line(0, *[(2, 100)] * 10))

    assert "at least 1 % within 1 h" == breach.rule
    assert (20, 1000, at(0), at(10)) == (breach.bad, breach.total, breach.onset, breach.last_bad)


def test_sees_a_slow_burn_of_three_days() -> None:
    sparse = [count(number, 1, 25) for number in range(-850, 1, 34)]
    (breach,) = judge(sparse)

    assert "burn 1 over 3 days and 6 h" == breach.rule
    assert 20 <= breach.bad


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(line(0, (19, 19)), id="one bad event less than it takes"),
        pytest.param(line(0, *[(0, 500)] * 12), id="nothing bad"),
        pytest.param(line(0, *[(1, 200)] * 60), id="half of what is allowed, for hours"),
        pytest.param([], id="no data"),
    ],
)
def test_stays_silent(series: list[Count]) -> None:
    assert [] == judge(series)


def test_stays_silent_about_one_of_sixty_even_where_one_is_enough() -> None:
    promised = {CONNECTS.id: replace(PROMISED, min_bad=1)}
    series = line(0, (1, 60))

    assert [] == breaches((CONNECTS,), promised, series, starts(series), LATER)


def test_stays_silent_about_an_objective_that_is_switched_off() -> None:
    promised = {CONNECTS.id: replace(PROMISED, enabled=False)}
    series = line(0, (44, 60))

    assert [] == breaches((CONNECTS,), promised, series, starts(series), LATER)


def test_compares_a_limit_before_rounding() -> None:
    at_the_limit, below = judge(line(0, (50, 1000))), judge(line(0, (49.999, 1000)))

    assert ["at least 5 % within 5 min"] == [breach.rule for breach in at_the_limit]
    assert ["at least 1 % within 1 h"] == [breach.rule for breach in below]


def test_compares_a_burn_rate_exactly() -> None:
    """1 - 0.99 is 0.010000000000000009 in floats, so that 144 of 1000 would be less than 14.4 times it."""
    calm = {CONNECTS.id: replace(PROMISED, min_bad=20, target=0.9)}
    at_factor_six = line(0, *[(60, 100)] * 6)
    above = line(0, *[(60, 100)] * 5, (60.001, 100))

    def rules(series: list[Count]) -> set[str]:
        from shared.objectives.history import History
        from shared.objectives.rules import rules_of

        end, history = at(6), History(series)
        return {
            rule.text
            for rule in rules_of(CONNECTS.shape, calm[CONNECTS.id])
            if rule.broken_by(history.window(end - rule.long, end), history.window(end - rule.short, end))
        }

    assert "burn 6 over 6 h and 30 min" not in rules(at_factor_six)
    assert "burn 6 over 6 h and 30 min" in rules(above)


def test_judges_a_late_bucket_by_windows_that_end_with_it() -> None:
    late = line(0, (30, 60))
    healthy = line(1, *[(0, 1000)] * 30)
    (breach,) = judge(late + healthy, touched=late)

    assert (at(0), at(1), 30) == (breach.onset, breach.last_bad, breach.bad)


def test_leaves_an_old_bucket_alone_that_nothing_touched() -> None:
    series = line(0, (44, 60))

    assert [] == judge(series, touched=[])
    assert 1 == len(breaches((CONNECTS,), OBJECTIVES, series, (), NOON + timedelta(minutes=100)))


def test_tells_the_whole_episode_and_not_the_strays_before_it() -> None:
    stray, calm = line(-4, (1, 60)), line(-3, (0, 60))
    bad = line(-2, (6, 60), (40, 60), (48, 60), (30, 60))
    (breach,) = judge(stray + calm + bad + line(2, (0, 60), (0, 60), (0, 60)))

    assert (at(-2), at(2)) == (breach.onset, breach.last_bad)
    assert (124, 240, 0.8) == (breach.bad, breach.total, breach.peak_ratio)


def test_a_gap_without_data_does_not_end_an_episode() -> None:
    (breach,) = judge(line(-5, (30, 60)) + line(0, (30, 60)))

    assert (at(-5), at(1)) == (breach.onset, breach.last_bad)


def test_two_episodes_with_calm_between_them_are_two_breaches() -> None:
    episodes = judge(line(0, (30, 60), *[(0, 60)] * 30, (40, 60)))

    assert [(at(0), 30), (at(31), 40)] == [(breach.onset, breach.bad) for breach in episodes]


def test_merges_reasons_and_keeps_the_newest_sample() -> None:
    first = count(0, 30, 60, Unauthorized=20, TooMany=10)
    second = replace(count(1, 30, 60, TooMany=25, Gone=5), sample="connection gone")
    (breach,) = judge([first, second])

    assert [("TooMany", 35), ("Unauthorized", 20), ("Gone", 5)] == list(breach.reasons.items())
    assert "connection gone" == breach.sample


def test_judges_a_signal_without_a_total_by_its_limit_alone() -> None:
    (breach,) = judge(line(0, (10, 10), (10, 10), (10, 10), name="aborts"))

    assert ("at least 30 within 15 min", 1.0, at(0), at(3)) == (
        breach.rule,
        breach.peak_ratio,
        breach.onset,
        breach.last_bad,
    )
    assert [] == judge(line(0, (10, 10), (10, 10), (9, 9), name="aborts"))
    assert [] == judge(line(0, (15, 15), name="aborts") + line(3, (15, 15), name="aborts"))


def test_refuses_counts_of_two_resources() -> None:
    mixed = [count(0, 1, 2), replace(count(1, 1, 2), resource="/other")]

    with pytest.raises(ValueError, match="2 resources"):
        judge(mixed)


buckets = st.lists(
    st.tuples(st.integers(-40, 0), st.integers(0, 40), st.integers(0, 300)),
    min_size=1,
    max_size=25,
    unique_by=lambda buckets: buckets[0],
).map(lambda buckets: [count(number, bad, bad + good) for number, bad, good in buckets])


@given(buckets)
@settings(max_examples=100)
def test_never_tells_of_fewer_bad_events_than_the_objective_asks_for(series: list[Count]) -> None:
    for breach in judge(series):
        assert PROMISED.min_bad <= breach.bad <= breach.total
        assert breach.onset < breach.last_bad
        assert breach.peak_ratio >= breach.bad / breach.total


@given(buckets, st.integers(0, 24), st.integers(1, 50))
@settings(max_examples=100)
def test_more_bad_events_never_silence_a_breach(series: list[Count], place: int, more: int) -> None:
    worse = list(series)
    chosen = worse[place % len(worse)]
    worse[place % len(worse)] = replace(chosen, bad=chosen.bad + more, total=chosen.total + more)

    assert bool(judge(worse)) or not judge(series)


@given(st.integers(1, 20_000), st.data())
@settings(max_examples=100)
def test_a_bucket_breaks_the_limit_exactly_from_five_percent_on(total: int, data: st.DataObject) -> None:
    near = st.integers(max(20, total // 20 - 2), max(20, total // 20 + 2))
    bad = data.draw(near.filter(lambda bad: bad <= total) if total >= 20 else st.just(total))
    expected = bad >= 20 and 100 * bad >= 5 * total
    rules = {breach.rule for breach in judge(line(0, (bad, total)))}

    assert expected == ("at least 5 % within 5 min" in rules)
