"""What a card's answers look like: the links under it, and the pages behind them."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import LinekeeperError
from shared.incidents.incident import Acknowledgement, CardSilence, Ending, Entry, Milestone
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    acknowledge,
    resolve,
    silenced,
)
from shared.notices.answers.pages import Drawing, busy, plain_page, refused_page, unknown_page
from shared.notices.answers.request import named_person
from shared.notices.answers.signed_links import Action, SignedLinks
from shared.notices.cards.budget import fits
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import message
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.rendering import render
from shared.playbooks.loading.load import load_library
from shared.redaction import UserIds
from shared.settings import Settings
from tests.notices.answers.test_signed_links import RING, Hand
from tests.notices.broken_lobby import OPENED_AT, broken_lobby
from tests.notices.diagnoses import PAGE, expired_tokens, playbook
from tests.notices.official import VALIDATOR
from tests.secrets_by_shape import SECRETS

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
ADA = Person("ada")
VOID = {"meta", "input", "br", "hr"}


class Nesting(HTMLParser):
    """Whether every element that is opened is closed, and what stands in which."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name in {"src", "style"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # <br />

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


def titles(card: dict[str, Any]) -> list[str]:
    return [action["title"] for action in card["actions"]]


def signed() -> SignedLinks:
    return SignedLinks(
        "https://watch.example/api", RING, Hand(), Links(playbooks="https://forge.example/pages")
    )


# ---- under the card ------------------------------------------------------------------------------


def test_a_card_asks_to_be_answered_before_it_tells_where_to_look() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, playbook=playbook(), links=signed()(incident))

    expected = ["Acknowledge", "Silence", "Report", "Playbook", "Open the resource", "Resolve"]
    assert expected == titles(card)
    assert {"Action.OpenUrl"} == {action["type"] for action in card["actions"]}


def test_the_card_of_a_diagnosis_has_the_six_buttons_that_teams_shows_and_one_in_its_menu() -> None:
    card = draw_diagnosis(expired_tokens(), playbook(), links=signed()(broken_lobby()))

    titles_shown = [action["title"] for action in card["actions"] if action.get("mode") != "secondary"]
    assert [
        "Acknowledge",
        "Silence",
        "Run the query",
        "Report",
        "Playbook",
        "Open the resource",
    ] == titles_shown
    assert ["Resolve"] == [title for title in titles(card) if title not in titles_shown]


def test_without_a_forge_the_playbook_is_read_here() -> None:
    incident = broken_lobby()
    own = SignedLinks("https://watch.example/api", RING, Hand())(incident)
    card = draw_milestone(incident, Milestone.OPENED, links=own)

    (address,) = [action["url"] for action in card["actions"] if action["title"] == "Playbook"]
    assert address.startswith("https://watch.example/api/respond?token=1.")


def test_resolving_stands_where_no_thumb_hits_it_by_accident() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, links=signed()(incident))

    assert ["Resolve"] == [action["title"] for action in card["actions"] if action.get("mode") == "secondary"]


def test_the_card_of_an_end_asks_for_nothing() -> None:
    incident = states.resolved(broken_lobby(), Ending.BY_HAND, NIGHT)
    card = draw_milestone(incident, Milestone.RESOLVED, links=signed()(incident))

    assert ["Report", "Playbook", "Open the resource"] == titles(card)


def test_a_card_with_answers_is_of_the_official_schema() -> None:
    incident = broken_lobby()
    card = draw_milestone(incident, Milestone.OPENED, links=signed()(incident))

    assert [] == list(VALIDATOR.iter_errors(card))
    assert fits(message(card))


# ---- where the links lead ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        pytest.param({}, None, id="nobody says where we are"),
        pytest.param(
            {"WEBSITE_HOSTNAME": "lk.azurewebsites.net"}, "https://lk.azurewebsites.net/api", id="Azure"
        ),
        pytest.param(
            {"PUBLIC_URL": "https://watch.example/x/", "WEBSITE_HOSTNAME": "lk.azurewebsites.net"},
            "https://watch.example/x",
            id="one's own name comes first",
        ),
        pytest.param({"PUBLIC_URL": "javascript:alert(1)"}, None, id="no address"),
        pytest.param({"PUBLIC_URL": "https://watch.example/api?code=1"}, None, id="an address with a query"),
    ],
)
def test_links_begin_where_people_reach_us(given_: dict[str, str], expected: str | None) -> None:
    assert expected == Settings.from_environment(given_).links_address


