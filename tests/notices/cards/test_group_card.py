import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from shared.incidents.incident import Incident, State
from shared.notices.cards.budget import fits
from shared.notices.cards.elements import message
from shared.notices.cards.group_card import MOST_SHOWN, Member, Words, draw_digest, draw_group
from shared.notices.routing.group import REGION, Group, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.redaction import UserIds
from tests import drawn
from tests.notices.broken_lobby import ended, incident
from tests.notices.diagnoses import RESOURCE, START, playbook, wild_texts
from tests.notices.official import VALIDATOR, parsed
from tests.secrets_by_shape import JWT, SECRETS

WORDS = Words({"web-pubsub-connection-failures": playbook()}, UserIds("salt"))
WEST = GroupScope(REGION, "westeurope")
NIGHT = SharedCard(
    SharedCardKind.DIGEST, "night~1", "on-call", "people sleep", START, START + timedelta(hours=4)
)


def group(*members: Incident, more: int = 0) -> Group:
    ids = (*(member.id for member in members), *(f"incident {place}" for place in range(more)))
    return Group("storm", WEST, START, ids)


def lobby(name: str, severity: int = 2, **changed: Any) -> Incident:
    resource = f"{RESOURCE.rpartition('/')[0]}/{name}"
    return replace(incident(severity), id=f"{name}.failures.1", resource=resource, **changed)


def draw(*members: Incident, more: int = 0) -> dict[str, Any]:
    return draw_group(group(*members, more=more), [Member(member) for member in members], WORDS)


def json_of(card: dict[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=False)


def headings(card: dict[str, Any]) -> list[str]:
    return [element["text"] for element in card["body"] if element.get("separator")]


def test_all_members_stand_on_the_card_the_severest_first() -> None:
    card = draw(lobby("lobby", 3), lobby("floor", 1), lobby("kiosk", 2))

    assert "3 incidents: region westeurope" == card["body"][0]["items"][0]["text"]
    assert ["Sev 1", "Sev 2", "Sev 3"] == [heading.strip("*")[:5] for heading in headings(card)]
    assert all(
        name in json_of(card) for name in ("lobby (Web PubSub", "floor (Web PubSub", "kiosk (Web PubSub")
    )
    assert "Clients cannot connect to Web PubSub" in headings(card)[0]


def test_those_that_are_not_shown_are_counted() -> None:
    assert "7 more incidents, left out to fit the message" == headings(draw(lobby("lobby"), more=7))[-1]


def test_a_digest_tells_what_was_held_back_when_and_how_it_stands_now() -> None:
    milestones = [
        HeldMilestone("lobby.failures.1", 1, "opened", START + timedelta(minutes=6)),
        HeldMilestone("lobby.failures.1", 9, "resolved", START + timedelta(minutes=40)),
    ]
    over = replace(ended(), closed_at=START + timedelta(minutes=40))
    card = draw_digest(NIGHT, [Member(over, milestones)], WORDS)

    assert "Digest: 1 incident while it was silent" == card["body"][0]["items"][0]["text"]
    assert "Silent from 2026-11-12 02:10 UTC to 2026-11-12 06:10 UTC: people sleep" in json_of(card)
    assert "Held back (UTC): opened 02:16, resolved 02:50" in json_of(card)
    assert "Resolved 2026-11-12 02:50 UTC" in json_of(card)


def test_what_is_still_open_stands_before_what_is_over() -> None:
    over = replace(ended(), severity=1)
    card = draw_digest(NIGHT, [Member(over), Member(lobby("lobby", 3, state=State.DIAGNOSED))], WORDS)

    assert ["Sev 3", "Sev 1"] == [heading.strip("*")[:5] for heading in headings(card)]


def test_a_secret_in_a_reason_or_a_log_row_is_not_on_the_card() -> None:
    leaky = lobby("lobby", signals={"refused-connects": f"access_token={JWT}"})
    card = draw_digest(replace(NIGHT, about=f"access_token={JWT}"), [Member(leaky)], WORDS)

    assert JWT not in json_of(card)


members = st.lists(
    st.builds(
        lambda place, severity, text, cause: lobby(
            f"lobby-{place}", severity, signals={"refused-connects": text}, cause=cause
        ),
        st.integers(0, 999),
        st.integers(1, 4),
        wild_texts,
        st.none() | st.just("token-expired"),
    ),
    min_size=1,
    max_size=MOST_SHOWN + 5,
)


@drawn.examples("cards of groups and digests", 12, 250, suppress_health_check=list(HealthCheck))
@given(members, st.integers(0, 250), wild_texts)
def test_any_group_and_any_digest_is_a_valid_card_within_the_budget(
    incidents: list[Incident], more: int, reason: str
) -> None:
    milestones = [
        HeldMilestone(incidents[0].id, revision, "severity raised", START) for revision in range(30)
    ]
    digest = draw_digest(
        replace(NIGHT, about=reason), [Member(incident, milestones) for incident in incidents], WORDS
    )

    for card in (draw(*incidents, more=more), digest):
        VALIDATOR.validate(card)
        assert fits(message(card))
        assert not [secret for _, secret in SECRETS.values() if secret in json_of(card)]


def test_microsofts_own_parser_objects_to_neither() -> None:
    (group_, digest) = parsed(
        [draw(lobby("lobby"), more=2), draw_digest(NIGHT, [Member(lobby("lobby"))], WORDS)]
    )

    assert ([], []) == (group_["events"], digest["events"])


def test_a_storm_keeps_to_the_budget_and_says_what_it_leaves_out() -> None:
    storm = [lobby(f"lobby-{place}", signals={"refused-connects": "\u00e9" * 300}) for place in range(60)]
    card = draw(*storm)

    assert fits(message(card))
    assert f"{60 - len(headings(card)) + 1} more incidents, left out to fit the message" == headings(card)[-1]
