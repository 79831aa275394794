"""What leaves Linekeeper carries no secret, no live markup and no user's id."""

import json
import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.redaction import UserIds, escape_markdown, pseudonym, redact, visible
from shared.redaction.removal import _redacted
from tests.ordinary_by_kind import ORDINARY as ORDINARY_KINDS
from tests.secrets_by_kind import SECRETS as KINDS
from tests.secrets_by_shape import JWT, SECRETS

ORDINARY = [
    "4,812 of 9,640 connects to hub lobby failed with 401 (49.9 %)",
    (
        "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-realtime/providers/"
        "Microsoft.SignalRService/WebPubSub/contoso-rt"
    ),
    "closed with code=1006 after 40.0 s, close code 1006, statuscode=401, key=lobby",
    "Bearer authentication failed: token expired",
    "The access token: expired at 2026-11-12T02:10:00Z. Basic authentication is off. Cookie: none",
    "trading-floor_7 6f1d2c3b-1a2b-4c5d-8e9f-0a1b2c3d4e5f zhiYYvkoMT1l3CvOEEZ2Bw9ZDmF6Y02",
    "sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12, secret: rotated, password rotation is due",
    "carry `?code=` in the template, or `access_token=`",
    "https://app.contoso.com/eventhandler?hub=lobby answered 404 in 12 ms",
    (
        "WebPubSubConnectivity\n| where TimeGenerated between (windowStart .. windowEnd)\n"
        '| where Message has "access_token=" or Message has "sig="\n'
        '| extend token = extract(@"access_token=([^&]+)", 1, Message), code = toint(ResultSignature)\n'
        "| summarize Failed = countif(Level == 'Warning') by bin(TimeGenerated, 5m)"
    ),
]

shreds = st.lists(
    st.sampled_from(
        [line for line, _ in SECRETS.values()]
        + ["token", "=", ":", '"', "'", "\\", "&", "?code=", "%3D", "eyJ", "[redacted token]", "[redacted ", "]", " ",
           "Bearer ", "authorization", "key", "://", "@", ".", ",", "\n", "-----BEGIN PRIVATE KEY-----", "8Q~", "sig",
           "cookie: ", ".logic.azure.com", "https", "A", "9", "/", "\\u0026", "%26", "&amp;", "\u200b", "password", "name", "value", "<", ">", "--", " is "]
    ) | st.text(max_size=6),
    max_size=12,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(("line", "secret"), SECRETS.values(), ids=SECRETS.keys())
def test_removes_a_secret_and_says_what_stood_there(line: str, secret: str) -> None:
    shown = redact(line)

    assert secret not in shown
    assert "[redacted " in shown


PLACES = [*product(["", " ", '{"Message":"', "upstream: ", "(", "\t"], ["", " at 02:10", '"}', ")"])]


@pytest.mark.parametrize(("line", "secret"), SECRETS.values(), ids=SECRETS.keys())
def test_removes_a_secret_wherever_it_stands(line: str, secret: str) -> None:
    assert [] == [place for place in PLACES if secret in redact(place[0] + line + place[1])]


@pytest.mark.parametrize("kind", KINDS)
def test_removes_secrets_of_each_kind(kind: str) -> None:
    assert [] == [name for name, (line, secret) in KINDS[kind].items() if secret in redact(line)]


@pytest.mark.parametrize("kind", KINDS)
def test_removes_secrets_of_each_kind_from_a_row_in_json(kind: str) -> None:
    survivors = [
        name
        for name, (line, secret) in KINDS[kind].items()
        if secret in json.loads(redact(json.dumps({"Level": "Warning", "Message": line})))["Message"]
    ]

    assert [] == survivors


@pytest.mark.parametrize("kind", ORDINARY_KINDS)
def test_leaves_ordinary_texts_of_each_kind_as_they_are(kind: str) -> None:
    assert [] == [text for text in ORDINARY_KINDS[kind] if text != redact(text)]


@pytest.mark.parametrize("kind", ORDINARY_KINDS)
def test_leaves_ordinary_texts_as_they_are_in_the_middle_of_a_line(kind: str) -> None:
    lines = [f"02:10 hub lobby: {text} (3 times)" for text in ORDINARY_KINDS[kind]]

    assert [] == [line for line in lines if line != redact(line)]


def test_what_is_removed_from_json_leaves_json() -> None:
    row = json.dumps({"Message": 'said "password": hunter2', "Url": "https://x/?a=1&sig=Zk3wRt88%2B"})

    assert {"Message", "Url"} == set(json.loads(redact(row)))


@pytest.mark.parametrize("text", ORDINARY)
def test_leaves_ordinary_text_as_it_is(text: str) -> None:
    assert text == redact(text)


SHARED = Path(__file__).parent.parent / "shared"
OUR_TEXTS = [*SHARED.glob("playbooks/library/*.md"), *SHARED.glob("queries/library/*.kql")]


@pytest.mark.parametrize("path", OUR_TEXTS, ids=[path.name for path in OUR_TEXTS])
def test_leaves_playbooks_and_their_queries_as_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.splitlines() == redact(text).splitlines()


def test_keeps_what_stands_around_a_secret() -> None:
    line = f"GET /client/hubs/lobby?access_token={JWT}&id=42 answered 401"

    assert "GET /client/hubs/lobby?access_token=[redacted token]&id=42 answered 401" == redact(line)


@given(shreds)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)

    assert once == redact(once)


