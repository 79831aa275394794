"""One client in a loop, faults beside it, and faults that stand beside a larger one: at Web PubSub."""

from typing import Any

import pytest

from local.rows.pubsub_log import CONNECTIVITY, REQUEST, PubSubLog, spread
from shared.redaction import listed_ids
from tests.playbooks.ask_pubsub import ask, unexplained

FAILURES = "web-pubsub-connection-failures"
DROPS = "web-pubsub-connection-drops"
EVENTS = "web-pubsub-event-handler-errors"
AUDIENCE = "Failed to validate audience. Expected Audiences: https://lobby.example/client/hubs/lobby. Actual Audiences: https://{}.example"


def verdicts(log: PubSubLog, playbook: str, *hypotheses: str) -> list[object]:
    return [ask(log, playbook, hypothesis)["Verdict"] for hypothesis in hypotheses]


def aborted(log: PubSubLog, count: int, message: str, user: str = "") -> None:  # fmt: skip
    """Abort connections, each of a user of its own unless one is named."""
    for number, minute in enumerate(spread(count, 10, 50)):
        log.add(CONNECTIVITY, minute, OperationName="ConnectionAborted", Message=message, ConnectionId=f"{message}-{user}-{number}", UserId=user or f"user-{number}")  # fmt: skip


def staying(count: int) -> PubSubLog:
    log = PubSubLog()
    for number, minute in enumerate(spread(count, 0, 60)):
        log.add(CONNECTIVITY, minute, OperationName="ConnectionStarted", Message="Connection started", ConnectionId=f"stays-{number}", UserId=f"user-{number}")  # fmt: skip
    return log


@pytest.mark.parametrize(
    "stranger",
    [
        pytest.param({"status": 401, "url": "/client/hubs/lobby"}, id="an old token every two seconds"),
        pytest.param({"status": 404, "url": "/client/admin.php"}, id="a scanner of paths"),
        pytest.param({"status": 401, "message": AUDIENCE.format("made-up")}, id="a made-up audience"),
    ],
)
def test_a_stranger_on_a_healthy_lobby_is_one_client(stranger: dict[str, Any]) -> None:
    log = PubSubLog().accepted(3000).refused(600, address="192.0.2.66", **stranger)

    assert ["supported", "refuted", "refuted", "refuted"] == verdicts(
        log, FAILURES, "one-client", "token-expired", "hub-or-endpoint-wrong", "audience-mismatch"
    )
    assert "600 of 600 failed connects (100.0 %) came from 1 address (192.0.2.66); all others have 0." == ask(log, FAILURES, "one-client")["Summary"]  # fmt: skip


def test_an_office_behind_one_address_is_many_clients() -> None:
    log = PubSubLog().accepted(400)
    for number in range(80):
        log.add(CONNECTIVITY, number / 10, OperationName="ConnectionStarted", Message="Connection started", ConnectionId=f"desk-{number}", UserId=f"desk-{number}", CallerIpAddress="198.51.100.7")  # fmt: skip
    log.refused(240, 403, address="198.51.100.7")

    assert "refuted" == ask(log, FAILURES, "one-client")["Verdict"]


def test_a_gateway_whose_clients_come_back_after_a_mass_close_is_many_clients() -> None:
    log = (
        PubSubLog().accepted(400).closed(210, 20, 21, "desk-").refused(272, 401, 21, 31, address="192.0.2.66")
    )

    assert "refuted" == ask(log, FAILURES, "one-client")["Verdict"]


def test_one_device_in_a_home_of_three_is_still_one_client() -> None:
    log = PubSubLog().accepted(400)
    for user in ("ada", "ben", "cleo"):
        log.add(CONNECTIVITY, 1, OperationName="ConnectionStarted", Message="Connection started", ConnectionId=user, UserId=user, CallerIpAddress="198.51.100.7")  # fmt: skip
    log.refused(600, 401, address="198.51.100.7")

    assert "supported" == ask(log, FAILURES, "one-client")["Verdict"]


def test_a_stranger_does_not_bury_the_cause_of_others() -> None:
    log = PubSubLog().accepted(400).refused(608, 401, address="192.0.2.66")
    for number in range(158):
        log.request(10 + number / 4, 401, message=AUDIENCE.format("old-gateway"), address=f"203.0.113.{number % 25}")  # fmt: skip

    assert ["supported", "minor"] == verdicts(log, FAILURES, "audience-mismatch", "one-client")


