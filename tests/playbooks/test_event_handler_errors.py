"""Why the calls of Web PubSub to an event handler fail."""

import pytest
from ask_pubsub import ask

from local.rows.pubsub_lives import Lives
from local.rows.pubsub_log import APP_REQUESTS, CONNECTIVITY, MESSAGING, REQUEST, PubSubLog, spread

HANDLER = "web-pubsub-event-handler-errors"
DENIED = "Sending message during operation handshake got unexpected response with status code 500. Detail: Get error from upstream: 'Request is denied as target server is invalid'"
VALIDATION = "Abuse protection for 'https://bids.azurewebsites.example/api/validate' failed: 401."


def _failed(status: int, hub: str = "lobby", event: str = "bid") -> str:
    return f"Sending message during operation hub:{hub},event:{event},type:user,category:messages,requestType:Message got unexpected response with status code {status}."


TEXTS = {
    "upstream-not-found": _failed(404),
    "upstream-unauthorized": _failed(403),
    "upstream-failing": _failed(502),
    "upstream-slow": _failed(504),
    "abuse-protection-failing": VALIDATION,
    "handler-not-registered": "EventHandlerNotFound: no event handler for event bid",
}
NEIGHBOURS = {
    "upstream-not-found": _failed(401),
    "upstream-unauthorized": VALIDATION,
    "upstream-failing": _failed(504),
    "upstream-slow": _failed(500),
    "abuse-protection-failing": _failed(401),
    "handler-not-registered": _failed(404),
}


def _hit(verdict_row: object) -> tuple[object, object]:
    assert isinstance(verdict_row, dict)
    return verdict_row["Verdict"], verdict_row["Hits"]


@pytest.mark.parametrize("hypothesis", TEXTS)
def test_supports_the_cause_that_most_errors_tell_among_others(hypothesis: str) -> None:
    log = PubSubLog().accepted(200).upstream(65, TEXTS[hypothesis]).upstream(35, _failed(409))

    assert ("supported", 65) == _hit(ask(log, HANDLER, hypothesis))


@pytest.mark.parametrize("hypothesis", NEIGHBOURS)
def test_does_not_support_a_cause_on_the_errors_of_its_neighbour(hypothesis: str) -> None:
    log = PubSubLog().accepted(200).upstream(80, NEIGHBOURS[hypothesis])

    assert ("refuted", 0) == _hit(ask(log, HANDLER, hypothesis))


@pytest.mark.parametrize("table", [CONNECTIVITY, MESSAGING, REQUEST])
def test_finds_the_texts_in_each_of_the_three_tables(table: str) -> None:
    log = PubSubLog().accepted(100)
    for minute in spread(50, 10, 50):
        log.add(table, minute, OperationName="HttpHandlerUnexpectedResponse", Message=_failed(404))

    assert ("supported", 50) == _hit(ask(log, HANDLER, "upstream-not-found"))


def test_an_error_that_stands_in_two_tables_counts_once() -> None:
    log = PubSubLog().accepted(40)
    for minute in spread(15, 10, 50):
        for table in (CONNECTIVITY, MESSAGING):
            log.add(table, minute, OperationName="HttpHandlerUnexpectedResponse", Message=_failed(404))

    assert ("inconclusive", 15) == _hit(ask(log, HANDLER, "upstream-not-found"))


def test_requests_to_the_handlers_own_address_tell_by_their_status() -> None:
    log = PubSubLog().accepted(40)
    for minute in spread(40, 10, 50):
        log.request(minute, 401, "https://bids.azurewebsites.example/api/eventhandler?code=hidden")
    for minute in spread(40, 10, 50):
        log.request(minute, 200, "https://bids.azurewebsites.example/api/eventhandler?code=hidden")

    row = ask(log, HANDLER, "upstream-unauthorized")

    assert ("supported", 40) == _hit(row)
    assert 120 == row["Total"]
    assert "bids.azurewebsites.example" == row["Host"]
    assert "hidden" not in str(row["Summary"])


def test_requests_of_clients_and_of_the_rest_api_are_no_calls_to_the_handler() -> None:
    log = PubSubLog().accepted(100)
    for minute in spread(60, 10, 50):
        log.request(minute, 404, "https://lobby.webpubsub.azure.com/client/hubs/attic")
        log.request(minute, 500, "/api/hubs/lobby/:send")

    row = ask(log, HANDLER, "symptom")

    assert ("refuted", 0) == (row["Verdict"], row["Bad"])


def test_a_denied_target_server_is_laid_to_the_validation_that_fails() -> None:
    log = PubSubLog().accepted(100).upstream(25, VALIDATION).upstream(60, DENIED)

    assert ("supported", 85) == _hit(ask(log, HANDLER, "abuse-protection-failing"))
    assert "refuted" == ask(log, HANDLER, "upstream-failing")["Verdict"]


