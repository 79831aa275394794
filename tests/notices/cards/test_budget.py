"""A cut text fits, keeps its beginning and is never cut inside an escape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.notices.cards.budget import clip, fits, size

hostile = st.text(st.sampled_from(list("*_`\\<>&@[](): ab1.-é🔥\n\u200b")), max_size=200)


@given(hostile, st.integers(20, 150))
def test_a_clipped_text_never_takes_more_than_its_limit(text: str, limit: int) -> None:
    assert size(clip(text, limit)) <= limit


@given(hostile, st.integers(20, 150))
def test_a_clipped_text_is_still_plain_text(text: str, limit: int) -> None:
    blocks = MarkdownIt("commonmark").parse(clip(text, limit))

    assert {"text"} >= {token.type for block in blocks for token in block.children or ()}


def test_a_text_that_fits_is_whole() -> None:
    assert "4,812 of 9,640 connects failed" == clip("4,812 of 9,640 connects failed", 100)


def test_a_text_that_does_not_fit_keeps_its_beginning_and_says_that_it_was_cut() -> None:
    assert "4,812 of 9,640…" == clip("4,812 of 9,640 connects failed", 22)


def test_size_counts_the_larger_of_both_encodings() -> None:
    assert len(json.dumps(["é" * 100], separators=(",", ":"))) == size(["é" * 100]) == 604


messages = st.recursive(
    hostile | st.text(max_size=30) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile, inner, max_size=4),
)


@given(messages, st.text(st.sampled_from('"\\xé🔥'), min_size=1, max_size=4), st.integers(0, 20_000))
def test_whatever_fits_is_within_the_limits_of_all_three_encodings(
    inner: object, again: str, count: int
) -> None:
    message = {"body": inner, "more": again * count}
    plain = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    escaped = json.dumps(message, separators=(",", ":"))
    sizes = len(plain), len(escaped), len(json.dumps(escaped))

    assert max(sizes[:2]) == size(message)
    assert (sizes[1] <= 20_480 and sizes[2] <= 28_672) == fits(message)
    assert not fits(message) or sizes[0] <= 20_480


@pytest.mark.parametrize("letter", ["x", "é", '"', "\\"])
def test_what_leaves_room_fits_with_whatever_takes_it(letter: str) -> None:
    count = next(count for count in range(20_480, 0, -20) if fits([letter * count], 1_000))

    assert fits([letter * count, '"' * 498])  # with the comma, 999 bytes


@pytest.mark.parametrize("letter", ['"', "\\"])
def test_a_card_of_quotes_or_backslashes_does_not_fit_though_it_is_short_enough(letter: str) -> None:
    card = {"text": letter * 10_234 + "."}

    assert (20_480, False) == (size(card), fits(card))


def test_a_card_of_words_fits_to_its_last_byte() -> None:
    words = "x" * (20_480 - size({"text": ""}))

    assert (True, False) == (fits({"text": words}), fits({"text": words + "x"}))