HOSTILE = ["eyJ", "eyJ.", "eyJaaaaaaaa.", "a", "a.", "http://", "://a", "x://a@", "Bearer ", "token", "token=", "token: ",
           'password="', "cookie: ", "authorization: bearer ", "-----BEGIN PRIVATE KEY-----", "8Q~", "A=", "[redacted ",
           "[redacted token]", "8:acs:", "a.a@", "1.A", "\\", '\\"', "x.logic.azure.com", "_", "](", "www.", "code=",
           "authorization=", "authorization: digest a=b ", "<password>", "name: password value=", "value='x' name=", "--password ", "A0b\n",
           "AbC1dEf2GhI3jKl4Mn\n", "%26", "%25", "\\u0026", "&amp;", "\u0430", "?sig=", "password is ", "a:b1c2d@", "hooks.slack.com/services/",
           '["password",', "ghp_", "sk-", "AccountKey=AbCd1234", "\x1b[", "; Password=a b ", "-----BEGIN PRIVATE KEY-----\n-"]  # fmt: skip


def work_on(text: str) -> float:
    """Return the seconds of this thread's own CPU time that a text takes."""
    started = time.thread_time()
    UserIds("salt").hide_in(escape_markdown(_redacted(text)))
    return time.thread_time() - started


@pytest.mark.parametrize("shred", HOSTILE)
def test_ten_times_a_hostile_text_is_about_ten_times_the_work(shred: str) -> None:
    """Quadratic work would be a hundred times as much. The text is compared with itself, so any machine will do."""
    short, long = (shred * (size // len(shred)) for size in (3_000, 30_000))

    assert any(work_on(long) < 40 * work_on(short) for _ in range(3))


# ---- markup ----

strangers = st.lists(
    st.sampled_from(
        ["[click](https://evil.example)", "[click][x]", "[click]@", "[x]: https://evil.example", "<at>all</at>", "<b>", "**", "*",
         "_", "__", "`", "```", "~~", "# ", "- ", "+ ", "1. ", "2) ", "> ", "---", "\n", "\r\n\r\n", "    ", "|", "![i](x)",
         "<https://evil.example>", "www.evil.example", "https://evil.example", "alice@contoso.com", "&lt;", "&#91;", "\\",
         "a", "b c", "]", "[", "(", ")", ":", "!", "\u202e", "\u200b", "\t", "{{DATE(2026-11-12T02:10:00Z)}}"]
    ) | st.text(max_size=8),
    max_size=15,
).map("".join)  # fmt: skip

PLAIN = {"paragraph_open", "paragraph_close", "inline"}


@given(strangers)
def test_markup_from_strangers_is_read_as_plain_text(text: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    for block in parser.parse(escape_markdown(text)):
        assert block.type in PLAIN
        assert {"text"} >= {token.type for token in block.children or ()}


@given(strangers)
def test_no_address_mail_mention_or_html_of_a_stranger_stays_live(text: str) -> None:
    escaped = escape_markdown(text).lower()

    assert not any(live in escaped for live in ("http://", "https://", "www.", "@", "<", ">", "](", "{{"))


@pytest.mark.parametrize(
    "text",
    [
        "{{DATE(2026-11-12T02:10:00Z,SHORT)}}",
        "{{TIME(2026-11-12T02:10:00Z)}}",
        "{{date(2026-11-12T02:10:00Z, COMPACT)}}",
        "{\u200b{DATE(2026-11-12T02:10:00Z)}}",
        "{{{DATE(2026-11-12T02:10:00Z)}}}",
        "{{ user.name }}",
    ],
)
def test_what_a_card_would_fill_in_stays_text(text: str) -> None:
    escaped = escape_markdown(text)

    assert "{{" not in escaped
    assert visible(text).replace(" ", "") == escaped.replace(" ", "")


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="@<>]{"),
        min_size=1,
        max_size=40,
    )
)
def test_escaping_loses_no_letter_that_a_reader_would_see(text: str) -> None:
    assume("://" not in text and "www." not in text.lower())
    rendered = MarkdownIt("commonmark").parse(escape_markdown(text))
    seen = "".join(token.content for block in rendered for token in block.children or ())

    assert visible(text) == seen


