"""The page of a channel, as a person with a phone sees it: Chromium draws it with Microsoft's own renderer."""

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from local.machine.certificates import certificate
from local.replay.case import find_case
from local.replay.diagnoses import diagnoses_of
from local.teams import Channel, teams
from local.teams.behaviour import FAILS_LATER, UNAVAILABLE, in_turn
from local.teams.browser import BrowserError, Screen, screen_of, unpacked_chromium
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import fact_set, message
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.loading.load import load_library

DROPS = "acs-transcription-websocket-drops"
HOSTILE = (
    "<img src=x onerror=alert(1)> <script>alert(2)</script> **bold** _it_ # big [pay](https://evil.example) "
    "![](https://evil.example/p.png) | a | `code` https://evil.example/raw " + "0f" * 300
)


@contextmanager
def channel_with(*cards: dict[str, Any]) -> Iterator[Channel]:
    with teams() as channel:
        for card in cards:
            answer = requests.post(channel.url, json=message(card), verify=str(certificate()), timeout=10)
            assert 202 == answer.status_code
        yield channel


def text_card(text: str, *more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": text}, *more]}


@pytest.fixture(scope="module")
def found() -> Diagnosis:
    """Diagnose the incident of the public thread, on its recorded rows."""
    return [look.diagnosis for look in diagnoses_of(find_case("seed-thread-1006"))][-1]


@pytest.fixture(scope="module")
def drawn(found: Diagnosis, tmp_path_factory: pytest.TempPathFactory) -> tuple[Screen, Path]:
    picture = tmp_path_factory.mktemp("pictures") / "card.png"
    with channel_with(draw_diagnosis(found, load_library()[DROPS], severity=3)) as channel:
        return screen_of(channel.page, messages=1, picture=picture), picture


@pytest.fixture(scope="module")
def hostile(found: Diagnosis) -> Screen:
    """The same card, with what a stranger may have put into a log in the place of every summary."""
    findings = tuple(
        replace(finding, evidence=replace(finding.evidence, summary=HOSTILE)) for finding in found.findings
    )
    symptom = replace(found.symptom, summary=HOSTILE)
    card = draw_diagnosis(replace(found, findings=findings, symptom=symptom), load_library()[DROPS])
    with channel_with(card) as channel:
        return screen_of(channel.page, messages=1)


def test_a_phone_shows_what_is_wrong_why_and_what_to_do(drawn: tuple[Screen, Path]) -> None:
    (message,) = drawn[0].messages

    assert "Live transcripts stop in mid-call" in message.text
    assert "The keepalive of your own WebSocket server ends the sockets" in message.text
    assert "1. Give the Pong more time" in message.text
    assert "Done when" in message.text
    assert (
        message.text.index("SEV 3") < message.text.index("keepalive") < message.text.index("1. Give the Pong")
    )


def test_the_buttons_of_a_card_lead_somewhere(drawn: tuple[Screen, Path]) -> None:
    (message,) = drawn[0].messages

    assert message.buttons
    assert len(message.buttons) == len(message.links)
    assert all(link.startswith("https://") for link in message.links)


def test_no_mark_of_markdown_is_left_to_be_read(drawn: tuple[Screen, Path]) -> None:
    (message,) = drawn[0].messages

    assert [] == [mark for mark in ("**", "](", "`", "\\", "&lt;", "&amp;") if mark in message.text]


def test_the_renderer_and_the_browser_object_to_nothing(drawn: tuple[Screen, Path], hostile: Screen) -> None:
    for look in (drawn[0], hostile):
        assert ((), ()) == (look.errors, look.messages[0].objections)


def test_nothing_is_wider_than_the_phone(drawn: tuple[Screen, Path], hostile: Screen) -> None:
    for look in (drawn[0], hostile):
        assert (False, ()) == (look.scrolls_sideways, look.sticking_out)


def test_the_page_loads_nothing_from_anywhere_else(drawn: tuple[Screen, Path], hostile: Screen) -> None:
    assert [1, 1] == [len(look.origins) for look in (drawn[0], hostile)]
    assert drawn[0].origins[0].startswith("https://127.0.0.1:")


def test_text_of_a_stranger_is_read_and_never_lives(hostile: Screen) -> None:
    (message,) = hostile.messages

    assert "<img src=x onerror=alert(1)>" in message.text
    assert "**bold**" in message.text
    assert not {"img", "script", "code", "h1"} & set(message.tags)
    assert [] == [address for address in (*message.anchors, *message.links) if "evil.example" in address]


def test_the_page_itself_gives_markup_no_life() -> None:
    markup = "<b>bold</b> <img src=x onerror=alert(1)> ![](https://evil.example/p.png) **strong**"
    with channel_with(text_card(markup)) as channel:
        look = screen_of(channel.page, messages=1)

    (message,) = look.messages
    assert "<b>bold</b> <img src=x onerror=alert(1)>" in message.text
    assert {"strong"} == {"img", "script", "strong"} & set(message.tags)
    assert ((), 1) == (look.errors, len(look.origins))


def test_what_sticks_out_of_the_screen_is_named() -> None:
    facts = {"type": "FactSet", "facts": [{"title": "Connection", "value": "0f" * 300}]}
    with channel_with(text_card("lobby", facts)) as channel:
        look = screen_of(channel.page, messages=1)

    assert any("0f0f0f" in selector for selector in look.sticking_out)


def test_no_word_of_a_fact_sticks_out_however_long_it_is() -> None:
    titles, words = ("Hit", "Resource", "AfterFailingHandler"), ("W", "m", "0", "_", "x-", "0-", "lobby-")
    facts = [
        (title, (word * count)[:count])
        for title in titles
        for word in words
        for count in (8, 9, 20, 25, 27, 80)
    ]
    sets = [*([fact] for fact in facts), [("W" * 20, "m" * 8)], [(titles[2], "1"), (titles[0], "W" * 25)]]
    body = [element for one in sets for element in fact_set(one)]
    with channel_with(text_card("lobby", *body)) as channel:
        look = screen_of(channel.page, messages=1)

    assert (False, ()) == (look.scrolls_sideways, look.sticking_out)
    assert "W" * 80 in look.messages[0].text


def test_the_picture_is_small_and_as_wide_as_a_phone_at_twice_its_pixels(drawn: tuple[Screen, Path]) -> None:
    png = drawn[1].read_bytes()

    width, height = struct.unpack(">II", png[16:24])

    assert b"\x89PNG" == png[:4]
    assert 700 <= width <= 780
    assert height > width
    assert len(png) < 200_000


def test_messages_stand_in_order_and_a_failed_run_is_told_from_a_card() -> None:
    with teams() as channel:
        channel.plan = in_turn(FAILS_LATER, UNAVAILABLE)
        for text in ("never seen", "refused", "lobby is down", "lobby is up"):
            requests.post(channel.url, json=message(text_card(text)), verify=str(certificate()), timeout=10)
        look = screen_of(channel.page, messages=3, dark=True)

    last_lines = [message.text.splitlines()[-1] for message in look.messages]
    assert [
        "Accepted, but the flow failed: it was told to fail",
        "lobby is down",
        "lobby is up",
    ] == last_lines


def test_a_page_that_never_fills_is_an_error_that_says_what_was_waited_for() -> None:
    with teams() as channel, pytest.raises(BrowserError, match="data-drawn"):
        screen_of(channel.page, messages=1, patience=0.1)


def test_the_browser_needs_no_library_of_the_system_but_c() -> None:
    unpacked = unpacked_chromium()
    own = {"LD_LIBRARY_PATH": str(unpacked / "al2023/lib")}

    listed = subprocess.run(
        ["ldd", str(unpacked / "chromium")],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    foreign = {line.split()[0] for line in listed.splitlines() if str(unpacked) not in line}
    names = {name.rsplit("/", 1)[-1].split(".")[0] for name in foreign}
    assert names <= {"linux-vdso", "libc", "libdl", "libm", "libpthread", "libgcc_s", "ld-linux-x86-64"}
