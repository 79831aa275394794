"""Each answer of a webhook has its meaning, and no address stands in an answer or a log."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from local.machine.certificates import certificate
from local.teams import Channel, teams
from local.teams.behaviour import ANSWER_LOST, UNAVAILABLE, Behaviour, in_turn, refused, throttled
from shared.cloud import posting
from shared.cloud import teams as teams_client
from shared.cloud.teams import TeamsWebhooks, post
from shared.configuration.receivers import Receiver
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.post import PostAnswer, PostOutcome

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
ON_CALL = Receiver("on-call", "ON_CALL_URL")
CARD = message(draw_announcement("Bell", "It rings."))


class Trickle:
    """A server that sends a header every tenth of a second, and after five seconds the last."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/s3cr3t"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._socket, self._socket.accept()[0] as connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(50):
                connection.sendall(b"Letter-%d: a\r\n" % number)
                threading.Event().wait(0.1)
            self.ended.set()
            connection.sendall(b"Content-Length: 0\r\n\r\n")


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    with teams(rates=()) as served:
        yield served


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(), PostAnswer(PostOutcome.ACCEPTED)),
        (
            ANSWER_LOST,
            PostAnswer(PostOutcome.UNKNOWN, "Teams did not answer, or its answer was lost: ConnectionError"),
        ),
        (UNAVAILABLE, PostAnswer(PostOutcome.RETRY, "Teams answered 503")),
        (throttled(7), PostAnswer(PostOutcome.RETRY, "Teams answered 429", timedelta(seconds=7))),
        (refused(408), PostAnswer(PostOutcome.RETRY, "Teams answered 408")),
        (refused(302), PostAnswer(PostOutcome.REFUSED, "Teams answered 302")),
        (
            refused(404),
            PostAnswer(
                PostOutcome.REFUSED,
                "Teams answered 404 (the flow was deleted or turned off, or its address changed)",
            ),
        ),
    ],
    ids=["taken", "reset", "503", "429", "408", "redirect", "404"],
)
def test_each_answer_of_teams_has_its_meaning(
    channel: Channel, behaviour: Behaviour, expected: PostAnswer
) -> None:
    channel.plan = in_turn(behaviour)

    assert expected == post(channel.url, CARD)


@pytest.mark.parametrize(
    "address",
    [
        "https://contoso.webhook.office.com/webhookb2/7c1d@9e2f/IncomingWebhook/4b5a/8c6d",
        "https://CONTOSO.webhook.OFFICE.com./webhookb2/7c1d",
        " https://webhook.office.com/webhookb2/7c1d ",
        "https://outlook.office.com/webhook/7c1d@9e2f/IncomingWebhook/4b5a/8c6d",
    ],
)
def test_a_retired_connector_is_refused_with_what_takes_its_place(address: str) -> None:
    answer = post(address, CARD)

    assert (PostOutcome.REFUSED, True) == (answer.outcome, "an Office 365 connector" in answer.reason)
    assert "expected the address of a workflow" in answer.reason
    assert "7c1d" not in answer.reason


@pytest.mark.parametrize(
    "address", ["https://webhook.office.com.evil.example/x", "https://x/webhook.office.com", "http://[", ""]
)
def test_no_other_address_is_taken_for_a_connector(address: str) -> None:
    assert not teams_client.is_retired(address)


class Listener:
    """An address that answers with given bytes, or with none."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/workflows/s3cr3t?sig=hush"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self.socket.accept()
        connection.recv(65_536)
        if self.answer is not None:
            connection.sendall(self.answer)
            connection.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Sat, 21 Nov 2026 09:05:00 GMT", NINE + timedelta(minutes=5)),
        (b"120", timedelta(minutes=2)),
        (b"soon", None),
        (b"-5", None),
        (b"9" * 400, None),
        (b"Sat, 99 Nov 99999 09:05:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(header: bytes, expected: object) -> None:
    listener = Listener(b"HTTP/1.1 429 Busy\r\nRetry-After: " + header + b"\r\nContent-Length: 0\r\n\r\n")

    assert expected == post(listener.url, CARD).retry_after


def test_an_address_where_nobody_listens_was_certainly_not_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    answer = post(f"http://127.0.0.1:{port}/s3cr3t", CARD)

    assert PostAnswer(PostOutcome.RETRY, "Teams could not be reached: ConnectionError") == answer


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_TIMEOUTS", (1, 0.2))

    assert PostOutcome.UNKNOWN is post(Listener(None).url, CARD).outcome


def test_an_answer_that_comes_letter_by_letter_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(posting, "_TIMEOUTS", (1, 0.3))
    trickle = Trickle()

    answer = post(trickle.url, CARD)

    assert (PostOutcome.ACCEPTED, False) == (answer.outcome, trickle.ended.is_set())


def test_a_certificate_that_nobody_trusts_was_certainly_not_told(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    assert PostOutcome.RETRY is post(channel.url, CARD).outcome
    assert [] == channel.received


@pytest.mark.parametrize("address", ["teams", "ftp://teams/s3cr3t", "https://", "http://[s3cr3t"])
def test_what_is_no_address_is_refused_without_quoting_it(address: str) -> None:
    answer = post(address, CARD)

    assert PostAnswer(PostOutcome.REFUSED, "the setting holds no address of a webhook") == answer


@pytest.mark.parametrize(
    ("receiver", "outcome"),
    [(ON_CALL, PostOutcome.RETRY), (replace(ON_CALL, fallback="team"), PostOutcome.REFUSED)],
    ids=["waits", "goes to the fallback"],
)
def test_a_receiver_whose_setting_is_missing(receiver: Receiver, outcome: PostOutcome) -> None:
    answer = TeamsWebhooks(lambda _: None)(receiver, CARD)

    assert PostAnswer(outcome, "the setting ON_CALL_URL of the receiver on-call is missing") == answer


def test_no_line_of_the_log_holds_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for reply in (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", b"nonsense\r\n\r\n"):
            answer = post(Listener(reply).url, CARD)
            assert "s3cr3t" not in repr(answer)

    assert "s3cr3t" not in caplog.text
    assert "hush" not in caplog.text
