"""Azure Resource Manager and Resource Graph do not answer for as long as a case lasts, and incidents go on as before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.azure.azurite import Azurite
from local.replay.case import CASES, read_case
from local.replay.play import incidents_of, play
from local.replay.stage import Stage, stage_of
from local.replay.story import last_diagnoses, unexpected_incidents

RARE = timedelta(minutes=10)


@pytest.fixture
def stage(azurite: Azurite) -> Iterator[Stage]:
    with stage_of(read_case(CASES / "hub-without-handler-closes-with-1000"), azurite) as found:
        yield found


def test_an_incident_opens_is_diagnosed_and_closes_while_nothing_of_arm_answers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SET_ALERT_STATES", "true")
    stage.azure.arm.faults.break_down(times=1_000_000, retry_after=0.01)

    for _ in play(stage, RARE):
        for timer in ("find_missed_alerts", "set_alert_states"):
            assert stage.host.fire(timer).error is None

    incidents = incidents_of(stage)
    assert [] == unexpected_incidents(stage.case, incidents, last_diagnoses(stage))
    assert incidents
    assert not [incident.id for incident in incidents if incident.is_open]
    assert stage.azure.arm.faults.requests  # it was asked
