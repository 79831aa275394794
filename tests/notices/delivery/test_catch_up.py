"""What is added to a card when it is sent stays within the size, is valid, and lets no live text through."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.incidents.incident import Entry, Incident, Milestone
from shared.notices.cards.budget import fits, size
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import message
from shared.notices.cards.envelope import with_line
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.notices.delivery.catch_up import draw_caught_up
from shared.notices.notice import Fate, Notice
from tests.notices.diagnoses import expired_tokens, playbook
from tests.notices.milestones import explained
from tests.notices.official import VALIDATOR

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300)
ENTRIES = st.lists(st.tuples(st.text(min_size=1, max_size=60), TEXTS), max_size=100)


def notices(*states: str) -> list[Notice]:
    return [
        Notice("feed~default", f"{revision:06d}~x", "default", "d", NINE, "i", revision, milestone)
        for revision, milestone in enumerate(states, start=1)
    ]


def caught_up(incident: Incident, draw_one: Any = draw_milestone) -> dict[str, Any]:
    pending = notices("opened", "cause found")
    return draw_caught_up(incident, pending, pending, draw_one)


def drawn_from_diagnosis(incident: Incident, milestone: Milestone) -> dict[str, Any]:
    return draw_diagnosis(expired_tokens(), playbook(), severity=incident.severity)


def content_of(sent: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = sent["attachments"][0]["content"]
    return {name: value for name, value in content.items() if name != "msteams"}  # Teams' own addition


@settings(max_examples=15)
@given(ENTRIES, st.sampled_from([draw_milestone, drawn_from_diagnosis]))
def test_any_timeline_fits_and_leaves_headline_and_newest_entry(
    events: list[tuple[str, str]], draw_one: Any
) -> None:
    entries = [Entry(NINE + timedelta(minutes=at), *event) for at, event in enumerate(events)]
    entries.append(Entry(NINE + timedelta(hours=5), "mitigating", "The last thing that happened."))
    sent = with_line(caught_up(replace(explained(), timeline=tuple(entries)), draw_one), "A repeat?")

    assert fits(sent)
    body = content_of(sent)["body"]
    assert "Container" == body[0]["type"]
    assert "14:00 **mitigating**" in body[-1]["text"]
    assert [] == [error.message for error in VALIDATOR.iter_errors(content_of(sent))]


@pytest.mark.parametrize("letter", ["x", "\u5b57", "*", '"'])
@pytest.mark.parametrize("draw_one", [draw_milestone, drawn_from_diagnosis])
def test_the_longest_timeline_keeps_how_it_began_and_how_it_ended(letter: str, draw_one: Any) -> None:
    entries = tuple(Entry(NINE + timedelta(minutes=at), f"entry {at}", letter * 300) for at in range(150))
    sent = with_line(caught_up(replace(explained(), timeline=entries), draw_one), "This may be a repeat.")

    text = json.dumps(sent)
    assert fits(sent)
    assert all(f"**entry {at}**" in text for at in (0, 1, 2, 3, 4, 149))
    assert "Cause" in text


def test_the_timeline_begins_where_the_last_card_that_arrived_ended() -> None:
    entries = tuple(Entry(NINE + timedelta(minutes=at), f"entry {at}") for at in (0, 10, 20))
    first, *pending = notices("opened", "cause found", "severity raised")
    delivered = replace(first, at=NINE + timedelta(minutes=10), fate=Fate.DELIVERED)

    sent = draw_caught_up(
        replace(explained(), timeline=entries), [delivered, *pending], pending, draw_milestone
    )

    text = json.dumps(sent)
    assert (False, True, True) == tuple(f"entry {at}" in text for at in (0, 10, 20))


def test_log_text_on_the_timeline_is_not_live() -> None:
    incident = replace(
        explained(), timeline=(Entry(NINE, "look 1", "[click](https://evil.example) <at>all</at>"),)
    )

    text = json.dumps(caught_up(incident))

    assert "[click](" not in text
    assert "<at>" not in text


def test_a_line_stands_below_the_headline_and_everything_else_stays() -> None:
    sent = message(draw_announcement("Blind on the lobby", "No rows since 02:10 UTC."))

    marked = with_line(sent, "This may be a repeat.")

    before, after = content_of(sent)["body"], content_of(marked)["body"]
    assert [*before[:1], *before[1:]] == [*after[:1], *after[2:]]
    assert "This may be a repeat." == after[1]["text"]


@pytest.mark.parametrize("length", [100, 19_000, 20_350])
def test_room_for_a_line_is_made_at_the_end_of_the_card(length: int) -> None:
    sent = message(drawn_from_diagnosis(explained(), Milestone.CAUSE_FOUND))
    body = content_of(sent)["body"]
    while size(sent) < length:
        body.append({"type": "TextBlock", "text": "x" * 90})

    marked = with_line(sent, "This may be a repeat.")

    assert fits(marked)
    elements = content_of(marked)["body"]
    assert elements == [body[0], elements[1], *body[1 : len(elements) - 1]]


def test_the_latest_state_decides_what_the_card_says() -> None:
    sent = draw_caught_up(explained(), notices("opened"), notices("opened", "reopened"), draw_milestone)

    assert "came back within 24 hours" in json.dumps(sent)
