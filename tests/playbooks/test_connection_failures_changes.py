"""The checks of web-pubsub-connection-failures that weigh what happened beside the refusals."""

import json

import pytest
from ask_pubsub import ask

from local.rows.pubsub_log import ACTIVITY, LOBBY, PubSubLog, spread

SWITCHED_OFF = json.dumps({"requestbody": json.dumps({"properties": {"disableLocalAuth": True}})})
LEFT_ON = json.dumps({"requestbody": json.dumps({"properties": {"disableLocalAuth": False}})})


def verdict(log: PubSubLog, hypothesis: str) -> object:
    return ask(log, "web-pubsub-connection-failures", hypothesis)["Verdict"]


def refused(status: int = 401) -> PubSubLog:
    """Silent refusals from 9:20 on, among accepted connects; a write ten hours before shows that changes are logged."""
    log = PubSubLog().accepted(200).refused(60, status, 20, 50)
    log.change(-600, "write", LEFT_ON)
    return log


def with_change(minute: float, operation: str, properties: str = "", status: int = 401) -> PubSubLog:
    log = refused(status)
    log.change(minute, operation, properties)
    return log


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        pytest.param(18, "supported", id="two minutes before"),
        pytest.param(21, "supported", id="a minute after, as clocks differ"),
        pytest.param(-40, "supported", id="an hour before"),
        pytest.param(-130, "inconclusive", id="two and a half hours before"),
        pytest.param(-170, "refuted", id="more than three hours before"),
        pytest.param(24, "refuted", id="four minutes after"),
    ],
)
def test_blames_a_regenerated_key_by_when_it_was_regenerated(minute: float, expected: str) -> None:
    assert expected == verdict(with_change(minute, "regeneratekey/action"), "access-key-rotated")


def test_does_not_blame_a_key_for_refusals_with_another_reason() -> None:
    log = with_change(18, "regeneratekey/action", status=404)

    assert ("refuted", "refuted") == (verdict(log, "access-key-rotated"), verdict(log, "resource-changed"))


@pytest.mark.parametrize(("minute", "expected"), [(18, "supported"), (24, "refuted")])
def test_blames_a_regenerated_key_where_the_text_says_that_it_was_not_found(
    minute: float, expected: str
) -> None:
    text = "IDX10501: Signature validation failed. Unable to match key"
    log = PubSubLog().accepted(200).refused(60, 401, 20, 50, message=text)
    log.change(minute, "regeneratekey/action")

    assert expected == verdict(log, "access-key-rotated")


def test_leaves_a_wrong_signature_without_a_regenerated_key_open() -> None:
    log = PubSubLog().accepted(200).refused(60, 401, message="IDX10503: Signature validation failed.")
    log.change(-600, "write", LEFT_ON)

    assert "inconclusive" == verdict(log, "access-key-rotated")


def test_takes_a_key_that_was_started_before_and_complete_after_the_first_refusal() -> None:
    log = refused()
    for minute, status in ((19, "Started"), (25, "Succeeded")):
        log.add(ACTIVITY, minute, OperationNameValue="MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/REGENERATEKEY/ACTION", ActivityStatusValue=status, CategoryValue="Administrative", CorrelationId="one")  # fmt: skip

    assert "supported" == verdict(log, "access-key-rotated")


def test_blames_access_keys_that_a_write_switched_off() -> None:
    assert "supported" == verdict(with_change(15, "write", SWITCHED_OFF), "local-auth-disabled")


def test_leaves_a_write_that_does_not_say_what_it_set_open() -> None:
    assert "inconclusive" == verdict(with_change(15, "write", "{}"), "local-auth-disabled")


def test_rules_a_write_out_that_left_access_keys_on() -> None:
    assert "refuted" == verdict(with_change(15, "write", LEFT_ON), "local-auth-disabled")


def test_says_no_data_of_changes_where_there_is_no_activity_log() -> None:
    log = PubSubLog().accepted(200).refused(60, 401)
    verdicts = {
        verdict(log, hypothesis)
        for hypothesis in ("access-key-rotated", "local-auth-disabled", "resource-changed")
    }

    assert {"no-data"} == verdicts


def storm(*, closes: int, address: str = "203.0.113.") -> PubSubLog:
    """Connections close at 9:30, and 60 refusals without a reason follow."""
    log = PubSubLog().accepted(200).closed(closes, 30, 30.2, "203.0.113.")
    for number, minute in enumerate(spread(60, 31, 35)):
        log.request(minute, 401, address=f"{address}{number}")
    return log


def test_takes_silent_refusals_of_those_who_had_just_been_dropped_for_expired_tokens() -> None:
    assert "supported" == verdict(storm(closes=60), "token-expired")


