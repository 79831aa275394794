"""Our pages in Chromium, sent with their own headers: nothing scrolls sideways, and the policy refuses nothing."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.teams.browser import Screen, screen_of
from shared.board.page import BoardPage
from shared.notices.answers.pages import Drawing, HtmlPage
from shared.notices.answers.signed_links import Action
from shared.notices.cards.links import Links
from shared.playbooks.loading.load import load_library
from shared.redaction import UserIds
from tests.board.boards import LIBRARY, TRADERS, Desk, FakeQuarantine, SetAside, line, not_ready, six_hours
from tests.notices.answers.stories import KeptCounts, night, story

LONG = "trading-floor-of-the-exchange-in-frankfurt-europe-number-two"
LINKS = Links(acknowledge="?a", silence="?s", resolve="?r", playbook_page="?p", board="?b")
DROPS = load_library()["acs-transcription-websocket-drops"]


def long_board() -> HtmlPage:
    """Draw a board with long names and everything that can stand on it."""
    resource = line(LONG)
    broken = SetAside("1", "incidents", f"{'0123456789abcdef' * 4}.{LONG}", "TypeError: " + "severity" * 20)
    incident = replace(night(), resource=resource.id, users=None)
    desk = Desk(
        resources=[resource, TRADERS],
        incidents=[night(), incident],
        counts=KeptCounts(
            [*six_hours(resource, "refused-connects", bad=50), *six_hours(TRADERS, "handshakes")]
        ),
        quarantine=FakeQuarantine([broken]),
        reports=not_ready("https://westeurope.metrics.monitor.azure.com/" + "a" * 80),
    )
    return BoardPage(desk.board(), LIBRARY, UserIds()).page()


def long_story() -> HtmlPage:
    """Draw an incident on a resource with a long name."""
    incident = replace(night(), resource=line(LONG).id)
    return replace(story(incident, links=LINKS), title=f"Clients cannot connect to {LONG}").page()


PAGES: dict[str, Callable[[], HtmlPage]] = {
    "an incident": lambda: story(links=LINKS).page(),
    "an incident of a long name": long_story,
    "the board": lambda: BoardPage(Desk().board(), LIBRARY, UserIds()).page(),
    "a board of long names": long_board,
    "a quiet board": lambda: BoardPage(Desk(incidents=[], blind={}).board(), LIBRARY, UserIds()).page(),
    "a question": lambda: Drawing(night(), "Connections fail").ask(Action.SILENCE, "1.aa", None),
    "a playbook": lambda: Drawing(night(), DROPS.title).playbook(DROPS.text, DROPS.hypotheses[0].steps),
}


@contextmanager
def sent(page: HtmlPage) -> Iterator[str]:
    """Send a page with its headers until the block ends; return its address."""
    # `screen_of` waits for this mark.
    body = page.html.replace("<body>", '<body data-drawn="0">').encode()

    class Sender(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {**page.headers, "Content-Type": "text/html; charset=utf-8"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Sender)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def seen(page: HtmlPage, width: int, *, dark: bool = False) -> Screen:
    with sent(page) as address:
        return screen_of(address, messages=0, width=width, dark=dark)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone_and_the_policy_refuses_nothing(name: str) -> None:
    look = seen(PAGES[name](), 390)

    assert (False, ()) == (look.scrolls_sideways, look.errors)
    assert 1 == len(look.origins)
    # What has a scroll bar of its own may be wider.
    own = ("code.", "pre.", "table.", "thead.", "tbody.", "tr.", "th.", "td.", "em.", "strong.", "a.")
    assert [] == [one for one in look.sticking_out if not one.startswith(own)]


@pytest.mark.parametrize("name", ["an incident of a long name", "a board of long names"])
def test_nothing_sticks_out_at_a_desk_in_the_dark(name: str) -> None:
    look = seen(PAGES[name](), 1280, dark=True)

    assert (False, (), ()) == (look.scrolls_sideways, look.errors, look.sticking_out)


def test_what_the_policy_refuses_is_seen() -> None:
    page = story().page()
    planted = replace(page, html=page.html.replace("<h1>", '<h1 style="color:red">'))

    assert re.search("Content Security Policy", " ".join(seen(planted, 390).errors))
