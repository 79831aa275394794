"""A playbook's Markdown becomes what Teams can draw."""

import pytest

from shared.notices.cards.markup import for_teams, plain_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        pytest.param("Set `maxRetries` to *3*.", "Set maxRetries to _3_.", id="code loses its ticks"),
        pytest.param("**Before** you restart", "**Before** you restart", id="bold stays"),
        pytest.param("See [the limits](https://learn.microsoft.com/x).", "See [the limits](https://learn.microsoft.com/x).", id="a link stays"),
        pytest.param("See [drops](web-pubsub-connection-drops.md).", "See drops.", id="a link within the library becomes its words"),
        pytest.param("Do this:\n\n- one\n- two", "Do this:\n\n• one\n\n• two", id="a list becomes lines"),
        pytest.param("Run\n\n```sh\naz login\n```", "Run\n\naz login", id="a code block becomes a line"),
        pytest.param("Use `a_b*c` here", "Use a_b\\*c here", id="what was code is not markup afterwards"),
        pytest.param("### Title", "Title", id="a heading becomes its words"),
        pytest.param("line one\nline two", "line one line two", id="a soft break is a blank"),
        pytest.param("<b>x</b> &amp; y", "&lt;b&gt;x&lt;/b&gt; & y", id="HTML is shown, not obeyed"),
    ],
)  # fmt: skip
def test_reduces_markdown_to_what_teams_draws(markdown: str, text: str) -> None:
    assert text == for_teams(markdown)


def test_plain_words_carry_no_markup() -> None:
    assert "Set maxRetries to 3, see limits" == plain_text(
        "Set `maxRetries` to **3**,\nsee [limits](https://x.example)"
    )


def test_a_secret_in_a_playbook_is_redacted_as_well() -> None:
    assert "AccessKey=[redacted key]" == plain_text("AccessKey=c2VjcmV0")
