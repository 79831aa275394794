"""What a caller of the endpoint is told, and in which order things are kept before that."""

from collections.abc import Callable
from datetime import datetime

import pytest

from shared.alerts.alert import Alert
from shared.alerts.receive import MOST_BYTES, AlertAnswer, Recent, receive
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
        self.urgent: list[str] = []
        self.recent = Recent()
        self.handled: list[str] = []
        self.arrived: list[str] = []
        self.rung: list[str] = []
        self.refused: list[tuple[bytes, str]] = []

    def accept(self, key: str, body: bytes, *, urgent: bool) -> None:
        self._fail("accept")
        self.kept.setdefault(key, body)
        self.asked.append(key)
        if urgent:
            self.urgent.append(key)

    def keep(self, key: str, body: bytes) -> None:
        self._fail("keep")
        self.kept.setdefault(key, body)

    def is_handled(self, key: str) -> bool:
        return key in self.handled

    def note_handled(self, key: str) -> None:
        self._fail("note")
        self.handled.append(key)

    def note_arrival(self, alert: Alert) -> None:
        self._fail("arrival")
        self.arrived.append(alert.key)

    def has_arrived(self, alert: Alert) -> bool:
        return alert.key in self.arrived

    def ask_for_notice(self, message: str) -> None:
        self._fail("ring")
        self.rung.append(message)

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


def answered(
    given: bytes, inbox: FakeInbox, error: LinekeeperError | None = None, at: datetime = NOON
) -> AlertAnswer:
    return receive(given, "Bearer x", inbox, FakeGate(error), at, recent=inbox.recent)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", [fired, resolved])
def test_accepts(name: str, given: Callable[[str], dict[str, object]]) -> None:
    inbox = FakeInbox()
    answer = answered(body(given(name)), inbox)

    assert (202, "accepted") == (answer.status, answer.text)
    assert {answer.key: body(given(name))} == inbox.kept
    assert [answer.key] == inbox.asked


@pytest.mark.parametrize(
    ("severity", "is_urgent"),
    [
        ("Sev0", True),
        ("sev1", True),
        ("Sev2", False),
        ("Sev4", False),
        ("Sev10", False),
        (0, False),
        (None, False),
    ],
)
def test_sev0_and_sev1_go_before_the_others(severity: object, is_urgent: bool) -> None:
    for given in (fired, resolved):
        payload, inbox = given("metric-static"), FakeInbox()
        payload["data"]["essentials"]["severity"] = severity
        key = answered(body(payload), inbox).key

        assert ([key] if is_urgent else []) == inbox.urgent


def test_an_empty_body_is_asked_for_again_and_not_refused_for_good(caplog: pytest.LogCaptureFixture) -> None:
    inbox = FakeInbox()
    answer = answered(b"", inbox)

    assert (503, "5") == (answer.status, answer.headers["Retry-After"])
    assert "the body is empty" in answer.text
    assert ({}, [], [], 1) == (inbox.kept, inbox.asked, inbox.refused, len(inbox.rung))
    assert "the body is empty" in caplog.text


def test_the_same_again_is_one() -> None:
    inbox = FakeInbox()
    answers = [answered(body(fired("log-v2")), inbox) for _ in range(6)]

    assert {202} == {answer.status for answer in answers}
    assert 1 == len(inbox.asked)


def test_the_same_at_another_process_is_asked_for_again_and_handled_once() -> None:
    inbox = FakeInbox()
    for _ in range(2):
        inbox.recent = Recent()
        assert 202 == answered(body(fired("log-v2")), inbox).status

    assert 1 == len(set(inbox.asked)) < len(inbox.asked)


def test_what_cannot_be_queued_is_to_be_sent_again() -> None:
    inbox = FakeInbox("accept")
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


@pytest.mark.parametrize("step", ["refuse", "ring"])
@pytest.mark.parametrize("given", [b"lobby", b"{}", b" " * (MOST_BYTES + 1)])
def test_what_cannot_be_kept_for_inspection_or_told_is_to_be_sent_again(given: bytes, step: str) -> None:
    inbox = FakeInbox(step)
    assert 503 == answered(given, inbox).status

    inbox.failing = ""
    assert answered(given, inbox).status in {400, 413}
    assert 1 == len(inbox.rung)


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
