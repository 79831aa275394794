"""The short card that tells who has an incident: two lines and three buttons, whatever people call themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.incidents.incident import (
    Acknowledgement,
    CardSilence,
    Ending,
    Incident,
    Milestone,
    Undoable,
    Undone,
)
from shared.incidents.lifecycle import states
from shared.incidents.recent.last_hour import last_hour_of
from shared.notices.cards.elements import Card, message
from shared.notices.cards.envelope import with_line
from shared.notices.cards.links import Links
from shared.notices.cards.people.short_card import draw_short, is_short
from shared.notices.cards.sources import CardSources
from shared.playbooks.loading.load import load_library
from shared.signals.counts import Count
from shared.signals.signal import BUCKET
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.broken_lobby import OPENED_AT, broken_lobby
from tests.notices.cards.judged import assert_holds, texts
from tests.notices.diagnoses import START, wild_texts
from tests.secrets_by_shape import JWT

LATER = OPENED_AT + timedelta(minutes=9)
STATE = "users cannot connect, 78 % refused now · cause known"
LINKS = Links(
    report="https://watch.example/report",
    acknowledge="https://watch.example/acknowledge",
    silence="https://watch.example/silence",
    take_over="https://watch.example/take-over",
    give_back="https://watch.example/give-back",
    end_silence="https://watch.example/end-silence",
    reopen="https://watch.example/reopen",
)
LOBBY = broken_lobby()
HELD = replace(LOBBY, acknowledgement=Acknowledgement("Mia Night", LATER))
SILENT = replace(HELD, silence=CardSilence(LATER + timedelta(hours=4), "Bob"))
ENDED = states.resolved(HELD, Ending.BY_HAND, LATER, "Mia Night")


def undone(incident: Incident, answer: Undoable) -> Incident:
    return replace(incident, undone={answer: Undone("Bob", LATER)})


def read(card: Card) -> tuple[list[str], list[str], str]:
    """Return the lines of a card, its buttons, and the style of its band."""
    return texts(card), [button["title"] for button in card["actions"]], card["body"][0]["style"]


@pytest.mark.parametrize(
    ("incident", "milestone", "lines", "buttons", "style"),
    [
        pytest.param(HELD, Milestone.STANDING, ("**Mia Night has it** since 02:25 UTC", STATE), ["Details", "Take over", "Give back"], "accent", id="taken on"),
        pytest.param(replace(HELD, acknowledgement=Acknowledgement("Bob", LATER, "Mia Night")), Milestone.STANDING, ("**Bob has it** since 02:25 UTC, taken over from Mia Night", STATE), ["Details", "Take over", "Give back"], "accent", id="handed over"),
        pytest.param(undone(LOBBY, Undoable.ACKNOWLEDGED), Milestone.STANDING, ("**Nobody has it**: Bob gave it back at 02:25 UTC", STATE), ["Details", "Acknowledge", "Silence"], "attention", id="given back"),
        pytest.param(undone(HELD, Undoable.RESOLVED), Milestone.STANDING, ("**Open again**: Bob took its end back at 02:25 UTC", f"{STATE} · Mia Night has it since 02:25 UTC"), ["Details", "Take over", "Give back"], "accent", id="opened again"),
        pytest.param(SILENT, Milestone.SILENCED, ("**Silenced until 06:25 UTC** by Bob", f"{STATE} · Mia Night has it since 02:25 UTC"), ["Details", "End silence", "Take over"], "emphasis", id="silenced"),
        pytest.param(undone(LOBBY, Undoable.SILENCED), Milestone.SILENCED, ("**No longer silenced**: Bob ended it at 02:25 UTC", f"{STATE} · nobody has it"), ["Details", "Acknowledge", "Silence"], "emphasis", id="heard again"),
        pytest.param(SILENT, Milestone.UPDATE, ("**Still open**, began 02:10 UTC", f"{STATE} · Mia Night has it since 02:25 UTC · silenced until 06:25 UTC by Bob"), ["Details", "Take over", "Give back"], "attention", id="still open"),
        pytest.param(ENDED, Milestone.RESOLVED, ("**Resolved by hand** by Mia Night at 02:25 UTC", "new failures within 24 hours open it again"), ["Details", "Open again"], "good", id="ended by hand"),
    ],
)  # fmt: skip
def test_two_lines_and_three_buttons_say_who_has_it(
    incident: Incident, milestone: Milestone, lines: tuple[str, str], buttons: list[str], style: str
) -> None:
    card = draw_short(incident, milestone, STATE, LINKS)

    assert ([lines[0], f"SEV 2 · contoso-rt · {lines[1]}"], buttons, style) == read(card)
    assert is_short(incident, milestone)


def test_what_the_fault_does_has_a_whole_card() -> None:
    held = states.resolved(states.validating(HELD, LATER), Ending.HELD, LATER)

    assert not is_short(held, Milestone.RESOLVED)
    assert not is_short(HELD, Milestone.OPENED)
    assert not is_short(HELD, Milestone.RESOLVED)


def test_an_update_says_the_share_of_now_and_where_it_goes() -> None:
    counts = [
        Count(
            LOBBY.resource, "refused-connects", START + place * BUCKET, bad, 200, START + (place + 2) * BUCKET
        )
        for place, bad in enumerate((10, 20, 156))
    ]
    hour = last_hour_of(LOBBY, counts, START + 4 * BUCKET, None)
    sources = CardSources(FakeDocuments(), load_library(), last_hour=lambda _: hour)

    (_, below), _, _ = read(sources.draw(LOBBY, Milestone.UPDATE))
    assert (
        "SEV 2 · contoso-rt · Users cannot connect, 78 % refused now · ▲ growing · cause not known · nobody has it"
        == below
    )


names = wild_texts | st.just(f"ada {JWT} <at>all</at> [x](https://evil.example)")


@given(names, names, st.sampled_from(Milestone), st.booleans())
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_whatever_people_call_themselves_it_holds(
    name: str, other: str, milestone: Milestone, is_over: bool
) -> None:
    incident = replace(
        ENDED if is_over else SILENT,
        resource=f"/{other}",
        acknowledgement=Acknowledgement(name, LATER, other),
        undone={answer: Undone(other, LATER) for answer in Undoable},
    )
    card = message(draw_short(incident, milestone, STATE, LINKS))

    assert_holds(card)
    assert_holds(with_line(card, "sent again " * 90))
