"""The first screen of a phone, as Chromium and Microsoft's renderer draw it: step 1 and Acknowledge stand on it, folds open."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.replay.case import find_case
from local.replay.diagnoses import diagnoses_of
from local.teams import WebhookRequest, teams
from local.teams.browser import VISIBLE_TO, Screen, screen_of
from local.teams.channel import RequestOutcome
from shared.configuration.severity import default_severity
from shared.incidents.incident import Incident, Milestone
from shared.incidents.lifecycle import states
from shared.incidents.recent.last_hour import LastHour, last_hour_of
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.screen.first_step import STEP
from shared.objectives.breach import Breach
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.loading.load import load_library
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from tests.notices.cards.judged import texts

MOST_ELEMENTS = 40  # cards with more have vanished on phones
CASES = (
    "seed-thread-1006",
    "reload-then-old-tokens",
    "key-rotated-under-the-traders",
    "moved-function-answers-404",
    "branch-firewall-drops-udp",
    "clean-up-deletes-open-threads",
)
LONG = "traders-of-the-north-atlantic-production-we"
HUBS = ", ".join(
    [f"trading-floor-of-region-{number}-eu" for number in range(1, 6)] + ["back-office", "quotes"]
)
SHOWN_AT = datetime(2026, 11, 16, 7, 41, tzinfo=UTC)
LINKS = Links(
    playbooks="https://forge.example/playbooks",
    report="https://watch.example/report",
    board="https://watch.example/board",
    acknowledge="https://watch.example/acknowledge",
    silence="https://watch.example/silence",
    resolve="https://watch.example/resolve",
)


def opened(diagnosis: Diagnosis) -> Incident:
    start = diagnosis.window.end - timedelta(minutes=20)
    breach = Breach(
        diagnosis.resource, hour(diagnosis, start).signal.id, diagnosis.playbook, "at least 5 %",
        start, start + timedelta(minutes=20), 450, 655, 0.78,
    )  # fmt: skip
    return states.opened(breach, 1, start + timedelta(minutes=21), None)


def hour(diagnosis: Diagnosis, start: datetime) -> LastHour:
    """Return an hour at whose end most attempts fail, by the first signal of the symptom."""
    signal = next(signal for signal in SIGNALS if signal.symptom == diagnosis.playbook)
    shares = [2] * 8 + [42, 71, 78, 78]
    counts = [
        Count(diagnosis.resource, signal.id, start + (place - 8) * timedelta(minutes=5), share, 100, start)
        for place, share in enumerate(shares)
    ]
    incident = Incident(
        "1", diagnosis.resource, diagnosis.playbook, 1, states.State.DETECTED, start, start, start, start, 1
    )
    return last_hour_of(incident, counts, start + timedelta(minutes=21), 0.02)


def card_of(diagnosis: Diagnosis, milestone: Milestone, **changes: Any) -> dict[str, Any]:
    """Return the card of a milestone of the incident that a diagnosis is of."""
    incident = opened(diagnosis)
    knows = milestone is not Milestone.OPENED
    incident = replace(incident, cause=diagnosis.cause if knows else None, **changes)
    return draw_milestone(
        incident,
        milestone,
        playbook=load_library()[diagnosis.playbook],
        diagnosis=diagnosis if knows else None,
        links=LINKS,
        rules=default_severity(),
        last_hour=hour(diagnosis, incident.onset),
    )


def with_long_names(diagnosis: Diagnosis) -> Diagnosis:
    resource = diagnosis.resource.rpartition("/")[0] + f"/{LONG}"
    numbers = {**diagnosis.symptom.numbers, "Hubs": HUBS, "Callers": 31_812}
    return replace(diagnosis, resource=resource, symptom=replace(diagnosis.symptom, numbers=numbers))


@pytest.fixture(scope="module")
def cards() -> Mapping[str, dict[str, Any]]:
    """Draw the card of each case whose cause was found, and the harder ones of the traders' night."""
    found = {case: [look.diagnosis for look in diagnoses_of(find_case(case))][-1] for case in CASES}
    night = found["key-rotated-under-the-traders"]
    told_at = night.window.end - timedelta(minutes=8)
    return {
        **{case: card_of(diagnosis, Milestone.CAUSE_FOUND) for case, diagnosis in found.items()},
        "opened": card_of(night, Milestone.OPENED),
        "corrected": card_of(
            night,
            Milestone.CORRECTED,
            retracted_cause="hub-or-endpoint-wrong",
            retracted_cause_at=told_at,
        ),
        "long names, many hubs": card_of(with_long_names(night), Milestone.CAUSE_FOUND),
    }


@pytest.fixture(scope="module")
def screen(cards: Mapping[str, dict[str, Any]]) -> Screen:
    with teams() as channel:
        # Put there rather than posted: Teams takes four a second.
        for card in cards.values():
            channel.received.append(WebhookRequest(SHOWN_AT, RequestOutcome.SHOWN, 202, cards=(card,)))
        return screen_of(channel.page, messages=len(cards), phone=True, opened=True)


def test_step_1_and_acknowledge_stand_on_the_first_screen(
    cards: Mapping[str, dict[str, Any]], screen: Screen
) -> None:
    ends = {
        name: (message.bottoms.get(STEP, 0), message.bottoms["Acknowledge"])
        for name, message in zip(cards, screen.messages, strict=True)
    }

    assert {} == {name: both for name, both in ends.items() if max(both) > VISIBLE_TO}, ends
    assert {"opened"} == {name for name, (step, _) in ends.items() if not step}


def test_every_fold_opens_and_shows_more(cards: Mapping[str, dict[str, Any]], screen: Screen) -> None:
    rows = [element for card in cards.values() for element in card["body"] if is_fold(element)]

    assert len(rows) == len(screen.folds)
    assert [] == [fold.title for fold in screen.folds if len(fold.open) <= len(fold.shut) + 20]


def test_the_renderer_objects_to_nothing_and_nothing_sticks_out(screen: Screen) -> None:
    assert ((), ()) == (screen.errors, screen.sticking_out)
    assert [] == [objection for message in screen.messages for objection in message.objections]


def test_at_most_forty_elements_stand_above_the_folds(cards: Mapping[str, dict[str, Any]]) -> None:
    counts = {
        name: sum(elements(element) for element in card["body"] if not is_fold(element))
        for name, card in cards.items()
    }

    assert {} == {name: count for name, count in counts.items() if count > MOST_ELEMENTS}, counts


def test_a_corrected_card_strikes_the_former_cause_out_and_says_what_to_undo(
    cards: Mapping[str, dict[str, Any]],
) -> None:
    band = cards["corrected"]["body"][0]

    said, struck, undo = band["items"]
    assert "warning" == band["style"]
    assert said["text"].startswith("**Correction** of the card of ")
    assert ("Clients ask for a hub or path that is none", True) == (
        struck["inlines"][0]["text"],
        struck["inlines"][0]["strikethrough"],
    )
    assert "Undo that." in undo["text"]


def is_fold(element: dict[str, Any]) -> bool:
    return any(item.get("isVisible") is False for item in element.get("items", []))


def elements(element: dict[str, Any]) -> int:
    """Count an element with all that stands in it and is shown."""
    if element.get("isVisible") is False:
        return 0
    return 1 + sum(
        elements(part)
        for name in ("items", "columns", "inlines", "actions")
        for part in element.get(name, [])
    )


def test_who_and_where_are_said_as_the_recorded_rows_have_them(cards: Mapping[str, dict[str, Any]]) -> None:
    lines = texts(cards["key-rotated-under-the-traders"])

    assert "**135 users** on the hub **trading-floor**" in lines