def test_a_sentence_with_numbers_and_hub_names_stays_as_it_is() -> None:
    sentence = "4,812 of 9,640 connects to trading_floor failed (49.9 %), 3 - 5 s apart; sev. 1!"

    assert sentence == escape_markdown(sentence)


# ---- users ----


def test_one_user_has_one_pseudonym_per_salt() -> None:
    assert pseudonym("alice", "salt") == pseudonym("alice", "salt")
    assert pseudonym("alice", "salt") != pseudonym("bob", "salt")
    assert pseudonym("alice", "salt") != pseudonym("alice", "pepper")


def test_a_pseudonym_is_not_hashed_again() -> None:
    once = pseudonym("alice", "salt")

    assert once == pseudonym(once, "salt")


def test_without_a_salt_only_that_there_was_a_user_is_shown() -> None:
    assert "[user id]" == pseudonym("alice", "")


def test_ids_are_shown_as_they_are_where_a_team_chose_so() -> None:
    assert "alice saw 40 closes" == UserIds(show=True).hide_in("alice saw 40 closes", ["alice"])


@pytest.mark.parametrize(
    "user_id",
    [
        pytest.param("8:acs:7c1d9e2f-1a2b_0000001a-2b3c-4d5e-6f70-8192a3b4c5d6", id="an ACS user"),
        pytest.param("4:+4930123456", id="a phone number"),
        pytest.param("28:acs:7c1d9e2f-1a2b-4c5d-8e9f-0a1b2c3d4e5f", id="a bot"),
        pytest.param("alice@contoso.com", id="a mail address"),
    ],
)
def test_hides_ids_that_are_known_by_their_shape(user_id: str) -> None:
    shown = UserIds("salt").hide_in(f"closed for {user_id}, 40 times")

    assert f"closed for {pseudonym(user_id, 'salt')}, 40 times" == shown


def test_hides_a_known_id_only_where_it_is_a_word() -> None:
    shown = UserIds("salt").hide_in("ann joined the channel of annex-7 (ann)", ["ann"])
    ann = pseudonym("ann", "salt")

    assert f"{ann} joined the channel of annex-7 ({ann})" == shown


def test_names_each_user_of_a_listed_column() -> None:
    users = UserIds("salt")

    assert f"{users.name('alice')}, {users.name('bob')}" == users.name('["alice", "bob"]')


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m", "\x9b31mred", "\x1b]0;title\x07red", "re\x00d\x7f"])
def test_shows_no_character_that_a_terminal_obeys(text: str) -> None:
    assert not set(visible(text)) & {"\x1b", "\x9b", "\x07", "\x00", "\x7f"}


def test_keeps_the_lines_of_a_text() -> None:
    assert "one\n\ttwo" == visible("one\n\ttwo")
