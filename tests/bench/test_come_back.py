"""The simulated clients do what the published ones did, and our provider spreads them."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from bench.come_back import RATE, Outage, come_back
from bench.retries.clients import (
    JAVASCRIPT,
    PYTHON,
    OfficialClient,
    OurProvider,
    Reply,
    Step,
    StockProvider,
    life_after_a_drop,
)
from bench.retries.record import FILE
from local.machine.places import ROOT

CLIENTS = 5_000
RECORDED: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
EVERY_CLIENT = pytest.mark.parametrize("client", [JAVASCRIPT, PYTHON], ids=lambda client: client.name)


def times_against_nobody(client: OfficialClient, seconds: float) -> dict[Step, list[float]]:
    """When a client does what while recovery fails and negotiate refuses, as in the recording."""
    times: dict[Step, list[float]] = {step: [] for step in Step}
    life = life_after_a_drop(client, StockProvider(), dropped=0.0)
    now, (delay, step) = 0.0, next(life)
    while (now := now + delay) < seconds:
        times[step].append(now)
        try:
            delay, step = life.send(Reply(now, ok=step is Step.WAIT))
        except StopIteration:
            break
    return times


@EVERY_CLIENT
def test_simulated_clients_come_back_when_the_recorded_ones_did(client: OfficialClient) -> None:
    recorded = RECORDED[client.name]
    window = recorded["asks"][-1] + 0.5
    simulated = times_against_nobody(client, seconds=window)

    for step, name in ((Step.RECOVER, "recoveries"), (Step.ASK, "asks")):
        moments = recorded[name]
        assert len(moments) == pytest.approx(len(simulated[step]), rel=0.1)
        assert [later - earlier for earlier, later in pairwise(moments)] == pytest.approx(
            [later - earlier for earlier, later in pairwise(simulated[step])][: len(moments) - 1], rel=0.1
        )
    assert recorded["asks"][0] == pytest.approx(simulated[Step.ASK][0], rel=0.1)


def test_a_recorded_python_client_gives_up_and_so_does_a_simulated_one() -> None:
    assert 4 == len(RECORDED["Python"]["asks"]) == len(times_against_nobody(PYTHON, 600)[Step.ASK])


def test_simulated_pauses_are_those_of_the_page() -> None:
    page = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
    constants = dict(re.findall(r"(FIRST_MS|LONGEST_MS) = ([\d_]+)", page))
    assert {"FIRST_MS": "1_000", "LONGEST_MS": "60_000"} == constants

    provider = OurProvider(lambda: 1.0)
    address = provider.address()
    pauses = [next(address)[0]]
    for _ in range(8):
        address.send(Reply(0.0, ok=False))
        pauses.append(address.send(Reply(0.0, ok=True))[0])
    assert [0, 1, 2, 4, 8, 16, 32, 60, 60] == pauses


@EVERY_CLIENT
def test_stock_clients_connect_all_in_one_second_and_ours_at_the_configured_rate(
    client: OfficialClient,
) -> None:
    stock = come_back(client, Outage(10), CLIENTS, is_ours=False)
    ours = come_back(client, Outage(10), CLIENTS, is_ours=True)

    assert stock.peak(Step.CONNECT) > CLIENTS / 2
    assert ours.peak(Step.CONNECT) < 2.2 * RATE
    assert 10 + CLIENTS / RATE <= ours.last < 10 + 1.4 * CLIENTS / RATE
    assert (0, 0) == (stock.away, ours.away)


@EVERY_CLIENT
def test_recovery_is_out_of_reach_of_any_provider(client: OfficialClient) -> None:
    for is_ours in (False, True):
        came = come_back(client, Outage(10), CLIENTS, is_ours=is_ours)

        assert all(came.steps[Step.RECOVER][second] > 0.8 * CLIENTS for second in range(9))
        assert not any(came.steps[Step.ASK][second] for second in range(10))


def test_stock_python_clients_stay_away_after_an_outage_that_ours_outlasts() -> None:
    stock = come_back(PYTHON, Outage(40), 1_000, is_ours=False)

    assert 1_000 == stock.away
    assert 0 == come_back(PYTHON, Outage(40), 1_000, is_ours=True).away


def test_the_same_storm_comes_again() -> None:
    first, again = (come_back(JAVASCRIPT, Outage(10), 2_000, is_ours=True) for _ in range(2))

    assert (first.last, first.steps) == (again.last, again.steps)
