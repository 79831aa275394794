"""A cut text fits, keeps its beginning and is never cut inside an escape."""

import json

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.notices.budget import clipped, size

hostile = st.text(st.sampled_from(list("*_`\\<>&@[](): ab1.-é🔥\n\u200b")), max_size=200)


@given(hostile, st.integers(20, 150))
def test_a_clipped_text_never_takes_more_than_its_limit(text: str, limit: int) -> None:
    assert size(clipped(text, limit)) <= limit


@given(hostile, st.integers(20, 150))
def test_a_clipped_text_is_still_plain_text(text: str, limit: int) -> None:
    blocks = MarkdownIt("commonmark").parse(clipped(text, limit))

    assert {"text"} >= {token.type for block in blocks for token in block.children or ()}


def test_a_text_that_fits_is_whole() -> None:
    assert "4,812 of 9,640 connects failed" == clipped("4,812 of 9,640 connects failed", 100)


def test_a_text_that_does_not_fit_keeps_its_beginning_and_says_that_it_was_cut() -> None:
    assert "4,812 of 9,640…" == clipped("4,812 of 9,640 connects failed", 22)


def test_size_counts_the_larger_of_both_encodings() -> None:
    assert len(json.dumps(["é" * 100], separators=(",", ":"))) == size(["é" * 100]) == 604
