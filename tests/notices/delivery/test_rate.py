"""The rate of a receiver is kept, whoever asks and when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.configuration.receivers import Receiver
from shared.notices.delivery.lane import Lane
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.delivery.rate import FIVE_MINUTES, SECOND, RateWindow, claim_post, pause_receiver
from shared.races import LostRaceError
from tests.notices.fake_outbox import FakeRates, most_within

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
ON_CALL = Receiver("on-call", "ON_CALL_URL")
MOMENTS = st.lists(
    st.one_of(st.integers(0, 3_000), st.integers(0, 700_000)).map(
        lambda ms: NINE + timedelta(milliseconds=ms)
    ),
    max_size=120,
)
RATES = st.tuples(st.integers(1, 4), st.integers(1, 25))


def granted(moments: list[datetime], receiver: Receiver) -> list[datetime]:
    rows = FakeRates()
    return sorted(moment for moment in moments if claim_post(rows, receiver, moment) is None)


@given(MOMENTS, RATES)
def test_no_second_and_no_five_minutes_ever_hold_more_than_the_rate(
    moments: list[datetime], rates: tuple[int, int]
) -> None:
    """The moments come in any order: instances' clocks differ, and storage answers when it will."""
    receiver = Receiver("on-call", "ON_CALL_URL", per_second=rates[0], per_five_minutes=rates[1])

    sent = granted(moments, receiver)

    assert most_within(sent, SECOND) <= rates[0]
    assert most_within(sent, FIVE_MINUTES) <= rates[1]


@given(st.integers(1, 60))
def test_whoever_comes_again_when_a_slot_is_free_gets_it(count: int) -> None:
    rows, now, sent = FakeRates(), NINE, []
    while len(sent) < count:
        free = claim_post(rows, ON_CALL, now)
        if free is None:
            sent.append(now)
        else:
            assert free > now
            now = free

    assert sent[-1] - NINE <= (count - 1) // 20 * (FIVE_MINUTES + SECOND) + 5 * SECOND
    assert all(later >= earlier for earlier, later in pairwise(sent))


def test_four_at_once_and_the_fifth_a_second_later() -> None:
    rows = FakeRates()

    free = [claim_post(rows, ON_CALL, NINE) for _ in range(5)]

    assert [None] * 4 == free[:4]
    assert free[4] is not None
    assert SECOND < free[4] - NINE <= SECOND + timedelta(milliseconds=1)


def test_a_receiver_that_asks_for_silence_is_sent_nothing_by_anybody() -> None:
    rows = FakeRates()
    pause_receiver(rows, ON_CALL, NINE + timedelta(minutes=2))
    pause_receiver(rows, ON_CALL, NINE + timedelta(minutes=1))

    assert NINE + timedelta(minutes=2) == claim_post(rows, ON_CALL, NINE)
    assert claim_post(rows, ON_CALL, NINE + timedelta(minutes=2)) is None


ANY_TIME = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone stands beside them
NEAR = st.integers(-4_000, 4_000).map(lambda seconds: NINE + timedelta(seconds=seconds))


@given(st.lists(ANY_TIME | NEAR, max_size=80), st.none() | ANY_TIME | NEAR, RATES)
def test_no_window_closes_a_receiver_for_longer_than_its_length(
    sent: list[datetime], closed_until: datetime | None, rates: tuple[int, int]
) -> None:
    receiver = Receiver("on-call", "ON_CALL_URL", per_second=rates[0], per_five_minutes=rates[1])
    moment = timedelta(milliseconds=1)

    assert RateWindow(tuple(sorted(sent))).free_at(receiver, NINE) - NINE <= FIVE_MINUTES + moment
    assert RateWindow((), closed_until).free_at(receiver, NINE) - NINE <= timedelta(hours=1)


@given(st.timedeltas(timedelta(hours=2), timedelta(days=40_000)))
def test_a_host_whose_clock_is_ahead_closes_no_receiver(ahead: timedelta) -> None:
    rows = FakeRates()
    for number in range(30):
        claim_post(rows, ON_CALL, NINE + ahead + number * 2 * SECOND)
    pause_receiver(rows, ON_CALL, NINE + ahead + timedelta(hours=1))

    assert claim_post(rows, ON_CALL, NINE) is None
    assert all(claim_post(rows, ON_CALL, NINE + number * 2 * SECOND) is None for number in range(1, 20))
    assert claim_post(rows, ON_CALL, NINE + 41 * SECOND) is not None  # its rate is kept all the same


@given(st.timedeltas(timedelta(hours=2), timedelta(days=40_000)))
def test_silence_that_is_asked_for_counts_beside_that_of_a_clock_that_is_ahead(ahead: timedelta) -> None:
    rows = FakeRates()
    pause_receiver(rows, ON_CALL, NINE + ahead)
    pause_receiver(rows, ON_CALL, NINE + timedelta(minutes=2))

    assert NINE + timedelta(minutes=2) == claim_post(rows, ON_CALL, NINE)


@given(ANY_TIME | NEAR | st.timedeltas(timedelta(days=-9999), timedelta(days=9999)))
def test_a_receiver_that_names_any_date_is_left_alone_for_an_hour_at_most(
    after: datetime | timedelta,
) -> None:
    until = PostAnswer(PostOutcome.RETRY, "busy", after).silent_until(NINE)

    assert until is not None
    assert until - NINE <= timedelta(hours=1)


def lane(due_at: datetime, claimed_until: datetime | None = None, asked_at: datetime | None = None) -> Lane:
    return Lane("k", "on-call", NINE, due_at, asked_at=asked_at, claim="c", claimed_until=claimed_until)


@given(ANY_TIME, st.none() | ANY_TIME, st.none() | ANY_TIME)
def test_a_lane_waits_for_an_hour_at_most_whatever_clocks_wrote_it(
    due_at: datetime, claimed_until: datetime | None, asked_at: datetime | None
) -> None:
    written = lane(due_at, claimed_until, asked_at)

    assert any(written.wants_asking(NINE + timedelta(minutes=minute)) for minute in range(80))


def test_a_lane_that_was_put_off_waits() -> None:
    assert not lane(NINE + timedelta(minutes=15)).is_due(NINE)
    assert lane(NINE).is_due(NINE)
    assert lane(NINE, claimed_until=NINE + timedelta(minutes=2)).is_claimed(NINE)


def test_one_receivers_rate_is_not_anothers() -> None:
    rows = FakeRates()
    for _ in range(4):
        claim_post(rows, ON_CALL, NINE)

    assert claim_post(rows, Receiver("team", "TEAM_URL"), NINE) is None


class Contended(FakeRates):
    """Another instance claims a slot before each of our first writes."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def save(self, receiver: str, rates: RateWindow) -> None:
        if self.losses:
            self.losses -= 1
            super().save(receiver, self.get(receiver).with_post(ON_CALL, NINE))
            raise LostRaceError(receiver)
        super().save(receiver, rates)


def test_who_loses_a_race_asks_again_and_counts_the_winner() -> None:
    rows = Contended(losses=3)

    assert claim_post(rows, ON_CALL, NINE) is None
    assert [NINE] * 4 == list(rows.kept["on-call"].sent)


def test_who_loses_every_race_comes_again_later() -> None:
    rows = Contended(losses=99)

    free = claim_post(rows, Receiver("on-call", "ON_CALL_URL", per_second=99, per_five_minutes=99), NINE)

    assert free == NINE + SECOND
