"""Cases with declared events, played through the app's own triggers: what is blamed, what is said, and how severe it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from local.azure.azurite import Azurite
from local.replay.case import CASES, read_case
from local.replay.play import incidents_of, play
from local.replay.stage import Stage, stage_of
from local.replay.story import last_diagnoses, unexpected_incidents
from shared.incidents.incident import Incident
from tests import drawn

RARE = timedelta(minutes=10)
LOWERED = "severity is one step lower"


@pytest.fixture
def stage(request: pytest.FixtureRequest, azurite: Azurite) -> Iterator[Stage]:
    with stage_of(read_case(CASES / request.param), azurite) as staged:
        yield staged


def _text(card: Any) -> str:
    if isinstance(card, dict):
        return " ".join(_text(part) for part in card.values())
    return " ".join(map(_text, card)) if isinstance(card, list) else str(card)


def an_incident_here_stands_on_the_first_card_and_is_the_cause(
    incident: Incident, cards: Sequence[str]
) -> None:
    first = next(card for card in cards if "The cause is not known yet" in card)

    assert "[Service Health](https://app.azure.com/h/VN1K-9W8/3b9002)" in first
    assert LOWERED in first
    assert "platform-incident" == incident.cause
    assert incident.severity == (incident.demoted_from or 0) + 1
    assert not any(other in card for card in cards for other in ("1VVT-111", "2WWT-222"))


def an_incident_elsewhere_is_neither_said_nor_blamed(incident: Incident, cards: Sequence[str]) -> None:
    assert ("audience-mismatch", (), None) == (incident.cause, incident.declared, incident.demoted_from)
    assert not any("Declared by Microsoft" in card or LOWERED in card for card in cards)
    assert not any(other in card for card in cards for other in ("3NEX-40T", "5VMW-82Q"))


def a_second_fault_is_told_in_full(incident: Incident, cards: Sequence[str]) -> None:
    assert ("audience-mismatch", None) == (incident.cause, incident.demoted_from)
    assert ["9WEX-33B"] == [declared.tracking_id for declared in incident.declared]
    assert LOWERED in next(card for card in cards if "The cause is not known yet" in card)
    assert any("Severity raised" in card for card in cards)


def a_maintenance_is_announced_once_and_silences_nothing(incident: Incident, cards: Sequence[str]) -> None:
    (notice,) = [card for card in cards if "Planned maintenance 7PMW-1X4" in card]

    assert "from 2026-11-18 02:00 UTC to 2026-11-18 04:00 UTC" in notice
    assert "/respond?token=1." in notice
    assert ("audience-mismatch", ()) == (incident.cause, incident.declared)
    assert any("The cause is not known yet" in card for card in cards)


EXPECTED: Mapping[str, Callable[[Incident, Sequence[str]], None]] = {
    "declared-in-our-region": an_incident_here_stands_on_the_first_card_and_is_the_cause,
    "declared-in-another-region": an_incident_elsewhere_is_neither_said_nor_blamed,
    "declared-for-another-service": an_incident_elsewhere_is_neither_said_nor_blamed,
    "a-second-fault-beside-a-declared-one": a_second_fault_is_told_in_full,
    "maintenance-is-planned-for-tomorrow": a_maintenance_is_announced_once_and_silences_nothing,
}


@pytest.mark.parametrize(
    "stage", drawn.cases("played cases with what Microsoft declared", EXPECTED, 2), indirect=True
)
def test_what_is_declared_is_said_where_it_belongs(stage: Stage) -> None:
    for _ in play(stage, RARE):
        pass

    assert [] == unexpected_incidents(stage.case, incidents_of(stage), last_diagnoses(stage))
    (incident,) = incidents_of(stage)
    EXPECTED[stage.case.name](incident, [_text(card) for card in stage.channel.cards])
