"""A storm of alerts of one rule on one resource, handled by many at a time, is one incident and one card."""

from bench.alert_app import CALLERS, alert_app
from bench.alert_storm import run_storm, storm_of
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


def test_receiving_is_measured_beside_a_handler_that_does_nothing(azurite: Azurite) -> None:
    with alert_app(azurite, RECEIVE) as app:
        nothing, received = rates(app, 4 * CALLERS)

    assert 0 < received < nothing
