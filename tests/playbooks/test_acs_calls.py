"""The checks of acs-call-connection-failures tell one cause from its nearest neighbour."""

import json

import pytest
from ask_acs import ask, verdicts

from local.rows.acs_log import ACTIVITY, OPERATIONS, SUMMARY, UPDATES, AcsLog, spread

PLAYBOOK = "acs-call-connection-failures"

RELAY = {"diagnosticChanged": "networkRelaysNotReachable", "diagnosticQuality": "Bad"}
NO_SCOPE = {
    "Code": 401,
    "SubCode": 44113,
    "FailureReason": "AccessToken does not contain 'voip' or 'voip.join' scope",
}


def verdict(log: AcsLog, check: str) -> object:
    return verdicts(log, PLAYBOOK, check)[0]


def clinic(good: int = 120) -> AcsLog:
    """A clinic whose calls end as calls do, everyone's media over UDP."""
    log = AcsLog()
    ends = [(0, 0, "Success"), (487, 10003, "Success"), (487, 10004, "ExpectedError"), (603, 0, "Success"), (410, 301005, "UnexpectedClientError")]  # fmt: skip
    for number, minute in enumerate(spread(good, 1, 59)):
        log.leg(minute, *ends[number % 5 if number % 3 == 0 else 0], user=f"doctor-{number % 10}")
        log.stream(minute, "UDP", f"doctor-{number % 10}")
    return log


def failing(
    code: int, subcode: int, category: str = "", count: int = 40, log: AcsLog | None = None
) -> AcsLog:
    log = log or clinic()
    for number, minute in enumerate(spread(count)):
        log.leg(minute, code, subcode, category, user=f"patient-{number}")
    return log


def without_media(reported: int, silent: int, unlogged: int = 0, log: AcsLog | None = None) -> AcsLog:
    """Calls that end with 410/3112: whose client reported the relays, whose client log is silent on them, or has none."""
    log = log or clinic()
    for number, minute in enumerate(spread(reported + silent + unlogged)):
        call = log.leg(minute, 410, 3112, "ExpectedError", user=f"patient-{number}")
        if number < reported:
            log.operation(minute, "UserFacingDiagnostics", "Succeeded", RELAY, call=call)
        elif number < reported + silent:
            log.operation(minute, "StartCall", "Succeeded", {"CallDirection": "Outgoing"}, call=call)
    return log


def branch(transport: str, compared: str = "UDP") -> AcsLog:
    """Ten people of a branch who had media until half past, then fail, or have it over one transport."""
    log = AcsLog()
    for number, minute in enumerate(spread(60, 1, 59)):
        log.leg(minute, 0, 0, "Success", user=f"doctor-{number % 10}")
        log.stream(minute, compared, f"doctor-{number % 10}")
    for person in (f"branch-{number}" for number in range(10)):
        log.stream(5, compared, person)
        for minute in spread(4, 30, 50):
            log.leg(minute, 410, 3112, "ExpectedError", user=person)
        log.stream(52, transport, person)
    return log


def incident(log: AcsLog, minute: float, service: str, title: str) -> AcsLog:  # fmt: skip
    record = {
        "service": service,
        "title": title,
        "stage": "Active",
        "incidentType": "Incident",
        "trackingId": "QN7C-3R0",
    }
    log.add(ACTIVITY, minute, CategoryValue="ServiceHealth", Properties=json.dumps(record))
    return log


def test_a_day_of_normal_ends_shows_no_symptom() -> None:
    (row,) = ask(clinic(), PLAYBOOK, "symptom")

    assert ("refuted", 0) == (row["Verdict"], row["Bad"])


def test_an_expected_error_that_nobody_could_talk_through_is_bad() -> None:
    (row,) = ask(failing(410, 3112, "ExpectedError"), PLAYBOOK, "symptom")

    assert ("supported", 40) == (row["Verdict"], row["Bad"])


@pytest.mark.parametrize(
    ("count", "expected"),
    [pytest.param(19, "inconclusive", id="19 failures"), pytest.param(20, "supported", id="20")],
)
def test_twenty_failures_are_enough(count: int, expected: str) -> None:
    assert expected == verdict(failing(401, 10009, count=count), "token-invalid")


