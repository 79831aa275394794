"""The threshold of a standing rule: it fires on the breach and is silent on every quiet hour that is known."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from judged import at, line

from shared.objectives.baseline import Span
from shared.objectives.history import History
from shared.objectives.separation import Threshold, threshold_of
from shared.signals.counts import Count

HALF_HOUR = timedelta(minutes=30)
BREACH = Span(at(24), at(27))


def threshold(series: list[Count], **other: object) -> Threshold | None:
    return threshold_of(series, BREACH, HALF_HOUR, min_bad=20, allowed_percent=1, **other)  # type: ignore[arg-type]


def test_lies_between_what_is_usual_and_the_worst_of_the_breach() -> None:
    series = line(0, *[(1, 200)] * 24, *[(120, 200)] * 3, *[(1, 200)] * 24)
    result = threshold(series)

    assert result is not None
    assert (6, 20) == (result.percent, result.min_bad)
    assert 0 < result.quiet_hours
    assert at(25) == result.fires_at  # the first bucket has 120 bad ones of 1,200 in half an hour


def test_is_above_the_worst_quiet_half_hour() -> None:
    series = line(0, *[(20, 200)] * 24, *[(30, 200)] * 3, *[(20, 200)] * 24)
    result = threshold(series)

    assert result is not None
    assert 10 == result.quiet_percent
    assert 12 == result.percent


def test_there_is_none_where_quiet_hours_are_as_bad() -> None:
    assert threshold(line(0, *[(30, 200)] * 51)) is None


def test_there_is_none_where_no_whole_percent_lies_between() -> None:
    assert threshold(line(0, *[(180, 200)] * 24, *[(182, 200)] * 3, *[(180, 200)] * 24)) is None


def test_there_is_none_where_nothing_was_bad() -> None:
    assert threshold(line(0, *[(0, 200)] * 51)) is None


def test_another_breach_is_no_quiet_hour() -> None:
    series = line(0, *[(180, 200)] * 3, *[(0, 200)] * 21, *[(120, 200)] * 3)

    assert threshold(series, apart=[Span(at(0), at(3))]) is not None
    assert threshold(series) is None


def test_few_bad_events_of_the_breach_are_enough_for_its_rule() -> None:
    result = threshold(line(0, *[(0, 10)] * 24, *[(4, 10)] * 3))

    assert result is not None
    assert 12 == result.min_bad


pairs = st.integers(0, 200).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(st.lists(pairs, min_size=30, max_size=60))
@settings(max_examples=80, deadline=None)
def test_fires_in_the_breach_and_in_no_quiet_window(numbers: list[tuple[int, int]]) -> None:
    series = line(0, *numbers)
    result = threshold(series)
    if result is None:
        return
    history = History(series)

    def fires(place: int) -> bool:
        bad, total = history.window(at(place) - HALF_HOUR, at(place))
        return bad >= result.min_bad and total > 0 and 100 * bad / total >= result.percent

    fired = {place for place in range(len(numbers) + 6) if fires(place)}
    assert fired
    assert fired <= set(range(25, 33))  # windows that hold a bucket of the breach
    assert at(min(fired)) == result.fires_at
