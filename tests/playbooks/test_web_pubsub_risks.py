"""What is at work at Web PubSub before anybody feels it, and what only looks like that."""

import pytest
from ask_pubsub import ask

from local.rows.pubsub_lives import SECOND, Lives
from local.rows.pubsub_log import CONNECTIVITY, REQUEST, PubSubLog, spread

FAILURES = "web-pubsub-connection-failures"
DROPS = "web-pubsub-connection-drops"
HANDLER = "web-pubsub-event-handler-errors"
VALIDATION = "Abuse protection for 'https://bids.azurewebsites.example/api/validate' failed: 401."
DROP_TEXTS = {
    "slow-client": "Connection closed: SlowClient",
    "connection-quota-reached": "Connection count reaches limit",
    "message-quota-reached": "Message count reaches limit",
    "event-handler-missing": "EventHandlerNotFound",
}


def _drops(count: int, text: str, users: int, quiet: int = 1800) -> PubSubLog:
    lives = Lives().everyday(quiet)
    for number, minute in enumerate(spread(count, 5, 55)):
        lives.log.add(CONNECTIVITY, minute, OperationName="ConnectionAborted", Message=text, ConnectionId=f"d-{number}", UserId=f"trader-{number % users}")  # fmt: skip
    return lives.log


def _risk(log: PubSubLog, playbook: str, hypothesis: str) -> tuple[object, object]:
    row = ask(log, playbook, hypothesis)
    return row["Verdict"], row["Risk"]


@pytest.mark.parametrize("hypothesis", DROP_TEXTS)
def test_a_few_drops_that_name_a_cause_are_a_risk_while_hardly_any_connection_drops(hypothesis: str) -> None:
    log = _drops(6, DROP_TEXTS[hypothesis], users=6)

    assert "refuted" == ask(log, DROPS, "symptom")["Verdict"]
    assert ("refuted", True) == _risk(log, DROPS, hypothesis)


@pytest.mark.parametrize(
    ("count", "users", "quiet"),
    [
        pytest.param(6, 1, 1800, id="one user"),
        pytest.param(4, 4, 1800, id="four drops"),
        pytest.param(6, 6, 30, id="among so few connections they may be the symptom"),
        pytest.param(90, 60, 300, id="they are the symptom"),
    ],
)
def test_what_is_no_risk(count: int, users: int, quiet: int) -> None:
    assert False is _risk(_drops(count, DROP_TEXTS["slow-client"], users, quiet), DROPS, "slow-client")[1]


def _ages(seconds: list[float], together: bool = False) -> PubSubLog:
    lives = Lives()
    for minute in spread(300, -20, 60):
        lives.one(minute, None)
    for end, age in zip(spread(len(seconds), 40 if together else 5, 40.1 if together else 55), seconds, strict=True):  # fmt: skip
        lives.one(end - age * SECOND, end)
    return lives.log


def test_a_fixed_lifetime_of_the_few_connections_that_ended_is_a_risk() -> None:
    row = ask(_ages([240.0 + number % 3 * 0.2 for number in range(15)]), DROPS, "fixed-lifetime")

    assert ("refuted", True) == (row["Verdict"], row["Risk"])
    assert "15 of 15 connections (100.0 %) ended at an age of 240.2 s" in str(row["Summary"])


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(_ages([60.0 * number + 30 for number in range(15)]), id="ages of all lengths"),
        pytest.param(_ages([240.0] * 15, together=True), id="one moment"),
        pytest.param(_ages([240.0] * 8), id="eight of them"),
        pytest.param(_ages([377.0] * 15), id="an age that no timeout has"),
    ],
)
def test_a_few_ends_without_a_common_timeout_are_no_risk(log: PubSubLog) -> None:
    assert ("refuted", False) == _risk(log, DROPS, "fixed-lifetime")


@pytest.mark.parametrize(
    ("hypothesis", "answer"),
    [
        ("signing-key-unknown", {"StatusCode": "401", "Message": "SignatureKeyNotFound"}),
        ("token-too-long", {"StatusCode": "413"}),
        ("connection-quota-reached", {"StatusCode": "429"}),
    ],
)
def test_a_few_refusals_that_name_a_cause_are_a_risk_while_nearly_all_connect(hypothesis: str, answer: dict[str, str]) -> None:  # fmt: skip
    log = PubSubLog().accepted(1500)
    for number, minute in enumerate(spread(7, 5, 55)):
        log.add(REQUEST, minute, Url="/client/hubs/lobby", CallerIpAddress=f"192.0.2.{number}", **answer)

    assert "refuted" == ask(log, FAILURES, "symptom")["Verdict"]
    assert ("refuted", True) == _risk(log, FAILURES, hypothesis)


@pytest.mark.parametrize("playbook", [FAILURES, HANDLER])
def test_a_validation_that_goes_on_failing_is_a_risk_before_a_connect_is_refused(playbook: str) -> None:
    log = PubSubLog().accepted(1500).upstream(4, VALIDATION)

    assert ("refuted", True) == _risk(log, playbook, "abuse-protection-failing")


@pytest.mark.parametrize("playbook", [FAILURES, HANDLER])
def test_the_retries_of_one_validation_are_no_risk(playbook: str) -> None:
    log = PubSubLog().accepted(1500).upstream(4, VALIDATION, 20, 20.2)

    assert ("refuted", False) == _risk(log, playbook, "abuse-protection-failing")


def test_a_validation_that_passed_in_the_end_is_no_risk() -> None:
    log = PubSubLog().accepted(1500).upstream(4, VALIDATION, 5, 40)
    log.add(REQUEST, 50, StatusCode="200", Url="https://bids.azurewebsites.example/api/validate", HttpMethod="OPTIONS")  # fmt: skip

    assert ("refuted", False) == _risk(log, HANDLER, "abuse-protection-failing")


def test_an_event_that_nobody_takes_is_a_risk_in_a_busy_hub() -> None:
    log = PubSubLog().accepted(1500).upstream(7, "EventHandlerNotFound: no event handler for event bid")

    assert ("refuted", True) == _risk(log, HANDLER, "handler-not-registered")


@pytest.mark.parametrize("playbook", [FAILURES, DROPS])
def test_a_declared_incident_is_a_risk_while_all_is_well(playbook: str) -> None:
    log = PubSubLog().accepted(600)
    log.declared(20)
    row = ask(log, playbook, "platform-incident")

    assert ("refuted", True, "VT1R-9X8") == (row["Verdict"], row["Risk"], row["Tracking"])
    assert "Microsoft declared incident VT1R-9X8" in str(row["Summary"])


@pytest.mark.parametrize("declared", [{"region": "West Europe"}, {"service": "Azure SQL"}, {"start": -300, "end": -200}])  # fmt: skip
def test_an_incident_elsewhere_or_at_another_time_is_no_risk(declared: dict[str, object]) -> None:
    log = PubSubLog().accepted(600)
    log.declared(20, **declared)  # type: ignore[arg-type]

    assert ("refuted", False) == _risk(log, FAILURES, "platform-incident")
