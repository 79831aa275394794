"""The checks of web-pubsub-connection-failures that read why the service refused a client."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from ask_pubsub import ask

from local.rows.pubsub_log import NINE, PubSubLog, spread

AUDIENCE = (
    "Failed to validate audience. Expected Audiences: https://lobby.webpubsub.azure.com/client/hubs/lobby. "
    "Actual Audiences: https://floor.webpubsub.azure.com/client/hubs/lobby"
)
EXPIRED = "The access token has expired."
QUOTA = "Connection count reaches limit"
VALIDATION = "Abuse protection for 'https://floor.example/hooks' missing allowed origins: ."
DENIED = (
    "Sending message during operation handshake got unexpected response with status code 500. "
    "Detail: Get error from upstream: 'Request is denied as target server is invalid'"
)
ACL = "Request is denied by network ACL"


def connect_event(status: int) -> str:
    return (
        "Sending message during operation hub:lobby,event:connect,type:sys,category:connections,"
        f"requestType:Connect got unexpected response with status code {status}."
    )


def url_with_token(expires: float) -> str:
    """A client's URL whose token expires some minutes after nine."""
    claims = {"sub": "alice", "exp": int((NINE + timedelta(minutes=expires)).timestamp())}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"/client/hubs/lobby?access_token=eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln"


def busy() -> PubSubLog:
    return PubSubLog().accepted(200)


def answer_row(log: PubSubLog, hypothesis: str) -> Mapping[str, object]:
    return ask(log, "web-pubsub-connection-failures", hypothesis)


def verdict(log: PubSubLog, hypothesis: str) -> object:
    return answer_row(log, hypothesis)["Verdict"]


@pytest.mark.parametrize(
    ("log", "cause", "neighbour"),
    [
        pytest.param(busy().told(40, EXPIRED), "token-expired", "audience-mismatch", id="a text of expiry"),
        pytest.param(busy().told(40, AUDIENCE), "audience-mismatch", "token-expired", id="a text of audiences"),
        pytest.param(busy().refused(40, 401, message=AUDIENCE), "audience-mismatch", "access-key-rotated", id="a text of audiences beside its status"),
        pytest.param(busy().refused(40, 403), "network-acl-blocks", "upstream-rejects-connect", id="403 alone"),
        pytest.param(busy().told(40, ACL), "network-acl-blocks", "token-expired", id="a text of network rules"),
        pytest.param(busy().refused(40, 404, url="/client/hub/lobby"), "hub-or-endpoint-wrong", "upstream-rejects-connect", id="404 for a mistyped path"),
        pytest.param(busy().refused(40, 400, url="/client/hubs/9lobby"), "hub-or-endpoint-wrong", "token-too-long", id="400 for a name that is not a hub"),
        pytest.param(busy().refused(20, 413).refused(20, 431), "token-too-long", "connection-quota-reached", id="413 and 431"),
        pytest.param(busy().told(40, QUOTA), "connection-quota-reached", "network-acl-blocks", id="a text of the quota"),
        pytest.param(busy().refused(40, 429), "connection-quota-reached", "token-too-long", id="429 alone"),
        pytest.param(busy().upstream(40, connect_event(404)).refused(40, 404), "upstream-rejects-connect", "hub-or-endpoint-wrong", id="404 of the handler"),
        pytest.param(busy().upstream(40, connect_event(403)).refused(40, 403), "upstream-rejects-connect", "network-acl-blocks", id="403 of the handler"),
        pytest.param(busy().upstream(40, connect_event(401)).refused(40, 401), "upstream-rejects-connect", "access-key-rotated", id="401 of the handler"),
        pytest.param(busy().upstream(40, DENIED).refused(40, 500), "upstream-rejects-connect", "abuse-protection-failing", id="an invalid target without a validation"),
        pytest.param(busy().upstream(40, VALIDATION), "abuse-protection-failing", "upstream-rejects-connect", id="failed validations alone"),
        pytest.param(busy().upstream(2, VALIDATION).upstream(40, DENIED), "abuse-protection-failing", "upstream-rejects-connect", id="an invalid target after a failed validation"),
        pytest.param(busy().upstream(4, VALIDATION).refused(40, 500), "abuse-protection-failing", "upstream-rejects-connect", id="silent 500 after failed validations"),
    ],
)  # fmt: skip
def test_blames_the_reason_and_not_its_nearest_neighbour(log: PubSubLog, cause: str, neighbour: str) -> None:
    assert ("supported", "refuted") == (verdict(log, cause), verdict(log, neighbour))


def test_counts_a_failure_once_that_stands_in_two_tables() -> None:
    log = busy().told(50, AUDIENCE).refused(50, 401)

    assert (250, 50, 50) == counts(log, "audience-mismatch")


