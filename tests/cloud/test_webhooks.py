"""A payload reaches a receiver of a team's own kind signed, and its address and key stand nowhere else."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.machine.certificates import certificate
from local.replay.stage import StageClock
from local.teams.behaviour import ANSWER_LOST, Behaviour, in_turn, refused, throttled
from local.webhook import WebhookReceiver, webhook_receiver
from local.webhook.receiver import RefusedPostError
from shared.cloud.webhooks import (
    SignedWebhooks,
    WebhookSettingError,
    check_address,
    signed_headers,
    signing_keys,
)
from shared.configuration.receivers import Receiver, ReceiverKind
from shared.notices.delivery.post import PostAnswer, PostOutcome

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
PAGER = Receiver("pager", "PAGER_URL", kind=ReceiverKind.WEBHOOK, key_setting="PAGER_KEY")
# The example of the specification, and what its libraries make of it.
PUBLISHED_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER_KEY = "whsec_c2l4dGVlbiBtb3JlIGJ5dGVzIHRoYW4gZWlnaHQ="
PAYLOAD: dict[str, Any] = {
    "version": 1,
    "id": "8c5c6f2d1f6a0b3e~pager/000001~announcement",
    "type": "announcement",
    "milestone": "announcement",
    "milestones": ["announcement"],
    "receiver": "pager",
    "written_at": "2026-11-21T09:00:00Z",
    "sent_at": "2026-11-21T09:00:00Z",
    "repeat": False,
    "title": "Bell",
    "text": ["It rings für alle."],
    "incident": None,
}


@pytest.fixture
def clock() -> StageClock:
    return StageClock(NINE)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, clock: StageClock) -> Iterator[WebhookReceiver]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    with webhook_receiver(clock=clock) as served:
        yield served


def post(receiver: WebhookReceiver, **changed: str) -> PostAnswer:
    settings = {"PAGER_URL": receiver.url, "PAGER_KEY": receiver.key, **changed}
    return SignedWebhooks(settings.get, StageClock(NINE))(PAGER, PAYLOAD)


def test_the_example_of_the_specification_gets_its_signature() -> None:
    (key,) = signing_keys("KEY", PUBLISHED_KEY)
    sent_at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", sent_at, b'{"test": 2432232314}', [key])

    assert ("1614265330", PUBLISHED_SIGNATURE) == (headers["webhook-timestamp"], headers["webhook-signature"])


def test_a_genuine_post_is_taken_as_it_was_sent(receiver: WebhookReceiver) -> None:
    assert PostAnswer(PostOutcome.ACCEPTED) == post(receiver)
    assert {PAYLOAD["id"]: PAYLOAD} == receiver.told


@pytest.mark.parametrize("known", [PUBLISHED_KEY, OTHER_KEY], ids=["the old one", "the new one"])
def test_while_a_key_is_changed_a_receiver_may_know_either(receiver: WebhookReceiver, known: str) -> None:
    receiver.key = known

    assert PostOutcome.ACCEPTED is post(receiver, PAGER_KEY=f"{PUBLISHED_KEY} {OTHER_KEY}").outcome


def test_another_key_is_refused_with_what_to_compare(receiver: WebhookReceiver) -> None:
    answer = post(receiver, PAGER_KEY=PUBLISHED_KEY)

    assert PostOutcome.REFUSED is answer.outcome
    assert "the receiver answered 401 (it does not accept the signature: compare its key" in answer.reason


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (throttled(7), PostAnswer(PostOutcome.RETRY, "the receiver answered 429", timedelta(seconds=7))),
        (Behaviour(503), PostAnswer(PostOutcome.RETRY, "the receiver answered 503")),
        (
            refused(410),
            PostAnswer(PostOutcome.REFUSED, "the receiver answered 410 (it is gone)"),
        ),
        (
            refused(308),
            PostAnswer(
                PostOutcome.REFUSED,
                "the receiver answered 308 (it redirects, and no redirect is followed)",
            ),
        ),
        (
            ANSWER_LOST,
            PostAnswer(
                PostOutcome.UNKNOWN, "the receiver did not answer, or its answer was lost: ConnectionError"
            ),
        ),
    ],
    ids=["429", "503", "410", "redirect", "reset"],
)
def test_each_answer_has_its_meaning(
    receiver: WebhookReceiver, behaviour: Behaviour, expected: PostAnswer
) -> None:
    receiver.plan = in_turn(behaviour)

    assert expected == post(receiver)


@pytest.mark.parametrize("missing", ["PAGER_URL", "PAGER_KEY"])
@pytest.mark.parametrize(
    ("pager", "outcome"),
    [(PAGER, PostOutcome.RETRY), (replace(PAGER, fallback="team"), PostOutcome.REFUSED)],
    ids=["waits", "goes to the fallback"],
)
def test_a_setting_that_is_missing_is_named(missing: str, pager: Receiver, outcome: PostOutcome) -> None:
    settings = {"PAGER_URL": "https://pager.example/hook", "PAGER_KEY": PUBLISHED_KEY}
    del settings[missing]

    answer = SignedWebhooks(settings.get, StageClock(NINE))(pager, PAYLOAD)

    assert PostAnswer(outcome, f"the setting {missing} of the receiver pager is missing") == answer


@pytest.mark.parametrize(
    "address",
    [
        "http://pager.example/s3cr3t",
        "https://bob:s3cr3t@pager.example/",
        "https://169.254.169.254/s3cr3t",
        "https://[fe80::1]/s3cr3t",
        "https://[::ffff:169.254.169.254]/s3cr3t",
        "https://[2002:a9fe:a9fe::]/s3cr3t",
        "https://[64:ff9b::a9fe:a9fe]/s3cr3t",
        "https://168.63.129.16/s3cr3t",
        "https://169.254.169.254\\.pager.example/s3cr3t",
        "https://\uff11\uff16\uff19.254.169.254/s3cr3t",
        "https://pager.example:443443/s3cr3t",
        "https://pager example/s3cr3t",
        "https://2852039166/s3cr3t",
        "https://0xa9fea9fe/s3cr3t",
        "https://169.254.43518/s3cr3t",
        "https://0.0.0.0/s3cr3t",
        "https:///s3cr3t",
        "https://[s3cr3t",
        "s3cr3t",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused_without_quoting_it(address: str) -> None:
    settings = {"PAGER_URL": address, "PAGER_KEY": PUBLISHED_KEY}

    answer = SignedWebhooks(settings.get, StageClock(NINE))(PAGER, PAYLOAD)

    assert PostOutcome.REFUSED is answer.outcome
    assert answer.reason.startswith("the setting PAGER_URL ")
    assert "s3cr3t" not in answer.reason


@pytest.mark.parametrize(
    "address",
    [
        "https://pager.example/hook?team=rt",
        "https://10.1.2.3:8443/hook",
        "https://[fd00::7]/hook",
        "https://p4ger.example.",
    ],
)
def test_an_address_of_a_teams_own_is_taken(address: str) -> None:
    check_address("PAGER_URL", address)


@pytest.mark.parametrize(
    "key", ["hush", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!", "whsec_aHVzaA==", f"whsec_{'QUFB' * 30}"]
)
def test_what_is_no_key_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(
        WebhookSettingError, match=r"^the setting PAGER_KEY .*24 to 64 random bytes"
    ) as refused:
        signing_keys("PAGER_KEY", key)

    assert key.removeprefix("whsec_") not in str(refused.value)


def test_neither_address_nor_key_stands_in_the_log(
    receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        receiver.plan = in_turn(ANSWER_LOST)
        answers = [post(receiver), post(receiver)]

    for secret in (receiver.url.rpartition("/")[2], receiver.key.removeprefix("whsec_")):
        assert secret not in f"{caplog.text} {answers}"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"webhook-signature": ""}, 400),
        ({"webhook-timestamp": "soon"}, 400),
        ({"webhook-timestamp": str(int(NINE.timestamp()) - 301)}, 401),
        ({"webhook-id": "another"}, 401),
        ({"webhook-signature": "v2,g0hM9SsE"}, 401),
    ],
    ids=["not signed", "no time", "an old one", "another id", "another version"],
)
def test_the_stand_in_refuses_what_is_not_genuine(changed: dict[str, str], status: int) -> None:
    stand_in, body = WebhookReceiver(key=PUBLISHED_KEY, clock=StageClock(NINE)), json.dumps(PAYLOAD).encode()
    headers = signed_headers(PAYLOAD["id"], NINE, body, signing_keys("KEY", PUBLISHED_KEY)) | changed

    with pytest.raises(
        RefusedPostError, match=r"header|whole number|five minutes|no signature"
    ) as refused_post:
        stand_in.verified(headers, body, NINE)
    assert status == refused_post.value.status


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"nonsense",
        json.dumps({**PAYLOAD, "version": 2}).encode(),
        json.dumps({**PAYLOAD, "title": None}).encode(),
    ],
    ids=["empty", "no JSON", "another version", "no title"],
)
def test_the_stand_in_refuses_what_is_not_as_documented(body: bytes) -> None:
    stand_in = WebhookReceiver(key=PUBLISHED_KEY, clock=StageClock(NINE))
    headers = signed_headers(PAYLOAD["id"], NINE, body, signing_keys("KEY", PUBLISHED_KEY))

    with pytest.raises(RefusedPostError, match=r"not as documented|not JSON"):
        stand_in.verified(headers, body, NINE)