@pytest.mark.parametrize(
    ("given_", "is_usable"),
    [
        ("", True),
        ("https://github.com/contoso/lines/blob/main/library", True),
        ("https://dev.azure.com/contoso/_git/lines?path=/library", True),
        ("http://forge.example/library", False),
        ("javascript:alert(1)", False),
        ("https://forge.example/a b", False),
    ],
)
def test_playbooks_are_linked_where_they_can_be_and_readiness_says_where_not(
    given_: str, is_usable: bool
) -> None:
    settings = Settings.from_environment({"PLAYBOOKS_URL": given_})

    assert (given_ or None if is_usable else None) == settings.playbooks_address
    with (
        nullcontext()
        if is_usable
        else pytest.raises(LinekeeperError, match="PLAYBOOKS_URL is not an address")
    ):
        settings.check_playbooks_url()


# ---- the pages -----------------------------------------------------------------------------------

HOSTILE = st.text(st.sampled_from("<>\"'&/=ab c\u202e\u200b[](){}`*_\\\n!-;:scriptonerror"), max_size=60)


@settings(max_examples=60)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_strangers_write_stays_text(signal: str, numbers: str, name: str) -> None:
    person = named_person({"name": name}) or ADA
    incident = replace(broken_lobby(), signals={signal: numbers})
    acknowledged = acknowledge(incident, 0, person, NIGHT).incident
    drawing = Drawing(acknowledged, f"Connections fail {signal}")
    pages = [
        drawing.ask(Action.SILENCE, "1.aa.silence", None, hint=numbers, note=signal),
        drawing.ask(Action.RESOLVE, "1.aa.resolve", person),
        drawing.answer(200, f"Already {name}", numbers),
        drawing.report(f"# {signal}\n\n{numbers}\n\n| a |\n|---|\n| {name} |"),
        plain_page(400, signal, numbers),
    ]
    for page in pages:
        nesting = Nesting(page.html)
        assert ([], []) == (nesting.open, nesting.handlers)
        assert set() == nesting.tags & {"script", "img", "iframe", "svg", "object", "base", "link"}


@pytest.mark.parametrize(("text", "planted"), SECRETS.values(), ids=SECRETS)
def test_no_secret_stands_on_a_page(text: str, planted: str) -> None:
    incident = replace(broken_lobby(), signals={"refused-connects": text})
    page = Drawing(incident, "Connections fail").ask(Action.RESOLVE, "t", None).html

    assert planted not in unescape(page)


def test_users_are_hidden_and_colleagues_are_not() -> None:
    lines = (
        Entry(NIGHT, "look 1", "token-expired: most of alice@customer.example"),
        Entry(NIGHT, "acknowledged", "by ada@contoso.com"),
    )
    page = Drawing(replace(broken_lobby(), timeline=lines), "Connections fail", UserIds("salt")).answer(
        200, "Done."
    )

    assert "alice@customer.example" not in page.html
    assert "by ada@contoso.com" in page.html


def test_a_report_loads_nothing_and_runs_nothing() -> None:
    page = Drawing(broken_lobby(), "Connections fail").report(
        "![pixel](https://evil.example/p.png) [go](javascript:alert(1)) <b onclick=x>y</b> [ok](https://learn.example)"
    )

    nesting = Nesting(page.html)
    assert (set(), []) == (nesting.tags & {"img", "b", "script"}, nesting.handlers)
    assert 'href="https://learn.example"' in page.html
    assert 'href="javascript' not in page.html


def test_a_playbook_begins_with_a_link_to_what_mends_the_cause() -> None:
    incident = replace(broken_lobby(), cause="token-expired")
    page = Drawing(incident, "Connections fail", cause="Clients present expired tokens").playbook(PAGE)

    nesting = Nesting(page.html)
    assert (200, [], []) == (page.status, nesting.open, nesting.handlers)
    start, _, rest = page.html.partition("<article")
    assert 'Cause: <a href="#mitigation-token-expired">Clients present expired tokens</a>' in start
    assert (1, 1) == (
        rest.count('id="mitigation-token-expired"'),
        rest.count('id="checks-token-expired"'),
    )
    assert (
        "\n| where ResultSignature == &quot;401&quot; and Message has &quot;&lt;expired&gt;&quot;\n" in rest
    )


