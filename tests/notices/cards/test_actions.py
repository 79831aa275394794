"""The buttons under a card: what one may do first, then where to look."""

from datetime import UTC, datetime
from typing import Any

from shared.incidents.incident import Ending, Milestone
from shared.incidents.lifecycle import states
from shared.notices.answers.signed_links import SignedLinks
from shared.notices.cards.budget import fits
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import message
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from tests.notices.broken_lobby import broken_lobby
from tests.notices.cards.judged import buttons, texts
from tests.notices.diagnoses import expired_tokens, playbook
from tests.notices.fake_keys import RING, Hand
from tests.notices.official import VALIDATOR

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)


def titles(card: dict[str, Any]) -> list[str]:
    return [action["title"] for action in buttons(card)]


def signed() -> SignedLinks:
    return SignedLinks(
        "https://watch.example/api", RING, Hand(), Links(playbooks="https://forge.example/pages")
    )


def test_a_card_asks_to_be_answered_before_it_tells_where_to_look() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, playbook=playbook(), links=signed()(incident))

    assert ["Acknowledge", "Details", "Silence", "Playbook", "Azure", "Board", "Resolve"] == titles(card)
    assert {"Action.OpenUrl"} == {action["type"] for action in buttons(card)}


def test_the_query_stands_behind_the_fold_of_its_evidence() -> None:
    card = draw_diagnosis(expired_tokens(), playbook(), links=signed()(broken_lobby()))

    (fold,) = [element for element in card["body"] if "**Evidence**" in texts({"body": [element]})]
    assert ["Run the query"] == [action["title"] for action in buttons({"body": [fold], "actions": []})]


def test_what_somebody_has_is_not_to_be_acknowledged_again() -> None:
    incident = states.acknowledged(broken_lobby(), "Ada Lovelace", NIGHT)
    card = draw_milestone(incident, Milestone.WORSE, playbook=playbook(), links=signed()(incident))

    assert ["Details", "Take over", "Silence", "Playbook", "Azure", "Board", "Resolve"] == titles(card)
    assert "Ada Lovelace has it" in texts(card)


def test_without_a_forge_the_playbook_is_read_here() -> None:
    incident = broken_lobby()
    own = SignedLinks("https://watch.example/api", RING, Hand())(incident)
    card = draw_milestone(incident, Milestone.OPENED, links=own)

    (address,) = [action["url"] for action in card["actions"] if action["title"] == "Playbook"]
    assert address.startswith("https://watch.example/api/respond?token=1.")


def test_resolving_stands_where_no_thumb_hits_it_by_accident() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, links=signed()(incident))

    assert ["Board", "Resolve"] == [
        action["title"] for action in card["actions"] if action.get("mode") == "secondary"
    ]


def test_the_card_of_an_end_asks_for_nothing() -> None:
    incident = states.resolved(broken_lobby(), Ending.BY_HAND, NIGHT)
    card = draw_milestone(incident, Milestone.RESOLVED, links=signed()(incident))

    assert ["Details", "Playbook", "Azure", "Board"] == titles(card)


def test_a_card_with_answers_is_of_the_official_schema() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, links=signed()(incident))

    assert [] == list(VALIDATOR.iter_errors(card))
    assert fits(message(card))
