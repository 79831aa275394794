"""Cases played through triggers, queues and tables open exactly the incidents that they expect.

`linekeeper replay --all` plays every case; here are those that must stay silent, and some that
speak, of every symptom together.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.azure.azurite import Azurite
from local.replay.case import CASES, read_case
from local.replay.play import incidents_of, play
from local.replay.stage import Stage, stage_of
from local.replay.story import last_diagnoses, unexpected_incidents
from tests import drawn

SILENT = (
    "an-ordinary-evening-of-calls",
    "busy-clinic-hangs-up-normally",
    "daphne-after-the-change",
    "eight-sockets-and-a-clear-text",
    "evening-chat-without-trouble",
    "lobby-moves-to-new-instances",
    "lobby-on-a-busy-morning",
    "night-shift-too-few-connects",
    "night-watch-too-few-drops",
    "trading-floor-on-a-good-day",
)
SPEAKING = (
    "branch-firewall-drops-udp",
    "gateway-drops-all-then-401-storm",
    "kiosk-subscribes-too-early",
    "hub-without-handler-closes-with-1000",
)
RARE = timedelta(minutes=10)


@pytest.fixture
def stage(request: pytest.FixtureRequest, azurite: Azurite) -> Iterator[Stage]:
    with stage_of(read_case(CASES / request.param), azurite) as found:
        yield found


@pytest.mark.parametrize(
    "stage",
    drawn.cases("played cases", [*SILENT, *SPEAKING], 1),
    indirect=True,
)
def test_opens_exactly_the_incidents_that_the_case_expects(stage: Stage) -> None:
    for _ in play(stage, RARE):
        pass

    assert [] == unexpected_incidents(stage.case, incidents_of(stage), last_diagnoses(stage))


@pytest.mark.parametrize("stage", ["seed-thread-1006"], indirect=True)
def test_follows_an_incident_until_its_fix_has_held(stage: Stage) -> None:
    story = [scene.entry.what for scene in play(stage, timedelta(minutes=2))]

    milestones = [one for one in story if one in {"detected", "cause found", "validating", "resolved"}]
    assert ["detected", "cause found", "validating", "resolved"] == milestones
    assert [] == unexpected_incidents(stage.case, incidents_of(stage), last_diagnoses(stage))
    assert {"told: opened", "told: cause found", "told: resolved"} <= set(story)
    spoken = [card["fallbackText"] for card in stage.channel.cards]
    assert sum(one.startswith("told: ") for one in story) == sum(one.startswith("Sev ") for one in spoken)
    # The case holds the application's own rows alone, which is said once.
    assert ["Linekeeper is blind on the logs of Communication Services"] == [
        one for one in spoken if not one.startswith("Sev ")
    ]
