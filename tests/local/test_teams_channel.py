"""The channel keeps Teams' own limits, and does wrong what it is told to."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.machine.certificates import certificate
from local.teams import Channel, RequestOutcome, teams
from local.teams.behaviour import (
    ANSWER_LOST,
    FAILS_LATER,
    GONE,
    UNAVAILABLE,
    in_turn,
    refused,
    slow,
    throttled,
    until,
)
from local.teams.limits import MAX_MESSAGE_BYTES, counted_size

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Night:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = THREE

    def now(self) -> datetime:
        return self.moment


def card(text: str = "lobby: clients cannot connect", **more: Any) -> dict[str, Any]:
    body = [{"type": "TextBlock", "text": text, "wrap": True}]
    return {"type": "AdaptiveCard", "version": "1.5", "fallbackText": text[:80], "body": body, **more}


def message(content: object) -> dict[str, Any]:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [attachment]}


def post(channel: Channel, body: object, timeout: float = 10) -> requests.Response:
    return requests.post(channel.url, json=body, verify=str(certificate()), timeout=timeout)


def outcomes(channel: Channel) -> list[RequestOutcome]:
    return [request.outcome for request in channel.received]


@pytest.fixture
def night() -> Night:
    return Night()


@pytest.fixture
def channel(night: Night) -> Iterator[Channel]:
    with teams(clock=night) as open_channel:
        yield open_channel


def test_shows_a_card_that_it_accepted_and_keeps_when_it_came(channel: Channel) -> None:
    answer = post(channel, message(card()))

    assert 202 == answer.status_code
    assert [card()] == channel.cards
    assert (THREE, RequestOutcome.SHOWN, 202) == (
        channel.received[0].at,
        channel.received[0].outcome,
        channel.received[0].status,
    )


def test_a_fifth_message_within_a_second_is_refused_until_the_second_has_passed(
    channel: Channel, night: Night
) -> None:
    first = [post(channel, message(card())).status_code for _ in range(5)]
    late = post(channel, message(card()))
    night.moment += SECOND

    assert [202, 202, 202, 202, 429] == first
    assert (429, "1") == (late.status_code, late.headers["Retry-After"])
    assert 202 == post(channel, message(card())).status_code


def test_a_twenty_sixth_message_within_five_minutes_is_told_when_to_come_back(
    channel: Channel, night: Night
) -> None:
    for _ in range(25):
        assert 202 == post(channel, message(card())).status_code
        night.moment += 2 * SECOND

    answer = post(channel, message(card()))

    assert (429, "250") == (answer.status_code, answer.headers["Retry-After"])


def test_a_channel_without_rates_takes_everything() -> None:
    with teams(rates=(), clock=Night()) as channel:
        assert {202} == {post(channel, message(card())).status_code for _ in range(30)}


def test_counts_the_published_message_as_it_was_counted(channel: Channel) -> None:
    body = json.dumps(message(card("x" * 1000))).encode()
    padded = body + b" " * (24_453 - len(body))

    answer = requests.post(channel.url, data=padded, verify=str(certificate()), timeout=10)

    assert 202 == answer.status_code
    assert "Actual message properties size: 28897 bytes" in channel.received[0].reason


def test_a_text_full_of_quotes_counts_for_more_than_was_sent() -> None:
    quoted = message(card('"' * 8_000))

    assert (
        counted_size(quoted["attachments"], len(json.dumps(quoted)))
        > MAX_MESSAGE_BYTES
        > len(json.dumps(quoted))
    )


def test_a_card_that_is_too_large_is_accepted_and_never_shown(channel: Channel) -> None:
    fits, over = "x" * 23_500, "x" * 24_453

    answers = [post(channel, message(card(text))).status_code for text in (fits, over)]

    assert [202, 202] == answers
    assert [RequestOutcome.SHOWN, RequestOutcome.FAILED] == outcomes(channel)
    assert "max allowed size is 28672 bytes" in channel.received[1].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock"}]}, "not an Adaptive Card"),
        (card(version="1.6"), "version 1.6"),
        (card(actions=[{"type": "Action.Submit", "title": "Acknowledge"}]), "Action.Submit"),
    ],
)
def test_a_card_that_teams_cannot_post_is_accepted_and_never_shown(
    channel: Channel, content: dict[str, Any], reason: str
) -> None:
    answer = post(channel, message(content))

    assert 202 == answer.status_code
    assert [] == channel.cards
    assert reason in channel.received[0].reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"text": "a plain text"}, "`message`"),
        ([1, 2], "`message`"),
        ({"type": "message", "attachments": []}, "`attachments`"),
        (
            {"type": "message", "attachments": [{"contentType": "text/html", "content": {}}]},
            "not of the type",
        ),
        (message("a text"), "not a card"),
    ],
)
def test_what_is_no_message_with_a_card_is_refused_with_the_reason(
    channel: Channel, body: object, reason: str
) -> None:
    answer = post(channel, body)

    assert 400 == answer.status_code
    assert reason in answer.json()["error"]["message"]
    assert [RequestOutcome.REFUSED] == outcomes(channel)


def test_a_body_that_is_no_json_is_refused(channel: Channel) -> None:
    answer = requests.post(channel.url, data=b"\xff{", verify=str(certificate()), timeout=10)

    assert 400 == answer.status_code


def test_behaves_as_planned_and_then_rightly(channel: Channel) -> None:
    channel.plan = in_turn(throttled(), throttled(7), UNAVAILABLE, refused(401), GONE, FAILS_LATER)

    answers = [post(channel, message(card())) for _ in range(7)]

    assert [429, 429, 503, 401, 404, 202, 202] == [answer.status_code for answer in answers]
    assert [None, "7"] == [answer.headers.get("Retry-After") for answer in answers[:2]]
    assert [*[RequestOutcome.REFUSED] * 5, RequestOutcome.FAILED, RequestOutcome.SHOWN] == outcomes(channel)
    assert 1 == len(channel.cards)


def test_is_down_until_the_hour_is_over(channel: Channel, night: Night) -> None:
    channel.plan = until(THREE + timedelta(hours=1), UNAVAILABLE)

    during = post(channel, message(card())).status_code
    night.moment += timedelta(hours=1)

    assert (503, 202) == (during, post(channel, message(card())).status_code)


def test_loses_its_answer_after_the_card_was_shown(channel: Channel) -> None:
    channel.plan = in_turn(ANSWER_LOST)

    with pytest.raises(requests.ConnectionError):
        post(channel, message(card()))

    assert [card()] == channel.cards


def test_answers_later_than_its_caller_waits_though_the_card_was_shown(channel: Channel) -> None:
    channel.plan = in_turn(slow(60))

    with pytest.raises(requests.ReadTimeout):
        post(channel, message(card()), timeout=0.3)

    assert [card()] == channel.cards
