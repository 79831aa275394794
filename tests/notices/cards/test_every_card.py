"""Whatever an incident, an alert or a log holds, every kind of card holds the same four promises.

It is of the schema, within the size with all that a delivery adds, without secrets and without live markup.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.configuration.severity import default_severity
from shared.incidents.incident import Call, Ending, Entry, Incident, Milestone, State
from shared.notices.cards.actions import first_buttons, place_buttons, query_button
from shared.notices.cards.budget import fits
from shared.notices.cards.elements import Card, message
from shared.notices.cards.envelope import with_line
from shared.notices.cards.folds.fold import fold
from shared.notices.cards.group_card import Member, Words, draw_digest, draw_group
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.notices.delivery.catch_up import draw_caught_up
from shared.notices.notice import Fate, Notice
from shared.notices.routing.group import REGION, Group, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.playbooks.diagnosis import Diagnosis
from shared.redaction import UserIds
from tests.notices.broken_lobby import broken_lobby
from tests.notices.cards.judged import assert_holds, buttons, texts
from tests.notices.diagnoses import (
    NIGHT,
    NOISE,
    QUERY,
    RESOURCE,
    START,
    WORKSPACE,
    playbook,
    wild_diagnoses,
    wild_texts,
)
from tests.secrets_by_shape import JWT

QUICKLY = settings(max_examples=20, suppress_health_check=list(HealthCheck))
PLAYBOOK = playbook()
USERS = UserIds("salt")
WORDS = Words({PLAYBOOK.id: PLAYBOOK}, USERS)
LINE = "possible repeat: " + JWT + " <at>all</at> " + "\u00e9" * 900

addresses = st.sampled_from(
    [
        None,
        "https://watch.example/api/respond/abc",
        "https://watch.example/" + "a" * 970,
        "javascript:alert(1)",
        "http://evil.example/",
        "https://evil.example/ <b>",
        "https://" + "x" * 5_000,
    ]
)
links = st.builds(
    Links,
    logs=st.sampled_from([None, WORKSPACE]),
    playbooks=addresses,
    playbook_page=addresses,
    report=addresses,
    board=addresses,
    acknowledge=addresses,
    silence=addresses,
    resolve=addresses,
)
resources = st.sampled_from([RESOURCE]) | wild_texts.map(lambda name: f"{RESOURCE}-{name}") | wild_texts
_minutes = st.integers(0, 3_000).map(lambda count: timedelta(minutes=count))
entries = st.builds(
    lambda later, what, text: Entry(START + later, what, text),
    _minutes,
    st.sampled_from(["detected", "severity raised", "escalated", "acknowledged"]) | wild_texts,
    wild_texts,
)


@st.composite
def wild_incidents(draw: st.DrawFn) -> Incident:
    """Draw an incident, however large and hostile its texts."""
    bad = draw(st.sampled_from([0.0, 3.0, 143.0, 1e15]))
    closed = draw(st.none() | _minutes.map(lambda later: START + later))
    return replace(
        broken_lobby(),
        id=draw(st.just("lobby.failures.1") | wild_texts),
        resource=draw(resources),
        symptom=draw(st.just(PLAYBOOK.id) | wild_texts),
        severity=draw(st.integers(1, 4)),
        signals=draw(st.dictionaries(st.just("refused-connects") | wild_texts, wild_texts, max_size=12)),
        bad=bad,
        total=draw(st.sampled_from([0.0, bad, bad * 7])),
        users=draw(st.none() | st.integers(0, 10**9)),
        cause=draw(st.none() | st.just("token-expired") | wild_texts),
        joined_to=draw(st.none() | wild_texts),
        follows=draw(st.none() | wild_texts),
        state=State.RESOLVED if closed else State.DIAGNOSED,
        ending=draw(st.sampled_from(Ending)) if closed else None,
        closed_at=closed,
        severity_before=draw(st.none() | st.integers(1, 4)),
        unanswered=draw(st.none() | st.builds(Call, st.just(START), st.tuples(wild_texts))),
        timeline=tuple(draw(st.lists(entries, max_size=40))),
    )


def delivered(card: Card) -> dict[str, Any]:
    """Return a card's message with the two lines that a delivery may add."""
    return with_line(with_line(message(card), LINE), LINE)


@given(wild_incidents(), st.sampled_from(Milestone), links, st.none() | wild_diagnoses())
@QUICKLY
def test_any_state_of_any_incident(
    incident: Incident, milestone: Milestone, where: Links, diagnosis: Diagnosis | None
) -> None:
    about = replace(incident, cause=diagnosis.cause) if diagnosis else incident
    card = draw_milestone(
        about,
        milestone,
        playbook=PLAYBOOK,
        diagnosis=diagnosis,
        links=where,
        users=USERS,
        rules=default_severity(),
    )

    assert_holds(message(card))
    assert_holds(delivered(card))
    assert len(card["body"]) + 2 == len(delivered(card)["attachments"][0]["content"]["body"])


