"""Processes know from each other what is usual, and nobody waits for that."""

from datetime import timedelta

import pytest

from shared.errors import LinekeeperError
from shared.tokens.client_rates import ProcessRate, StormWatch
from tests.tokens.desk_in_memory import NOON, SharedRates

HOUR = timedelta(hours=1)
RATE = 100


class Process:
    """One process of the app, and the clock it reads."""

    def __init__(self, rates: SharedRates, name: str = "process-1", chance: float = 0.5) -> None:
        self.work: list[object] = []
        self.watch = StormWatch(rates, name, lambda work: work(), lambda: chance)

    def wait(self, seconds: float = 0.0, lifetime: timedelta = HOUR) -> float:
        return self.watch.wait("lobby", RATE, NOON + timedelta(seconds=seconds), lifetime).total_seconds()

    def answer(self, clients: int, seconds: float = 0.0) -> list[float]:
        return [self.wait(seconds) for _ in range(clients)]


def test_a_storm_is_spread() -> None:
    waits = Process(SharedRates()).answer(5_000)

    assert {0.0} == set(waits[:RATE])
    assert 40 < waits[-1] < 60


def test_nobody_is_told_to_wait_until_the_token_has_ended() -> None:
    for chance in (0.0, 0.999):
        process = Process(SharedRates(), chance=chance)
        waits = [process.wait(lifetime=timedelta(minutes=1)) for _ in range(10_000)]

        assert max(waits) <= 30
        assert chance == 0 or waits[-1] > 29


def test_what_is_usual_is_exchanged_four_times_a_minute_and_not_with_every_client() -> None:
    rates = SharedRates()
    process = Process(rates)
    for tenth in range(600):
        process.wait(tenth / 10)

    assert 3 == rates.exchanges
    assert 10 == pytest.approx(rates.rows["lobby", "process-1"].usual, abs=0.2)


def test_a_storm_is_told_to_the_others_at_once_and_then_every_three_seconds() -> None:
    rates = SharedRates()
    process = Process(rates)
    process.answer(1_000)
    assert 1 == rates.exchanges

    process.answer(100, 2)
    assert 1 == rates.exchanges
    process.answer(100, 3)
    assert 2 == rates.exchanges


def test_each_of_two_processes_lets_half_of_the_rate_in() -> None:
    rates = SharedRates()
    first, second = Process(rates, "process-1"), Process(rates, "process-2")
    for moment in (0, 20, 21, 40, 41):
        first.wait(moment)
        second.wait(moment)

    waits = first.answer(2_000, 50)

    assert 36 < waits[-1] < 45  # of 2,000 of 4,000 clients


def test_a_process_that_was_silent_for_minutes_counts_no_more() -> None:
    rates = SharedRates()
    rates.rows["lobby", "process-2"] = ProcessRate("process-2", 50, NOON - timedelta(minutes=6))
    process = Process(rates)
    for moment in (0, 20, 40):
        process.wait(moment)

    assert process.answer(2_000, 50)[-1] < 25


def test_a_process_that_a_storm_has_started_does_not_take_it_for_the_usual() -> None:
    rates = SharedRates()
    rates.rows["lobby", "process-2"] = ProcessRate("process-2", 2, NOON - timedelta(hours=3))
    process = Process(rates)

    process.answer(3_000)
    process.answer(3_000, 20)

    assert rates.rows["lobby", "process-1"].usual < 3


def test_without_the_store_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    rates = SharedRates()
    rates.error = LinekeeperError("storage does not answer", permanent=False)
    process = Process(rates)

    assert 16 < process.answer(2_000)[-1] < 25
    assert "storage does not answer" in caplog.text


def test_two_resources_have_storms_of_their_own() -> None:
    process = Process(SharedRates())
    process.answer(5_000)

    assert timedelta() == process.watch.wait("trading", RATE, NOON, HOUR)


def test_who_only_keeps_a_token_is_not_counted() -> None:
    process = Process(SharedRates())
    for _ in range(5_000):
        process.watch.expected("lobby", RATE, NOON, HOUR)

    assert 0.0 == process.wait()