@pytest.mark.parametrize("cause", [None, "of another version", '"><script>'])
def test_a_playbook_without_a_known_cause_has_no_link_on_top(cause: str | None) -> None:
    page = Drawing(replace(broken_lobby(), cause=cause), "Connections fail").playbook(PAGE)

    assert "Cause:" not in page.html
    assert "<script>" not in page.html


def test_a_link_to_a_file_of_ours_is_words_on_a_page() -> None:
    page = Drawing(broken_lobby(), "Connections fail").playbook(PAGE).html

    assert '<li>Connections drop, <a href="https://learn.example/tokens">tokens</a></li>' in page


def test_every_cause_of_the_library_is_found_on_its_page() -> None:
    lost = [
        f"{playbook.id}/{hypothesis.id}"
        for playbook in load_library().values()
        for hypothesis in playbook.hypotheses
        if f'id="mitigation-{hypothesis.id}"' not in render(playbook.text)
    ]

    assert [] == lost


@pytest.mark.parametrize(
    ("page", "status"),
    [(refused_page(), 403), (unknown_page(), 404), (busy(), 503)],
    ids=["refused", "unknown", "busy"],
)
def test_pages_without_an_incident_say_what_to_do(page: Any, status: int) -> None:
    nesting = Nesting(page.html)

    assert (status, [], True) == (page.status, nesting.open, "no-store" == page.headers["Cache-Control"])


def test_why_a_link_is_refused_is_not_told() -> None:
    assert [] == [
        word
        for word in ("expired", "forged", "signature", "key", "hmac")
        if word in refused_page().html.lower()
    ]


# ---- the steps behind them -----------------------------------------------------------------------


def test_the_first_who_acknowledges_stays_the_one() -> None:
    first = acknowledge(broken_lobby(), 0, ADA, NIGHT)
    second = acknowledge(first.incident, 0, Person("grace", verified=True), NIGHT + timedelta(minutes=1))

    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (first.outcome, second.outcome)
    assert second.incident is first.incident
    assert Acknowledgement("ada (unverified)", NIGHT) == second.incident.acknowledgement


def test_what_was_acknowledged_is_so_in_validation_too() -> None:
    validating = states.validating(acknowledge(broken_lobby(), 0, ADA, NIGHT).incident, NIGHT)

    assert ResponseOutcome.ALREADY is acknowledge(validating, 0, Person("grace"), NIGHT).outcome


def test_what_came_back_wants_to_be_acknowledged_again() -> None:
    from shared.objectives.breach import Breach

    incident = resolve(acknowledge(broken_lobby(), 0, ADA, NIGHT).incident, 0, ADA, NIGHT).incident
    later = NIGHT + timedelta(hours=1)
    breach = Breach(
        resource=incident.resource,
        signal="refused-connects",
        symptom=incident.symptom,
        rule="limit",
        onset=later,
        last_bad=later,
        bad=50,
        total=100,
        peak_ratio=0.5,
        reasons={},
    )
    back = states.reopened(incident, breach, 2, later)

    assert (None, later) == (back.acknowledgement, back.begun_at)
    assert ResponseOutcome.EARLIER is acknowledge(back, 0, ADA, later).outcome
    assert ResponseOutcome.DONE is acknowledge(back, 1, ADA, later).outcome


def test_resolving_by_hand_names_who_did_and_is_told() -> None:
    step = resolve(broken_lobby(), 0, Person("ada@contoso.com", verified=True), NIGHT)

    assert (Ending.BY_HAND, "by hand, by ada@contoso.com", [Milestone.RESOLVED]) == (
        step.incident.ending,
        step.incident.timeline[-1].text,
        [notification.milestone for notification in step.incident.unnotified],
    )


def test_one_silence_is_noted_once() -> None:
    end = NIGHT + timedelta(hours=4)
    first = silenced(broken_lobby(), 0, end, "ada (unverified)", NIGHT)
    second = silenced(first.incident, 0, end, "ada (unverified)", NIGHT)

    assert (ResponseOutcome.DONE, ResponseOutcome.ALREADY) == (first.outcome, second.outcome)
    assert OPENED_AT == second.incident.begun_at
    assert CardSilence(end, "ada (unverified)") == second.incident.silence