def test_shares_silent_answers_out_only_where_texts_tell_half_of_them() -> None:
    telling = busy().told(50, AUDIENCE).refused(90, 401)
    hardly_telling = busy().told(40, AUDIENCE).refused(160, 401)

    assert (290, 90, 90) == counts(telling, "audience-mismatch")
    assert (360, 160, 40) == counts(hardly_telling, "audience-mismatch")


def test_takes_an_answer_of_500_for_a_refusal_of_the_handler_that_no_client_got_as_such() -> None:
    log = busy().upstream(40, connect_event(404)).refused(40, 500)

    assert (240, 40, 40) == counts(log, "upstream-rejects-connect")


def test_names_both_audiences_without_their_queries() -> None:
    log = busy().told(40, AUDIENCE.replace("hubs/lobby.", "hubs/lobby?secret=1."))

    answer = answer_row(log, "audience-mismatch")

    assert "https://lobby.webpubsub.azure.com/client/hubs/lobby" == answer["ExpectedAudience"]
    assert "https://floor.webpubsub.azure.com/client/hubs/lobby" == answer["ActualAudience"]


def test_names_status_and_hub_of_the_handlers_refusal() -> None:
    answer = answer_row(busy().upstream(40, connect_event(404)), "upstream-rejects-connect")

    assert (404, "lobby") == (answer["UpstreamStatus"], answer["Hub"])


def test_reads_the_expiry_of_a_token_in_the_url() -> None:
    log = busy()
    for minute in spread(40, 10, 50):
        log.request(minute, 401, url_with_token(minute - 1))

    assert "supported" == verdict(log, "token-expired")


def test_takes_a_token_that_had_not_expired_for_a_silent_refusal() -> None:
    log = busy()
    for minute in spread(40, 10, 50):
        log.request(minute, 401, url_with_token(minute + 1))

    assert "inconclusive" == verdict(log, "token-expired")


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(busy().refused(60, 404, url="/api/hubs/lobby/users/alice"), id="negative answers of the REST API"),
        pytest.param(busy().refused(60, 401, url="https://lobby.webpubsub.azure.com/api/hubs/lobby/:send", message=AUDIENCE), id="refused REST calls"),
        pytest.param(busy().refused(60, 404, url="/wp-login.php"), id="a scanner"),
        pytest.param(busy().told(60, "Service reloading, reconnect"), id="reloads"),
        pytest.param(busy().told(60, "Ping timeout expired"), id="ping timeouts"),
        pytest.param(busy().upstream(60, connect_event(500).replace("event:connect,type:sys", "event:message,type:user")), id="user events that failed"),
        pytest.param(busy().refused(1, 401), id="one stray refusal"),
    ],
)  # fmt: skip
def test_sees_no_failed_connect_in(log: PubSubLog) -> None:
    assert "refuted" == verdict(log, "symptom")


def test_calls_nineteen_failures_too_few_even_with_a_plain_text() -> None:
    assert "inconclusive" == verdict(busy().told(19, AUDIENCE), "audience-mismatch")
    assert "supported" == verdict(busy().told(20, AUDIENCE), "audience-mismatch")


def test_counts_exact_repetitions_of_a_failure_once() -> None:
    log = busy().told(12, AUDIENCE)
    log.rows["WebPubSubConnectivity"] += log.rows["WebPubSubConnectivity"][-12:]

    assert (212, 12, 12) == counts(log, "audience-mismatch")


def test_finds_a_cause_behind_a_third_of_other_failures() -> None:
    log = busy().told(80, AUDIENCE).refused(80, 401).refused(25, 404).refused(15, 503)

    assert ("supported", "minor") == (
        verdict(log, "audience-mismatch"),
        verdict(log, "hub-or-endpoint-wrong"),
    )


def test_does_not_call_a_path_wrong_at_which_others_are_accepted() -> None:
    log = busy().refused(40, 101).refused(40, 404)

    answer = answer_row(log, "hub-or-endpoint-wrong")

    assert ("inconclusive", 40) == (answer["Verdict"], answer["Accepted"])
    assert "where 40 connects were accepted: the path is right" in str(answer["Summary"])


def test_tells_hubs_apart_that_stand_in_the_query_of_one_path() -> None:
    log = busy().refused(40, 101, url="/client/?hub=lobby").refused(40, 404, url="/client/?hub=lobbby")

    assert "supported" == verdict(log, "hub-or-endpoint-wrong")


def test_says_no_data_without_any_connect() -> None:
    assert "no-data" == verdict(PubSubLog(), "audience-mismatch")


def counts(log: PubSubLog, hypothesis: str) -> tuple[object, object, object]:
    """Return all, failed and explained connects."""
    answer = answer_row(log, hypothesis)
    return answer["Total"], answer["Bad"], answer["Hits"]
