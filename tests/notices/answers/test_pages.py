"""The pages behind a card's links."""

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.incidents.incident import Entry
from shared.incidents.lifecycle.respond import (
    Person,
    acknowledge,
)
from shared.notices.answers.pages import Drawing, busy_page, plain_page, refused_page, unknown_page
from shared.notices.answers.request import named_person
from shared.notices.answers.signed_links import Action
from shared.notices.cards.rendering import render
from shared.playbooks.loading.load import load_library
from shared.redaction import UserIds
from tests.notices.answers.stories import night, story
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import PAGE
from tests.secrets_by_shape import SECRETS

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
ADA = Person("ada")
VOID = {"meta", "input", "br", "hr", "col"}


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
        self.handle_starttag(tag, attrs)  # <br />, <path />
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


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
    report = "![pixel](https://evil.example/p.png) [go](javascript:alert(1)) <i onclick=x>y</i> [ok](https://learn.example)"
    page = replace(story(), report=report).page()

    nesting = Nesting(page.html)
    assert (set(), []) == (nesting.tags & {"img", "i", "script"} - {"i"}, nesting.handlers)
    assert "&lt;i onclick=x&gt;" in page.html
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
    [(refused_page(), 403), (unknown_page(), 404), (busy_page(), 503)],
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


def test_signals_and_states_have_the_names_that_readers_know() -> None:
    html = Drawing(night(), "Clients cannot connect").answer(200, "Acknowledged").html

    assert "<strong>refused connects</strong>" in html
    assert "<strong>recovering</strong>: within its goal again" in html
    assert "validating" not in html
