"""One page of a team's own and one case: the app's own diagnosis names its hypothesis."""

from datetime import timedelta
from pathlib import Path

from pages import EXTENSION, write_page

from local.__main__ import main
from local.azure.azurite import Azurite
from local.replay.case import read_case
from local.replay.play import incidents_of, play
from local.replay.stage import stage_of
from local.replay.story import card_of_cause, last_diagnoses, unexpected_incidents

DROPS = "web-pubsub-connection-drops"
RARE = timedelta(minutes=10)


def test_the_app_names_the_cause_that_a_page_of_ones_own_brings(tmp_path: Path, azurite: Azurite) -> None:
    pages, folder = tmp_path / "pages", tmp_path / "gateway-drained-at-nine"
    pages.mkdir()
    write_page(pages, EXTENSION, "gateway.md")
    main(
        ["new-case", str(folder), "--like", DROPS, "--says", "gateway drained", "--cause", "gateway-drained"]
    )

    with stage_of(read_case(folder), azurite, pages) as stage:
        for _ in play(stage, RARE):
            pass
        incidents = incidents_of(stage)

        assert [(DROPS, "gateway-drained")] == [(one.symptom, one.cause) for one in incidents]
        assert [] == unexpected_incidents(stage.case, incidents, last_diagnoses(stage))
        card = str(card_of_cause(stage))
        assert "Our gateway was drained" in card
        assert "Drain it at night." in card
