import random

import pytest

from bench.card.noise import USUAL
from bench.card.trial import quiet_threshold
from bench.time_to_card import SimulatedTraffic, simulate, spread


def test_a_dense_fault_is_told_from_metrics_before_its_logs_arrive() -> None:
    delays = simulate(rate=2000, share=0.5, seed=1)

    assert (delays["windows"].card or 99) < 3 <= (delays["windows, logs alone"].card or 0)


def test_no_cause_is_found_before_rows_of_the_fault_can_have_arrived() -> None:
    causes = [simulate(2000, 0.5, seed)["windows"].cause or 0 for seed in range(5)]

    assert min(causes) > 3


def test_the_same_seed_gives_the_same_fault() -> None:
    assert simulate(200, 0.5, seed=7) == simulate(200, 0.5, seed=7)


def test_every_row_arrives_once_and_not_before_three_minutes() -> None:
    traffic = SimulatedTraffic(rate=200, share=0.5, begins=0, dice=random.Random(1))
    traffic.happen(0)

    minutes = []
    for now in range(1, 12):
        traffic.arrive(now)
        minutes.append(traffic.arrived_total.get(0, 0))

    assert ([0, 0, 0], 200) == (minutes[:3], minutes[-1])
    assert traffic.bad == traffic.arrived_bad


@pytest.mark.parametrize(("a_minute", "threshold"), [(20, 3), (200, 5), (2000, 11)])
def test_an_alert_is_as_low_as_its_usual_failures_let_it_be(a_minute: int, threshold: int) -> None:
    assert threshold == quiet_threshold(a_minute * USUAL, 0, 43_200)


def test_says_of_how_many_a_spread_is() -> None:
    assert "(3 of 4) 1.2 / 2.0 / 2.8" == spread([1.0, None, 2.0, 3.0])