@given(wild_incidents(), wild_diagnoses(), links)
@QUICKLY
def test_any_card_that_catches_up(incident: Incident, diagnosis: Diagnosis, where: Links) -> None:
    about = replace(incident, cause=diagnosis.cause)
    pending = [
        Notice(
            "lobby~on-call", f"{place:06d}", "on-call", "", START, incident.id, place, milestone, Fate.PENDING
        )
        for place, milestone in enumerate(["opened", "severity raised", "cause found"])
    ]

    def drawn(incident: Incident, milestone: Milestone) -> Card:
        return draw_milestone(
            incident,
            milestone,
            playbook=PLAYBOOK,
            diagnosis=diagnosis,
            links=where,
            users=USERS,
            rules=default_severity(),
        )

    assert_holds(draw_caught_up(about, pending, pending, drawn))


@given(wild_texts, wild_texts, addresses)
@QUICKLY
def test_any_announcement(title: str, text: str, link: str | None) -> None:
    assert_holds(delivered(draw_announcement(title, text, link)))


@given(st.lists(wild_incidents(), min_size=1, max_size=45), wild_texts, st.integers(0, 300))
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_any_group_and_any_digest(incidents: list[Incident], about: str, more: int) -> None:
    group = Group(
        "storm", GroupScope(REGION, about), START, tuple(str(place) for place in range(len(incidents) + more))
    )
    night = SharedCard(SharedCardKind.DIGEST, "night~1", "on-call", about, START, START + timedelta(hours=4))
    milestones = [
        HeldMilestone("lobby.failures.1", revision, about or "opened", START) for revision in range(30)
    ]

    assert_holds(delivered(draw_group(group, [Member(incident) for incident in incidents], WORDS)))
    assert_holds(
        delivered(draw_digest(night, [Member(incident, milestones) for incident in incidents], WORDS))
    )


# ---- the same promises, one by one ----


def test_an_announcement_keeps_its_paragraphs_and_loses_only_its_end() -> None:
    card = draw_announcement(
        "Alert: lobby", "Sev2 metric alert.\n\nAdd the property.\n\n" + "\u00e9" * 90_000
    )

    assert ["Alert: lobby", "Sev2 metric alert.", "Add the property."] == texts(card)[:3]
    assert texts(card)[3].endswith("\u2026")
    assert fits(message(card))


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "http://evil.example/", "data:text/html,x", "https://x.example/a b", f"https://x.example/?t={JWT}"],
)  # fmt: skip
def test_what_is_no_safe_address_is_no_button(address: str) -> None:
    assert [] == place_buttons({"Open in Azure": address})


def test_a_laptop_may_link_to_itself() -> None:
    [row] = first_buttons(Links(acknowledge="http://127.0.0.1:7071/api/respond/abc"), is_taken=False)

    assert ["Acknowledge"] == [button["title"] for button in row["actions"]]


def test_the_querys_long_link_goes_before_the_cause_where_much_is_added() -> None:
    card = draw_announcement("Cause: expired tokens", "One.\n\nTwo.")
    query = query_button(Links().query(QUERY + NOISE[:14_000], RESOURCE, NIGHT))
    noisy = {**card, "body": [*card["body"], *fold("evidence", "Evidence", query)]}
    end = [{"type": "TextBlock", "text": "\u00e9" * 2_000, "wrap": True}]

    whole = with_line(message(noisy), "sent late", end)["attachments"][0]["content"]

    assert ["Run the query"] == [action["title"] for action in buttons(noisy)]
    assert [] == buttons(whole)
    expected = ["Cause: expired tokens", "sent late", "One.", "Two.", "**Evidence**", "\u00e9" * 2_000]
    assert expected == texts(whole)


def test_a_secret_whose_name_looks_like_a_mail_address_is_cut_out() -> None:
    about = "ada@contoso.x-functions-key: f0xtr0t"
    night = SharedCard(SharedCardKind.DIGEST, "night~1", "on-call", about, START, START + timedelta(hours=4))
    escalated = replace(broken_lobby(), unanswered=Call(START, (about,)))

    assert_holds(message(draw_digest(night, [Member(broken_lobby())], WORDS)))
    assert_holds(message(draw_milestone(escalated, Milestone.ESCALATED, users=USERS)))
