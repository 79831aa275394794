"""The checks of acs-chat-message-delivery read what contradicts them, set one sender aside and say what they do not know."""

import pytest
from ask_acs import ask, unexplained, verdicts
from test_acs_chat import HOURS, refused, removed, ward

from local.rows.acs_log import EXCEPTIONS, AcsLog, spread

PLAYBOOK = "acs-chat-message-delivery"


def verdict(log: AcsLog, check: str) -> object:
    return verdicts(log, PLAYBOOK, check)[0]


def denied(operation: str, count: int = 96, users: int = 15, log: AcsLog | None = None) -> AcsLog:
    """A ward, and requests of so many porters that are refused with 403."""
    log = log or ward()
    for number, minute in enumerate(spread(count)):
        log.request(minute, operation, 403, f"porter-{number % users}", f"case-{number % 5}", SdkType="JavaScript")  # fmt: skip
    return log


class TestARefusalWith403:
    @pytest.mark.parametrize(
        "operation",
        ["SendChatMessage", "ListChatMessages", "SendReadReceipt", "GetChatThread", "CreateChatThread", "AddChatThreadParticipants", "UpdateChatThread"],
    )  # fmt: skip
    def test_is_one_of_permission_whatever_was_asked(self, operation: str) -> None:
        (row,) = ask(denied(operation), PLAYBOOK, "not-permitted")

        assert ("supported", 96, 15) == (row["Verdict"], row["Hits"], row["Callers"])
        assert f"{operation} 403 (96)" in str(row["Summary"])

    @pytest.mark.parametrize("neighbour", ["token-expired", "participant-removed", "thread-deleted", "send-throttled"])  # fmt: skip
    def test_is_blamed_on_nothing_else(self, neighbour: str) -> None:
        assert "refuted" == verdict(denied("SendChatMessage"), neighbour)

    def test_of_somebody_who_was_removed_is_not_one_of_permission(self) -> None:
        assert "refuted" == verdict(removed(), "not-permitted")

    def test_of_a_whole_shift_is_not_explained_by_one_removal(self) -> None:
        log = ward()
        for number in range(15):
            log.request(5, "SendChatMessage", 201, f"porter-{number}", "case-0")
        log.request(10, "RemoveChatThreadParticipant", 204, "hr-bot", "case-0")
        for number, minute in enumerate(spread(96)):
            log.request(minute, "SendChatMessage", 403, f"porter-{number % 15}", "case-0")

        assert ("inconclusive", "supported") == verdicts(
            log, PLAYBOOK, "participant-removed", "not-permitted"
        )

    def test_that_came_before_the_removal_is_not_explained_by_it(self) -> None:
        log = ward()
        for number in range(15):
            log.request(5, "SendChatMessage", 201, f"porter-{number}", "case-0")
            log.request(40 + number / 60, "RemoveChatThreadParticipant", 204, "hr-bot", "case-0")
        for number, minute in enumerate(spread(96)):
            log.request(minute, "SendChatMessage", 403, f"porter-{number % 15}", "case-0")

        assert ("refuted", "supported") == verdicts(log, PLAYBOOK, "participant-removed", "not-permitted")


class TestAStatusThatNobodyKnows:
    @pytest.mark.parametrize("status", [400, 409, 412, 413, 500, 503])
    def test_is_a_failure_and_is_told(self, status: int) -> None:
        log = refused(status)

        assert "supported" == verdict(log, "symptom")
        assert [(f"SendChatMessage {status}", 40, 5, 40)] == unexplained(log, PLAYBOOK)

    def test_is_told_most_frequent_first(self) -> None:
        log = refused(503, 30, refused(413, 12))

        assert [("SendChatMessage 503", 30, 5, 42), ("SendChatMessage 413", 12, 5, 42)] == unexplained(
            log, PLAYBOOK
        )

    @pytest.mark.parametrize("status", [401, 403, 429])
    def test_is_none_that_a_hypothesis_owns(self, status: int) -> None:
        assert [] == unexplained(refused(status), PLAYBOOK)

    def test_is_a_401_with_a_token_that_is_minutes_old(self) -> None:
        log = refused(401)
        for number in range(5):
            log.identity(10, "CreateToken", f"nurse-{number}")

        assert [("SendChatMessage 401 with a token that is not expired", 40, 5, 40)] == unexplained(
            log, PLAYBOOK
        )


