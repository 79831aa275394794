"""A storm of alerts of one rule on one resource, handled by many at a time, is one incident and one card."""

import pytest

from bench.alert_app import CALLERS, alert_app
from bench.alert_storm import run_storm, storm_of
from bench.flood import RunningClock, run_flood
from bench.receive import rates
from local.azure.azurite import Azurite
from shared.incidents.lifecycle.timeline import MOST_ENTRIES

STORM, RECEIVE = 254, 255  # accounts that no other test uses
ROW = 60 * 1024


def test_a_storm_is_one_incident_with_one_card_and_one_diagnosis(azurite: Azurite) -> None:
    with alert_app(azurite, STORM) as app:
        storm = run_storm(app, 300)

    assert {202: 300} == storm.answers
    assert len(set(storm_of(300))) == storm.handled == 120
    assert 1 == len(storm.incidents) == storm.cards
    assert (0, ()) == (storm.given_up, storm.incidents[0].unnotified)
    assert storm.row_bytes < ROW
    assert len(storm.incidents[0].timeline) <= 20 < MOST_ENTRIES
    assert storm.queries < 50  # a diagnosis, or two that began at once


def test_receiving_is_measured_beside_handlers_that_do_nothing_and_one_write(azurite: Azurite) -> None:
    with alert_app(azurite, RECEIVE) as app:
        measured = rates(app, 4 * CALLERS)

    assert {"does nothing", "one write to a queue", "receive_alert"} == set(measured)
    assert all(rate > 0 for rate in measured.values())


@pytest.mark.parametrize("rules", [1, 40])
def test_a_flood_of_what_fits_nothing_holds_no_sev0_back(azurite: Azurite, rules: int) -> None:
    clock = RunningClock()
    with alert_app(azurite, azurite.unused(), clock) as app:
        flood = run_flood(app, clock, 40, rules)

    assert {202: 41} == flood.answers
    assert flood.seconds_until_card is not None
    assert flood.seconds_until_card < 60
    assert rules + 1 == flood.notices
    assert flood.deliveries <= 2 * flood.notices + CALLERS  # who begin one notice at once ask for it each
