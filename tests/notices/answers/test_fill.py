"""The templates of the pages: what strangers write is text in them, whatever it is."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from shared.incidents.incident import Acknowledgement, Entry
from shared.incidents.lifecycle.respond import Person
from shared.notices.answers.fill import TEMPLATES, article, fill
from shared.notices.answers.pages import Drawing, HtmlPage, Offer, Offers, plain_page
from shared.notices.answers.signed_links import READ_ONLY, Action
from shared.notices.cards.links import Links
from shared.playbooks.diagnosis import Verdict
from shared.redaction import UserIds
from tests.notices.answers.stories import story
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import evidence, expired_tokens

NIGHT = datetime(2026, 11, 12, 3, 12, tzinfo=UTC)
ASKED = tuple(set(Action) - READ_ONLY - {Action.MAINTENANCE})
PLAYBOOK = "## Mitigation\n\n### server-restart\n\nWait for it.\n"
STRANGE = st.text(min_size=1, max_size=40) | st.text("<>\"'&/={}%# \u202ebdeklnors", min_size=1, max_size=40)


class Skeleton(HTMLParser):
    """The tags of a page with their attributes, in the order of the page."""

    def __init__(self, page: HtmlPage) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.feed(page.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "text" and {name for name, _ in attrs} <= {"class", "x", "y", "text-anchor"}:
            attrs = []  # a word of a drawing stands where there is room for it
        # A remembered name stands in the field that asks for it.
        filled = [(name, "" if (tag, name) == ("input", "value") else value) for name, value in attrs]
        self.tags.append((tag, tuple(filled)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))


def pages_with(text: str) -> Iterator[HtmlPage]:
    """Draw every page, with a text wherever one of strangers can stand."""
    entries = (Entry(NIGHT, text, text), Entry(NIGHT, "acknowledged", text))
    lobby = replace(broken_lobby(), resource=text, signals={text: text}, timeline=entries)
    lobby = replace(lobby, acknowledgement=Acknowledgement(text, NIGHT, text))
    unknown = Drawing(replace(lobby, cause=text), text, UserIds("salt"))
    restarted = Drawing(replace(lobby, cause="server-restart"), text, UserIds("salt"), cause=text)
    for action in ASKED:
        yield unknown.ask(action, "1.aa", None, hint=text, note=text)
        yield unknown.ask(action, "1.aa", Person(text))
        yield unknown.ask(action, "1.aa", None, name=text)
    yield unknown.answer(200, text, text)
    for offers in (
        Offers([Offer(Action.GIVE_BACK, "1.aa")], None, text),
        Offers([Offer(Action.REOPEN, "1.aa")], Person(text)),
    ):
        yield unknown.answer(200, text, text, offers)
    yield unknown.playbook(PLAYBOOK)
    yield restarted.playbook(PLAYBOOK)
    finding = replace(expired_tokens().findings[0], title=text, evidence=evidence(Verdict.SUPPORTED, text))
    found = replace(expired_tokens(), findings=(finding,))
    yield replace(
        story(
            lobby, found, Links(silence="?s", resolve="?r", take_over="?t", give_back="?g", end_silence="?e")
        ),
        title=text,
        report="",
    ).page()
    yield plain_page(400, text, text)


HARMLESS = [Skeleton(page).tags for page in pages_with("lobby")]


@settings(max_examples=60)
@given(STRANGE)
@example('"><script>alert(1)</script>')
@example("' onclick='x")
@example("</style></title><base href=//evil.example>")
@example("{{ 7 * 7 }}{% include 'style.css' %}")
def test_what_strangers_write_adds_no_tag_and_no_attribute(text: str) -> None:
    assert HARMLESS == [Skeleton(page).tags for page in pages_with(text)]


def test_what_strangers_write_is_never_a_template() -> None:
    assert "<h1>{{ 7 * 7 }}</h1>" in plain_page(400, "{{ 7 * 7 }}", "").html


def test_our_own_markdown_alone_is_not_escaped() -> None:
    values = {"title": "<em>", "article": article("*kept*"), "mitigation": "", "cause": "", "steps": []}

    page = fill("playbook.html", values)

    assert '<article class="text playbook"><p><em>kept</em></p>\n</article>' in page
    assert "<title>&lt;em&gt;</title>" in page


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="more"):
        fill("plain.html", {"title": "Not now", "heading": "Not now"})


def test_no_template_switches_escaping_off() -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.html")}

    assert "layout.html" in texts
    assert [] == [name for name, text in texts.items() if re.search(r"\|\s*safe\b|autoescape", text)]


@pytest.mark.parametrize(
    "mark",
    ["\u202e", "\u200b", "\ud800", "\u3164", "\U000e0100"],
    ids=["direction", "zero width", "surrogate", "filler", "selector"],
)
def test_nothing_invisible_stands_on_a_page(mark: str) -> None:
    assert [] == [page.html for page in pages_with(f"gpj.{mark}exe") if mark in page.html]
