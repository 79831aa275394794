"""What a caller of the endpoint is told, and in which order things are kept before that."""

from collections.abc import Callable
from datetime import datetime

import pytest

from shared.alerts.alert import Alert
from shared.alerts.receive import MOST_BYTES, AlertAnswer, receive
from shared.errors import LinekeeperError, UnauthorizedError
from tests.alerts.sample import NAMES, body, fired, resolved
from tests.incidents.fake_rooms import NOON

DOWN = LinekeeperError(
    "an alert could not be kept: ServiceRequestError of the storage account", permanent=False
)


class FakeInbox:
    """The contract of `Inbox`, in memory; any of its writes may fail."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.refused: list[tuple[bytes, str]] = []

    def keep(self, key: str, body: bytes) -> bool:
        self._fail("keep")
        self.kept.setdefault(key, body)
        return key in self.asked

    def ask_for_handling(self, alert: Alert) -> None:
        self._fail("ask")
        assert alert.key in self.kept
        self.asked.append(alert.key)

    def has_arrived(self, alert: Alert) -> bool:
        return alert.key in self.asked

    def keep_refused(self, body: bytes, reason: str) -> None:
        self._fail("refuse")
        self.refused.append((body, reason))

    def body(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def _fail(self, step: str) -> None:
        if self.failing == step:
            raise DOWN


class FakeGate:
    def __init__(self, error: LinekeeperError | None = None) -> None:
        self.error = error

    def admit(self, authorization: str, now: datetime) -> None:
        if self.error:
            raise self.error


def answered(given: bytes, inbox: FakeInbox, error: LinekeeperError | None = None) -> AlertAnswer:
    return receive(given, "Bearer x", inbox, FakeGate(error), NOON)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", [fired, resolved])
def test_accepts(name: str, given: Callable[[str], dict[str, object]]) -> None:
    inbox = FakeInbox()
    answer = answered(body(given(name)), inbox)

    assert (202, "accepted") == (answer.status, answer.text)
    assert {answer.key: body(given(name))} == inbox.kept
    assert [answer.key] == inbox.asked


def test_an_empty_body_is_asked_for_again_and_not_refused_for_good(caplog: pytest.LogCaptureFixture) -> None:
    inbox = FakeInbox()
    answer = answered(b"", inbox)

    assert (503, "5") == (answer.status, answer.headers["Retry-After"])
    assert "the body is empty" in answer.text
    assert ({}, [], []) == (inbox.kept, inbox.asked, inbox.refused)
    assert "the body is empty" in caplog.text


def test_the_same_again_is_one() -> None:
    inbox = FakeInbox()
    answers = [answered(body(fired("log-v2")), inbox) for _ in range(6)]

    assert {202} == {answer.status for answer in answers}
    assert 1 == len(inbox.asked)


@pytest.mark.parametrize("step", ["keep", "ask"])
def test_what_cannot_be_kept_or_queued_is_to_be_sent_again(step: str) -> None:
    inbox = FakeInbox(step)
    answer = answered(body(fired("log-v2")), inbox)
    assert (503, "5") == (answer.status, answer.headers["Retry-After"])

    inbox.failing = ""
    assert 202 == answered(body(fired("log-v2")), inbox).status
    assert 1 == len(inbox.asked)


def test_what_is_no_alert_is_refused_with_the_reason_and_kept() -> None:
    inbox = FakeInbox()
    answer = answered(b'{"schemaId": "lobby"}', inbox)

    assert 400 == answer.status
    assert "'lobby'" in answer.text
    assert "switch the common alert schema on" in answer.text
    assert [(b'{"schemaId": "lobby"}', answer.text)] == inbox.refused


def test_what_cannot_be_kept_for_inspection_is_to_be_sent_again() -> None:
    assert 503 == answered(b"lobby", FakeInbox("refuse")).status


def test_an_alert_of_256_kb_is_accepted_and_a_larger_one_refused() -> None:
    payload = fired("metric-static")
    payload["data"]["essentials"]["description"] = "x" * (
        MOST_BYTES - len(body(payload)) + len("Clients of the lobby cannot get in")
    )
    inbox = FakeInbox()
    assert MOST_BYTES == len(body(payload))

    assert 202 == answered(body(payload), inbox).status
    assert 413 == answered(body(payload) + b" ", inbox).status
    assert 64 * 1024 == len(inbox.refused[0][0])


def test_a_stranger_is_told_why_and_nothing_is_kept() -> None:
    inbox = FakeInbox()
    answer = answered(body(fired("log-v2")), inbox, UnauthorizedError("the token has expired"))

    assert (401, "the token has expired", {"WWW-Authenticate": "Bearer"}) == (
        answer.status,
        answer.text,
        answer.headers,
    )
    assert ({}, []) == (inbox.kept, inbox.refused)


def test_who_cannot_be_told_apart_now_is_to_come_again() -> None:
    assert (
        503
        == answered(body(fired("log-v2")), FakeInbox(), LinekeeperError("no keys", permanent=False)).status
    )


def test_without_a_gate_the_key_is_enough() -> None:
    assert 202 == receive(body(fired("log-v2")), "", FakeInbox(), None, NOON).status