def test_leaves_silent_refusals_open_without_a_mass_of_closes() -> None:
    assert "inconclusive" == verdict(refused(), "token-expired")
    assert "inconclusive" == verdict(storm(closes=19), "token-expired")


def test_leaves_silent_refusals_of_strangers_after_a_mass_of_closes_open() -> None:
    assert "inconclusive" == verdict(storm(closes=60, address="192.0.2."), "token-expired")


def test_leaves_silent_refusals_open_where_as_many_connections_always_close() -> None:
    log = storm(closes=60)
    log.closed(1800, -120, 60, "203.0.113.")

    assert "inconclusive" == verdict(log, "token-expired")


def test_prefers_the_changed_key_to_expired_tokens_after_a_mass_of_closes() -> None:
    log = storm(closes=60)
    log.change(25, "regeneratekey/action")

    assert ("refuted", "supported") == (verdict(log, "token-expired"), verdict(log, "access-key-rotated"))


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        pytest.param(19, "supported", id="a minute before"),
        pytest.param(-15, "supported", id="35 minutes before"),
        pytest.param(-17, "refuted", id="37 minutes before"),
        pytest.param(30, "refuted", id="ten minutes after"),
    ],
)
def test_blames_a_restart_by_when_it_was(minute: float, expected: str) -> None:
    assert expected == verdict(with_change(minute, "restart/action", status=503), "resource-changed")


def test_does_not_blame_a_tag_a_listed_key_or_another_resource() -> None:
    log = refused(503)
    log.change(19, "listkeys/action")
    log.add(ACTIVITY, 19, OperationNameValue="MICROSOFT.RESOURCES/TAGS/WRITE", ActivityStatusValue="Success", CategoryValue="Administrative", CorrelationId="tag")  # fmt: skip
    log.add(ACTIVITY, 19, OperationNameValue="MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/WRITE", ActivityStatusValue="Success", CategoryValue="Administrative", CorrelationId="x", _ResourceId=f"{LOBBY}-west")  # fmt: skip

    assert "refuted" == verdict(log, "resource-changed")


def test_counts_a_change_of_a_hub_as_one_of_its_resource() -> None:
    log = refused(503)
    log.add(ACTIVITY, 18, OperationNameValue="MICROSOFT.SIGNALRSERVICE/WEBPUBSUB/HUBS/WRITE", ActivityStatusValue="Success", CategoryValue="Administrative", CorrelationId="hub", _ResourceId=f"{LOBBY}/hubs/trading".upper())  # fmt: skip

    assert "supported" == verdict(log, "resource-changed")


def declared(**record: object) -> PubSubLog:
    log = refused(503)
    log.declared(45, **{"start": 15, **record})  # type: ignore[arg-type]
    return log


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(declared(), "supported", id="an incident of the service here"),
        pytest.param(
            declared(service="Azure SignalR Service"), "supported", id="an incident of the shared platform"
        ),
        pytest.param(declared(end=40, stage="Resolved"), "supported", id="one that is over by now"),
        pytest.param(declared(region="West Europe"), "refuted", id="another region"),
        pytest.param(declared(service="Virtual Machines"), "refuted", id="another service"),
        pytest.param(declared(kind="Maintenance", stage="InProgress"), "refuted", id="maintenance"),
        pytest.param(declared(kind="Informational"), "refuted", id="an advisory"),
        pytest.param(declared(start=-300, end=-120, stage="Resolved"), "refuted", id="over before"),
        pytest.param(declared(start=40), "refuted", id="begun after"),
        pytest.param(declared(start=-300), "inconclusive", id="begun five hours before and still on"),
    ],
)
def test_blames_only_an_incident_of_this_service_here_and_then(log: PubSubLog, expected: str) -> None:
    assert expected == verdict(log, "platform-incident")


def test_believes_resource_health_about_the_resource_itself() -> None:
    log = refused(503)
    record = {
        "currentHealthStatus": "Unavailable",
        "previousHealthStatus": "Available",
        "cause": "PlatformInitiated",
    }
    log.add(ACTIVITY, 19, CategoryValue="ResourceHealth", OperationNameValue="Microsoft.Resourcehealth/healthevent/Activated/action", Properties=json.dumps(record))  # fmt: skip

    assert "supported" == verdict(log, "platform-incident")


def test_does_not_take_what_a_user_initiated_for_an_incident() -> None:
    log = refused(503)
    record = {
        "currentHealthStatus": "Unavailable",
        "previousHealthStatus": "Available",
        "cause": "UserInitiated",
    }
    log.add(ACTIVITY, 19, CategoryValue="ResourceHealth", Properties=json.dumps(record))

    assert "refuted" == verdict(log, "platform-incident")