def test_a_denied_target_server_alone_is_a_500_of_the_handler() -> None:
    log = PubSubLog().accepted(100).upstream(60, DENIED)

    assert ("supported", 60) == _hit(ask(log, HANDLER, "upstream-failing"))


def test_a_missing_origin_is_a_failed_validation() -> None:
    log = PubSubLog().accepted(100)
    log.upstream(
        30,
        "Abuse protection for 'https://bids.azurewebsites.example/api/validate' missing allowed origins: .",
    )

    assert ("supported", 30) == _hit(ask(log, HANDLER, "abuse-protection-failing"))


def test_a_handful_of_errors_in_a_busy_hour_is_background() -> None:
    log = PubSubLog().accepted(900).upstream(6, _failed(500))

    assert "refuted" == ask(log, HANDLER, "symptom")["Verdict"]


def test_nineteen_errors_decide_nothing_and_twenty_do() -> None:
    def verdict(errors: int) -> object:
        return ask(PubSubLog().accepted(60).upstream(errors, _failed(404)), HANDLER, "upstream-not-found")[
            "Verdict"
        ]

    assert ("inconclusive", "supported") == (verdict(19), verdict(20))


def test_a_hub_that_fails_by_itself_is_found_beside_busy_ones() -> None:
    log = PubSubLog().accepted(3000).upstream(25, _failed(500, hub="orders"))
    for minute in spread(60, 0, 60):
        log.request(minute, 101, "/client/hubs/quotes")
    for minute in spread(20, 10, 50):
        log.request(minute, 101, "/client/hubs/orders")

    row = ask(log, HANDLER, "upstream-failing")

    assert ("supported", "orders") == (row["Verdict"], row["Hub"])


def test_errors_of_a_hub_with_many_connects_of_its_own_stay_background() -> None:
    log = PubSubLog().accepted(3000).upstream(25, _failed(500, hub="orders"))
    for minute in spread(300, 0, 60):
        log.request(minute, 101, "/client/hubs/orders")

    assert "refuted" == ask(log, HANDLER, "upstream-failing")["Verdict"]


def test_words_about_a_timeout_are_slow_without_any_status() -> None:
    log = PubSubLog().accepted(100)
    log.upstream(
        40,
        "Sending message during operation hub:lobby,event:bid,type:user,category:messages,requestType:Message timed out.",
    )

    assert ("supported", 40) == _hit(ask(log, HANDLER, "upstream-slow"))


def test_a_ping_timeout_of_a_client_is_no_slow_handler() -> None:
    lives = Lives().everyday(100)
    lives.aborted(60, "Connection ping timeout")

    assert ("refuted", 0) == _hit(ask(lives.log, HANDLER, "upstream-slow"))


def test_without_errors_and_traffic_there_is_no_data() -> None:
    assert "no-data" == ask(PubSubLog(), HANDLER, "symptom")["Verdict"]


def test_the_status_of_a_request_counts_where_its_text_names_none() -> None:
    log = PubSubLog().accepted(100)
    for minute in spread(40, 10, 50):
        log.add(REQUEST, minute, OperationName="HttpHandlerUnexpectedResponse", StatusCode="404", Url="https://lobby.webpubsub.azure.com/client/hubs/lobby")  # fmt: skip

    row = ask(log, HANDLER, "upstream-not-found")

    assert ("supported", 40) == _hit(row)
    assert "" == row["Host"]


def _answered(log: PubSubLog, count: int, milliseconds: float, status: int = 200) -> PubSubLog:
    for minute in spread(count, 10, 50):
        log.add(APP_REQUESTS, minute, Name="POST eventhandler", Url="https://bids.example/api/eventhandler", DurationMs=milliseconds, ResultCode=str(status), ItemCount=1)  # fmt: skip
    return log


def test_the_handlers_own_slow_requests_explain_its_500s() -> None:
    log = PubSubLog().accepted(100).upstream(60, _failed(500))
    _answered(_answered(log, 50, 31_000, 500), 30, 80)

    row = ask(log, HANDLER, "upstream-slow")

    assert ("supported", 50, 80) == (row["Verdict"], row["Slow"], row["Requests"])
    assert "every application of the workspace was read" in str(row["Summary"])


def test_slow_requests_do_not_explain_404s_or_a_healthy_hour() -> None:
    absent = PubSubLog().accepted(100).upstream(60, _failed(404))
    healthy = PubSubLog().accepted(600).upstream(3, _failed(500))

    verdicts = [ask(_answered(log, 50, 31_000), HANDLER, "upstream-slow")["Verdict"] for log in (absent, healthy)]  # fmt: skip

    assert ["refuted", "refuted"] == verdicts


def test_quick_requests_leave_500s_to_the_handlers_code() -> None:
    log = _answered(PubSubLog().accepted(100).upstream(60, _failed(500)), 80, 90, 500)

    assert "refuted" == ask(log, HANDLER, "upstream-slow")["Verdict"]