class TestATokenThatGoesOnToWork:
    def ward(self, *, renewed: bool, logged: bool = True, address: str = "192.0.2.7") -> AcsLog:
        """Nurses whose requests are refused and answered in turn, with a token of two hours."""
        log = AcsLog()
        for number, minute in enumerate(spread(400, 1, 59)):
            nurse = f"nurse-{number % 10}"
            status = 401 if number // 10 % 5 == 0 else 201
            log.request(minute, "SendChatMessage", status, nurse, CallerIpAddress="192.0.2.7" if status == 401 else address)  # fmt: skip
        for number in range(10):
            if logged:
                log.identity(-2 * HOURS, "CreateToken", f"nurse-{number}")
            if renewed:
                log.identity(8, "CreateToken", f"nurse-{number}")
        return log

    def test_is_not_expired(self) -> None:
        assert "refuted" == verdict(self.ward(renewed=False), "token-expired")

    def test_may_have_been_where_a_new_one_was_issued(self) -> None:
        assert "supported" == verdict(self.ward(renewed=True), "token-expired")

    def test_may_have_been_where_no_issue_is_logged(self) -> None:
        assert "supported" == verdict(self.ward(renewed=False, logged=False), "token-expired")

    def test_may_be_that_of_another_device(self) -> None:
        assert "supported" == verdict(self.ward(renewed=False, address="198.51.100.4"), "token-expired")


class TestOneSender:
    def stranger(self, log: AcsLog, status: int = 403) -> AcsLog:
        for minute in spread(300, 1, 59):
            log.request(minute, "ListChatMessages", status, "8:acs:crawler", "case-9")
        return log

    @pytest.mark.parametrize("status", [401, 403, 404, 503])
    def test_is_told_and_shows_no_symptom_for_the_others(self, status: int) -> None:
        log = self.stranger(ward(), status)

        (row,) = ask(log, PLAYBOOK, "one-client")

        assert "refuted" == verdict(log, "symptom")
        assert ("supported", 300, 1, 0) == (row["Verdict"], row["Hits"], row["Callers"], row["RestBad"])
        assert f"ListChatMessages {status} (300)" in str(row["Summary"])

    def test_buries_no_cause_of_the_others(self) -> None:
        log = self.stranger(refused(401))

        assert ("supported", "minor") == verdicts(log, PLAYBOOK, "token-expired", "one-client")

    def test_that_floods_its_thread_is_throttled_and_not_set_aside(self) -> None:
        log = self.stranger(ward(), 429)

        assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "send-throttled", "one-client")

    def test_by_its_address_where_it_has_no_user(self) -> None:
        log = ward()
        for minute in spread(300, 1, 59):
            log.request(minute, "ListChatMessages", 401, "", "case-9", CallerIpAddress="203.0.113.9")

        assert ("refuted", "supported") == verdicts(log, PLAYBOOK, "symptom", "one-client")


def test_a_second_fault_is_minor() -> None:
    log = denied("SendChatMessage", count=25, log=refused(401, 120))

    (row,) = ask(log, PLAYBOOK, "not-permitted")

    assert ("minor", 25, 15) == (row["Verdict"], row["Hits"], row["Callers"])


@pytest.mark.parametrize(
    "text",
    [
        "You must call startRealtimeNotifications before you can subscribe to events.",
        "Realtime notifications are not supported in node js.",
        "Realtime notifications are only supported in the browser.",
        "Error: Real-time notifications are not supported in Node.js",
        "You have to call startRealtimeNotifications first",
    ],
)
def test_the_words_of_the_sdk_are_read_in_each_form(text: str) -> None:
    log = ward()
    for number, minute in enumerate(spread(40)):
        log.add(EXCEPTIONS, minute, OuterMessage=text, UserId=f"browser-{number % 8}")

    assert "supported" == verdict(log, "not-listening")


def test_an_app_that_does_not_listen_is_told_with_its_users() -> None:
    log = ward()
    for number, minute in enumerate(spread(40)):
        log.add(EXCEPTIONS, minute, OuterMessage="Realtime notifications are only supported in the browser.", UserId=f"browser-{number % 8}")  # fmt: skip

    (row,) = ask(log, PLAYBOOK, "not-listening")

    assert "Apps reported 40 times, for 8 users" in str(row["Summary"])


def test_one_browser_that_subscribes_too_early_is_one_client() -> None:
    log = ward()
    for minute in spread(40):
        log.add(EXCEPTIONS, minute, OuterMessage="Realtime notifications are only supported in the browser.", UserId="kiosk-7")  # fmt: skip

    assert ("refuted", "supported") == verdicts(log, PLAYBOOK, "not-listening", "one-client")
