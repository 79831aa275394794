"""The board as a page: served whole, small, without script, and safe whatever strangers wrote."""

import re
from dataclasses import replace
from html import unescape

from hypothesis import given

from shared.board.page import MOST_STRIPS, REFRESH, BoardPage
from shared.health.quarantine import SetAside
from shared.health.sources import Source, SourceState
from shared.incidents.incident import State
from shared.notices.routing.silence import card_silence, maintenance_silence
from shared.redaction import UserIds
from tests.board.boards import LIBRARY, LOBBY, NOW, TRADERS, Desk, FakeQuarantine, line, not_ready, six_hours
from tests.drawn import examples
from tests.notices.answers.stories import KeptCounts, at, night
from tests.notices.answers.test_pages import HOSTILE, Nesting

MOST_BYTES = 54_000  # of 24 strips


def drawn(desk: Desk) -> str:
    """Draw the board of a desk."""
    return BoardPage(desk.board(), LIBRARY, UserIds("salt")).page().html


def words(html: str) -> str:
    """Return what stands on a page."""
    return unescape(
        " ".join(re.sub(r"<[^>]+>", " ", re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)).split())
    )


def test_it_says_what_is_open_who_has_it_and_where_it_stands() -> None:
    text = words(drawn(Desk()))

    assert "1 open, 1 of them recovering 12 November, 03:18 UTC. Last watch 22 s ago: 4 resources." in text
    assert (
        "Sev 2 Users could not connect: 1 of 14 attempts was refused contoso-rt · Tokens expire before they are used"
        in text
    )
    assert "1,733 users for 1 h 8 min ✓ Mia Night ◉ recovering · silenced until 04:10" in text


def test_while_it_lasts_an_incident_is_told_with_its_share_of_now() -> None:
    lasting = replace(night(), state=State.DIAGNOSED)

    assert "Users cannot connect: 4 of 10 attempts are refused" in words(drawn(Desk(incidents=[lasting])))


def test_several_blind_signals_are_one_line() -> None:
    blind = {Source("w-1", "the logs of Web PubSub"): SourceState(blind_since=at(60))}
    desk = Desk(resources=[TRADERS], blind=blind)
    desk.counts.kept = [*six_hours(TRADERS, "refused-connects", until=60)]
    html = drawn(desk)

    assert 1 == html.count('class="strip"')
    assert re.search(
        r"refused connects blind 1 % [2-9] more signals: no data, the source is blind", words(html)
    )


def test_a_quiet_night_says_so() -> None:
    text = words(drawn(Desk(incidents=[], blind={})))

    assert "Nothing is open" in text
    assert "Cannot see 0 Nothing known. Silenced 0 Nothing. Next The watch, once a minute." in text


def test_silences_say_what_until_when_and_by_whom() -> None:
    desk = Desk()
    desk.silences.add(card_silence(night().id, "Mia Night", at(24), reason="vendor is on the phone"))
    desk.silences.add(maintenance_silence("VN1K-9W8", [LOBBY.id], "Jonas", start=at(0), end=at(90)))

    assert "contoso-rt, this incident until 12 Nov 06:34 by Mia Night: vendor is on the phone" in words(
        drawn(desk)
    )
    assert "lobby until 12 Nov 03:40 by Jonas: planned maintenance VN1K-9W8 of Microsoft" in words(
        drawn(desk)
    )


def test_the_browser_asks_for_it_again_and_nothing_runs() -> None:
    html = drawn(Desk())

    assert f'<meta http-equiv="refresh" content="{REFRESH}">' in html
    assert not re.search(r"<script|<img|<link|javascript:|\sstyle=|\son\w+=", html)


def test_on_a_phone_what_cannot_be_seen_comes_before_what_is_watched() -> None:
    html = drawn(Desk())

    assert "@media (max-width:1000px)" in html
    assert ".blind{order:-1}.open-now{order:-2}" in html


def test_24_strips_are_small() -> None:
    resources = [line(f"lobby-{place}") for place in range(8)]
    signals = ("refused-connects", "handshakes", "closes")
    counts = [count for one in resources for signal in signals for count in six_hours(one, signal, bad=30)]
    html = drawn(Desk(resources=resources, counts=KeptCounts(counts), blind={}))

    assert 24 == html.count('class="strip"')
    assert len(html.encode()) < MOST_BYTES


def test_of_very_many_the_worst_are_drawn_and_the_others_named() -> None:
    resources = [line(f"lobby-{place}") for place in range(60)]
    signals = ("refused-connects", "handshakes", "closes", "aborts")
    counts = [count for one in resources for signal in signals for count in six_hours(one, signal)]
    html = drawn(Desk(resources=resources, counts=KeptCounts(counts), blind={}))

    assert MOST_STRIPS >= html.count('class="strip"') > MOST_STRIPS - 4
    assert "lobby-59" in html
    assert "not drawn: there are too many, and worse ones come first" in html


@examples("strange boards", 30, 500)
@given(HOSTILE, HOSTILE)
def test_whatever_strangers_write_stays_text(name: str, reason: str) -> None:
    desk = Desk(
        incidents=[replace(night(), symptom=name, cause=reason)],
        quarantine=FakeQuarantine([SetAside("1", name, reason, reason)]),
        reports=not_ready(reason),
        blind={Source("w-1", name, LOBBY.id): SourceState(blind_since=at(0))},
    )
    desk.silences.add(card_silence(night().id, name, NOW, reason=reason))
    nesting = Nesting(drawn(desk))

    assert ([], []) == (nesting.open, nesting.handlers)
    assert set() == nesting.tags & {"script", "img", "iframe", "object", "base", "link", "form"}


def test_no_secret_and_no_user_stands_on_it() -> None:
    broken = SetAside("1", "incidents", "lobby.1", "alice@customer.example: AccessKey=" + "q7" * 20)
    html = drawn(Desk(quarantine=FakeQuarantine([broken])))

    assert "customer.example" not in html
    assert "q7q7" not in html
