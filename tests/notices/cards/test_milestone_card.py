"""The card of each milestone says what changed, is valid, fits, and lets nothing through."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.incidents.incident import Ending, Incident, Milestone
from shared.incidents.lifecycle import states
from shared.notices.cards.budget import fits
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.objectives.breach import Breach
from shared.signals.tries import CANARY
from tests.notices.diagnoses import RESOURCE, START
from tests.notices.milestones import FAILURES, PLAYBOOK, ended, explained, opened
from tests.notices.official import VALIDATOR, parsed
from tests.secrets_by_shape import JWT


def json_of(card: dict[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=False)


def test_the_first_card_says_what_is_wrong_and_when_the_next_look_is() -> None:
    text = json_of(draw_milestone(opened(), Milestone.OPENED, playbook=PLAYBOOK))

    assert "SEV 2 · contoso-rt" in text
    assert f"{PLAYBOOK.title}: 1 of 14 attempts is failing" in text
    assert "143 of 2,010 attempts were failing (7.1 %)" in text
    assert (
        "**Cause: not known yet.** The logs that would tell are on their way, up to 10 minutes late." in text
    )
    assert "Next look **02:16 UTC**." in text


@pytest.mark.parametrize("milestone", [Milestone.OPENED, Milestone.GIVEN_UP])
def test_what_our_own_tries_met_stands_on_the_card_where_nobody_else_could_say_it(
    milestone: Milestone,
) -> None:
    met = "TLS of hub canary fails since 2026-11-12 02:14:15 UTC: the certificate has expired"
    breach = Breach(RESOURCE, CANARY.id, FAILURES, "limit", START, START, 1, 6, 0.2, {"TLS": 1}, met)
    incident = states.opened(breach, 2, START, None)

    assert met in json_of(draw_milestone(incident, milestone, playbook=PLAYBOOK))


def test_without_its_diagnosis_the_cause_is_named_all_the_same() -> None:
    text = json_of(draw_milestone(explained(), Milestone.CAUSE_FOUND, playbook=PLAYBOOK))

    assert "**Cause:** Clients present expired access tokens." in text


@pytest.mark.parametrize(
    ("incident", "milestone", "words"),
    [
        pytest.param(
            states.seen_again(
                opened(), Breach(RESOURCE, "closes", FAILURES, "limit", START, START, 1, 1, 1), 1, START
            ),
            Milestone.WORSE,
            "Severity raised from 2 to 1",
            id="a raise says from what to what",
        ),
        pytest.param(
            ended(Ending.HELD), Milestone.RESOLVED, "back within its goal for 30 minutes", id="held"
        ),
        pytest.param(ended(Ending.HELD), Milestone.RESOLVED, "2 min after detection", id="time to diagnose"),
        pytest.param(ended(Ending.HELD), Milestone.RESOLVED, "44 min after detection", id="time to resolve"),
        pytest.param(
            ended(Ending.UNCONFIRMED), Milestone.RESOLVED, 'not \\"healthy\\"', id="unconfirmed says so"
        ),
        pytest.param(opened(), Milestone.GIVEN_UP, "**Cause: not found.**", id="given up"),
        pytest.param(opened(), Milestone.REOPENED, "came back", id="reopened"),
        pytest.param(opened(), Milestone.FLAPPING, "quiet for an hour", id="keeps coming back"),
    ],
)
def test_each_state_says_what_changed(incident: Incident, milestone: Milestone, words: str) -> None:
    assert words in json_of(draw_milestone(incident, milestone, playbook=PLAYBOOK))


def wildest() -> Incident:
    return replace(
        opened(), signals={f"signal {number}": f"[a](b) {JWT} " + "\u5b57" * 290 for number in range(20)}
    )


def test_cards_of_states_are_valid_fit_and_let_nothing_through() -> None:
    cards = [
        draw_milestone(incident, milestone) for milestone in Milestone for incident in (opened(), wildest())
    ]
    cards += [
        draw_milestone(ended(Ending.HELD), Milestone.RESOLVED),
        draw_announcement(JWT, f"{JWT} <at>all</at>" * 900),
    ]

    assert [] == [error.message for card in cards for error in VALIDATOR.iter_errors(card)]
    assert all(fits(message(card)) for card in cards)
    assert not any(JWT in json_of(card) or "<at>" in json_of(card) for card in cards)
    assert [] == [event for answer in parsed(cards) for event in answer["events"]]