def test_no_row_at_all_is_no_data() -> None:
    (row,) = ask(AcsLog(), PLAYBOOK, "symptom")

    assert "no-data" == row["Verdict"]
    assert "says nothing about health" in str(row["Summary"])


def test_a_leg_in_both_tables_and_several_versions_counts_once() -> None:
    log = AcsLog()
    for minute in spread(25):
        leg = {
            "ParticipantId": "null",
            "EndpointId": log.name("e"),
            "CallType": "P2P",
            "call": log.name("call"),
        }
        log.leg(minute, 0, 0, "Success", table=UPDATES, CallUpdatesVersion=1, **leg)
        log.leg(minute, 480, 10037, "ExpectedError", table=UPDATES, CallUpdatesVersion=2, **leg)
        log.leg(minute, 480, 10037, "ExpectedError", table=SUMMARY, **leg)

    (row,) = ask(log, PLAYBOOK, "callee-unreachable")

    assert (25, 25, 25) == (row["Total"], row["Bad"], row["Hits"])


def test_both_ends_of_a_peer_to_peer_call_count() -> None:
    log = AcsLog()
    for minute in spread(15):
        call = log.leg(minute, 480, 10037, ParticipantId="null")
        log.leg(minute, 0, 0, "Success", call=call, ParticipantId="null")

    assert 30 == ask(log, PLAYBOOK, "symptom")[0]["Total"]


def test_bots_and_telephones_are_not_judged() -> None:
    log = clinic()
    for kind in ("BOT", "PSTN", "Server"):
        for minute in spread(30):
            log.leg(minute, 500, 10045, "UnexpectedServerError", EndpointType=kind)

    assert "refuted" == verdict(log, "symptom")


def test_the_client_is_heard_only_where_no_leg_was_written() -> None:
    log = failing(410, 3112)
    for call in [
        str(row["CorrelationId"]) for row in log.rows[SUMMARY] if row["ParticipantEndReason"] == "410"
    ]:
        log.operation(30, "StartCall", "Failed", {"Code": 410, "SubCode": 3112}, call=call)
    log.operation(
        30, "StartCall", "Failed", {"Code": 410, "SubCode": 3112}, call="a-call-whose-rows-are-late"
    )

    assert 41 == ask(log, PLAYBOOK, "symptom")[0]["Bad"]


def test_media_over_tcp_only_since_the_failures_shows_blocked_udp() -> None:
    (row,) = ask(branch("TCP"), PLAYBOOK, "udp-blocked")

    assert ("supported", 40) == (row["Verdict"], row["Hits"])


def test_any_udp_since_the_failures_refutes_blocked_udp() -> None:
    assert "refuted" == verdict(branch("UDP"), "udp-blocked")


def test_blocked_udp_needs_someone_who_has_udp() -> None:
    assert "inconclusive" == verdict(branch("TCP", compared="TCP"), "udp-blocked")


def test_blocked_udp_leaves_nothing_to_ice() -> None:
    assert "refuted" == verdict(branch("TCP"), "ice-failed")


def test_people_who_always_fail_without_a_stream_leave_blocked_udp_open() -> None:
    log = clinic()
    for number, minute in enumerate(spread(40)):
        log.leg(minute, 410, 301004, user=f"patient-{number % 10}")

    assert "inconclusive" == verdict(log, "udp-blocked")


def test_the_relay_diagnostic_tells_a_relay_from_ice() -> None:
    log = without_media(reported=36, silent=4)

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "relay-unreachable", "ice-failed")


def test_a_client_log_without_the_diagnostic_tells_ice_from_a_relay() -> None:
    log = without_media(reported=2, silent=38)

    assert ("refuted", "supported") == verdicts(log, PLAYBOOK, "relay-unreachable", "ice-failed")


def test_failures_without_client_log_follow_those_that_have_one() -> None:
    log = without_media(reported=14, silent=1, unlogged=35)

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "relay-unreachable", "ice-failed")


def test_without_any_client_log_ice_stands_on_the_code_and_the_relay_is_unknown() -> None:
    log = without_media(reported=0, silent=0, unlogged=40)

    assert ("no-data", "supported") == verdicts(log, PLAYBOOK, "relay-unreachable", "ice-failed")


