"""Which windows an objective is judged by, and from how many bad events on."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from judged import CONNECTS, PROMISED, count

from shared.configuration.objectives import Limit, ObjectiveSettings
from shared.objectives.history import HistoryWindow
from shared.objectives.rules import (
    Rule,
    allowed_ratio,
    is_over,
    longest_window,
    rules_of,
    shows_symptom,
)
from shared.queries.wilson import wilson
from shared.signals.signal import BUCKET, Shape

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_a_promise_of_99_percent_is_judged_by_two_limits_and_three_burn_rates() -> None:
    promised = ObjectiveSettings(min_bad=7, min_events=90)
    one_percent = Fraction(1, 100)

    assert (
        Rule("at least 5 % within 5 min", BUCKET, BUCKET, Fraction(5, 100), True, 7, 0),
        Rule("at least 1 % within 1 h", HOUR, BUCKET, one_percent, True, 7, 0),
        Rule("burn 14.4 over 1 h and 5 min", HOUR, BUCKET, Fraction(144, 1000), False, 7, 90),
        Rule("burn 6 over 6 h and 30 min", 6 * HOUR, 30 * MINUTE, 6 * one_percent, False, 7, 90),
        Rule("burn 1 over 3 days and 6 h", 3 * DAY, 6 * HOUR, one_percent, False, 7, 90),
    ) == rules_of(Shape.RATIO, promised)


def test_an_objective_that_allows_more_than_a_limit_is_its_own_limit() -> None:
    loose = rules_of(Shape.RATIO, ObjectiveSettings(target=0.9))

    assert ["at least 10 % within 5 min", "at least 10 % within 1 h"] == [rule.text for rule in loose[:2]]


def test_a_teams_own_limit_stands_between_the_limits_and_the_burn_rates() -> None:
    own = ObjectiveSettings(limit=Limit(30, 2 * HOUR, 0.025))

    assert (
        Rule("at least 30 and 2.5 % within 2 h", 2 * HOUR, BUCKET, Fraction(25, 1000), True, 30, 0)
        == (rules_of(Shape.RATIO, own)[2])
    )
    assert 6 == len(rules_of(Shape.RATIO, own))


def test_a_signal_without_a_total_has_only_its_own_limit_and_that_without_a_share() -> None:
    own = ObjectiveSettings(limit=Limit(12, 90 * MINUTE, 0.025))

    assert (
        Rule("at least 12 within 90 min", timedelta(minutes=90), BUCKET, Fraction(0), True, 12, 0),
    ) == rules_of(Shape.VALUE, own)
    assert () == rules_of(Shape.VALUE, PROMISED)


@pytest.mark.parametrize(
    ("within", "text"),
    [
        (5 * MINUTE, "at least 12 within 5 min"),
        (55 * MINUTE, "at least 12 within 55 min"),
        (HOUR, "at least 12 within 1 h"),
        (65 * MINUTE, "at least 12 within 65 min"),
        (23 * HOUR, "at least 12 within 23 h"),
    ],
)
def test_a_length_is_said_in_its_largest_whole_unit(within: timedelta, text: str) -> None:
    assert text == rules_of(Shape.VALUE, ObjectiveSettings(limit=Limit(12, within)))[0].text


def test_counts_are_needed_for_three_days_back() -> None:
    assert 3 * DAY == longest_window()


def test_what_is_allowed_is_exact() -> None:
    assert (Fraction(1, 100), Fraction(1, 1000)) == (
        allowed_ratio(PROMISED),
        allowed_ratio(replace(PROMISED, target=0.999)),
    )


# ---- what breaks a rule ----

TENTH = Rule("", HOUR, BUCKET, Fraction(1, 10), False, 20, 100)


@pytest.mark.parametrize(
    ("changes", "long", "short", "expected"),
    [
        pytest.param({}, (30, 200), (5, 20), True, id="both windows above the share"),
        pytest.param({}, (20, 199), (5, 20), True, id="just enough bad events"),
        pytest.param({}, (19, 100), (5, 20), False, id="one bad event too few"),
        pytest.param({}, (30, 100), (5, 20), True, id="just enough events"),
        pytest.param({}, (30, 99), (5, 20), False, id="one event too few"),
        pytest.param({}, (30, 200), (2, 20), False, id="the short window at the share"),
        pytest.param({}, (30, 300), (5, 20), False, id="the long window at the share"),
        pytest.param({"is_inclusive": True}, (30, 300), (2, 20), True, id="where the share itself breaks it"),
        pytest.param({"is_inclusive": True}, (30, 301), (2, 20), False, id="but not less than it"),
        pytest.param(
            {"is_inclusive": True, "ratio": Fraction(0)}, (30, 200), (0, 0), False, id="nothing bad"
        ),
        pytest.param({"min_bad": 1, "min_events": 0}, (1, 9), (1, 9), False, id="too few to be sure"),
        pytest.param({"min_bad": 1, "min_events": 0}, (1, 3), (1, 3), True, id="few, and sure"),
    ],
)
def test_a_rule_is_broken_by_two_windows_with_enough_events(
    changes: dict[str, object], long: tuple[float, float], short: tuple[float, float], expected: bool
) -> None:
    rule = replace(TENTH, **changes)  # type: ignore[arg-type]

    assert expected is rule.broken_by(HistoryWindow(*long), HistoryWindow(*short))


def test_a_rule_is_sure_from_six_tenths_of_its_share_on() -> None:
    few = HistoryWindow(2, 20)
    bound = Fraction(wilson(*few)[0])
    at_the_edge, beyond = (
        replace(TENTH, ratio=bound / Fraction(6, 10) * factor, min_bad=1, min_events=0)
        for factor in (Fraction(999, 1000), Fraction(1001, 1000))
    )

    assert at_the_edge.broken_by(few, few)
    assert not beyond.broken_by(few, few)


# ---- one bucket alone ----


@pytest.mark.parametrize(
    ("bad", "total", "expected"),
    [(1, 100, False), (1.001, 100, True), (1, 99, True), (0, 0, False), (0, 60, False)],
)
def test_a_bucket_is_over_above_what_its_objective_allows(bad: float, total: float, expected: bool) -> None:
    assert expected is is_over(Shape.RATIO, PROMISED, count(0, bad, total))


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param(5, True, id="half of a third of 30"),
        pytest.param(4.9, False, id="less than that"),
        pytest.param(0, False, id="nothing"),
    ],
)
def test_without_a_total_a_bucket_is_over_from_half_of_its_share_of_the_limit_on(
    bad: float, expected: bool
) -> None:
    limited = ObjectiveSettings(limit=Limit(30, 15 * MINUTE))

    assert expected is is_over(Shape.VALUE, limited, count(0, bad, bad))
    assert expected is shows_symptom(Shape.VALUE, limited, count(0, bad, bad))


def test_without_a_limit_and_without_bad_events_no_bucket_is_over() -> None:
    anything = ObjectiveSettings(limit=Limit(0, 15 * MINUTE))

    assert not is_over(Shape.VALUE, PROMISED, count(0, 500, 500))
    assert not is_over(Shape.VALUE, anything, count(0, 0, 0))
    assert is_over(Shape.VALUE, anything, count(0, 1, 1))


@pytest.mark.parametrize(
    ("bad", "total", "target", "expected"),
    [
        pytest.param(5, 99, 0.99, True, id="five bad ones, more than 5 %"),
        pytest.param(5, 100, 0.99, False, id="just 5 %"),
        pytest.param(4, 4, 0.99, False, id="four bad ones, and no good one"),
        pytest.param(10, 60, 0.8, False, id="no more than its objective allows"),
        pytest.param(13, 60, 0.8, True, id="more than its objective allows"),
    ],
)
def test_a_bucket_shows_that_the_symptom_lasts(
    bad: float, total: float, target: float, expected: bool
) -> None:
    promised = replace(PROMISED, target=target)

    assert expected is shows_symptom(CONNECTS.shape, promised, count(0, bad, total))