def test_one_device_in_a_reconnect_loop_is_no_ping_timeout_for_everybody() -> None:
    log = staying(140)
    aborted(log, 200, "Connection ping timeout", user="kiosk-7")

    assert ["supported", "refuted"] == verdicts(log, DROPS, "one-client", "ping-timeout")


def test_drops_by_the_message_quota_name_it() -> None:
    log = staying(400)
    aborted(log, 121, "Message count reaches limit")
    row = ask(log, DROPS, "message-quota-reached")

    assert ("supported", 121, 121, 121) == (row["Verdict"], row["Hits"], row["Bad"], row["Callers"])


def test_a_second_fault_beside_a_larger_one_is_minor() -> None:
    log = staying(400)
    aborted(log, 169, "Connection ping timeout")
    aborted(log, 45, "Connection count reaches limit")

    assert ["supported", "minor"] == verdicts(log, DROPS, "ping-timeout", "connection-quota-reached")


def test_a_user_who_drops_again_and_again_stands_in_a_column_of_users_so_that_the_name_can_be_hidden() -> (
    None
):
    log = staying(140)
    aborted(log, 200, "Connection ping timeout", user="kiosk-7")

    assert ["kiosk-7"] == listed_ids(str(ask(log, DROPS, "one-client")["LoudUsers"]))


@pytest.mark.parametrize("playbook", [DROPS, FAILURES])
def test_warnings_under_an_operation_that_nobody_documents_are_unexplained(playbook: str) -> None:
    log = staying(140)
    for number in range(30):
        log.add(CONNECTIVITY, 10 + number, OperationName="RejectedByPolicy", Level="Error", Message="Policy 77 denies this", ConnectionId=f"denied-{number}", UserId=f"guest-{number % 6}")  # fmt: skip
        log.add(CONNECTIVITY, 10 + number, OperationName="Greeted", Level="Informational", Message="Hello", UserId="host")  # fmt: skip

    assert [("RejectedByPolicy Policy 77 denies this", 30, 6, 30)] == unexplained(log, playbook)


def test_drops_that_no_text_explains_are_told() -> None:
    log = staying(400)
    aborted(log, 60, "The line was cut by gremlins")

    assert ["supported", "refuted"] == verdicts(log, DROPS, "symptom", "message-quota-reached")


@pytest.mark.parametrize(
    "text", ["The signature key was not found", "SignatureKeyNotFound", "IDX10501: Signature validation failed. Unable to match key"]
)  # fmt: skip
def test_a_signature_key_that_is_not_found_is_a_cause_of_its_own(text: str) -> None:
    log = PubSubLog().accepted(141).refused(89, 401, message=text)

    assert ["supported", "refuted", "refuted", "refuted"] == verdicts(
        log, FAILURES, "signing-key-unknown", "access-key-rotated", "local-auth-disabled", "token-expired"
    )


def test_a_text_that_nobody_knows_is_no_silence() -> None:
    log = PubSubLog().accepted(141).refused(89, 403, message="The subscription is suspended")

    assert ["refuted", "supported"] == verdicts(log, FAILURES, "network-acl-blocks", "symptom")


def test_words_that_belong_to_a_status_say_nothing() -> None:
    log = PubSubLog().accepted(141).refused(89, 403, message="403 Forbidden")

    assert ["supported"] == verdicts(log, FAILURES, "network-acl-blocks")


@pytest.mark.parametrize("text", ["Upstream not found for hub:test,event:message,type:user,category:messages.", "Microsoft.Azure.SignalR.UpstreamNotFoundException", "EventHandlerNotFound"])  # fmt: skip
def test_an_event_without_a_handler_is_known_by_each_of_its_wordings(text: str) -> None:
    log = PubSubLog().accepted(120).upstream(70, text)

    assert ["supported"] == verdicts(log, EVENTS, "handler-not-registered")
    assert ["supported"] == verdicts(log, DROPS, "event-handler-missing")


def test_a_mass_close_names_the_calls_that_asked_for_it() -> None:
    log = staying(100)
    for number in range(80):
        log.add(CONNECTIVITY, 58.2, OperationName="ConnectionEnded", Message="", ConnectionId=f"stays-{number}", UserId=f"user-{number}")  # fmt: skip
    log.add(REQUEST, 58.15, StatusCode="204", Url="/api/hubs/lobby/:closeConnections?reason=maintenance", Message="", HttpMethod="POST", CallerIpAddress="192.0.2.1")  # fmt: skip
    row = ask(log, DROPS, "mass-close")

    assert ("supported", 1) == (row["Verdict"], row["Calls"])
    assert ":closeConnections" in str(row["Summary"])