def test_a_diagnostic_that_is_reset_to_good_is_no_report() -> None:
    log = without_media(reported=40, silent=0)
    for row in log.rows[OPERATIONS]:
        row["OperationPayload"] = {
            "DiagnosticChanged": "NetworkRelaysNotReachable",
            "DiagnosticQuality": "Good",
        }

    assert "refuted" == verdict(log, "relay-unreachable")


@pytest.mark.parametrize(
    ("code", "subcode", "category", "hypothesis", "neighbour"),
    [
        pytest.param(
            401, 10009, "UnexpectedClientError", "token-invalid", "voip-scope-missing", id="unauthenticated"
        ),
        pytest.param(
            495, 4507, "UnexpectedClientError", "token-invalid", "signalling-lost", id="token not renewed"
        ),
        pytest.param(430, 10315, "", "signalling-lost", "callee-unreachable", id="message not delivered"),
        pytest.param(496, 7, "ExpectedError", "signalling-lost", "ice-failed", id="network lost"),
        pytest.param(
            480, 10076, "ExpectedError", "callee-unreachable", "signalling-lost", id="callee not registered"
        ),
        pytest.param(408, 10057, "ExpectedError", "callee-unreachable", "ice-failed", id="callee gave up"),
        pytest.param(
            500, 10045, "", "platform-incident", "signalling-lost", id="server error without category"
        ),
        pytest.param(
            503, 560503, "UnexpectedServerError", "platform-incident", "token-invalid", id="server error"
        ),
        pytest.param(
            410, 301004, "UnexpectedClientError", "ice-failed", "callee-unreachable", id="no media seen"
        ),
    ],
)
def test_an_end_code_names_its_cause_and_no_other(
    code: int, subcode: int, category: str, hypothesis: str, neighbour: str
) -> None:
    log = failing(code, subcode, category, log=failing(404, 4500, "UnexpectedClientError", count=15))

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, hypothesis, neighbour)


def test_a_client_that_finds_no_voip_scope_is_no_invalid_token() -> None:
    log = clinic()
    for minute in spread(40):
        log.operation(minute, "CallAgentInit", "ExpectedError", NO_SCOPE, status=401)

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "voip-scope-missing", "token-invalid")


@pytest.mark.parametrize(
    ("scopes", "hypothesis", "neighbour"),
    [
        pytest.param(("chat",), "voip-scope-missing", "token-invalid", id="tokens for chat only"),
        pytest.param(
            ("chat", "voip.join"), "token-invalid", "voip-scope-missing", id="tokens that may join calls"
        ),
    ],
)
def test_a_refusal_without_subcode_is_read_by_the_scopes_that_were_issued(
    scopes: tuple[str, ...], hypothesis: str, neighbour: str
) -> None:
    log = clinic()
    for minute in spread(40):
        log.operation(minute, "Join", "Failed", {}, status=401)
        log.identity(minute - 60, "CreateToken", "patient", scopes)

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, hypothesis, neighbour)


def test_an_operation_written_twice_counts_once() -> None:
    log = clinic()
    for minute in spread(25):
        log.operation(minute, "CallAgentInit", "Failed", NO_SCOPE, status=401)
    log.rows[OPERATIONS] += [dict(row) for row in log.rows[OPERATIONS]]

    assert 25 == ask(log, PLAYBOOK, "symptom")[0]["Bad"]


@pytest.mark.parametrize(
    ("minute", "service", "title", "expected"),
    [
        pytest.param(
            15, "Azure Communication Services", "Call setup failures", "supported", id="just before"
        ),
        pytest.param(
            -200, "Azure Communication Services", "Call setup failures", "refuted", id="hours before"
        ),
        pytest.param(50, "Azure Communication Services", "Call setup failures", "refuted", id="long after"),
        pytest.param(15, "Azure SQL Database", "Connection failures", "refuted", id="of another service"),
        pytest.param(
            15, "Azure Communication Services", "SMS delivery delays", "refuted", id="of another feature"
        ),
    ],
)
def test_only_an_incident_of_calling_near_the_onset_explains_failures_without_server_error(
    minute: float, service: str, title: str, expected: str
) -> None:
    assert expected == verdict(incident(failing(430, 10317), minute, service, title), "platform-incident")


def test_an_incident_does_not_explain_invalid_tokens() -> None:
    log = incident(failing(401, 10009), 15, "Azure Communication Services", "Call setup failures")

    assert "refuted" == verdict(log, "platform-incident")
