"""What a summary of a Web PubSub playbook says for whoever answers: where, who, and with which client."""

import pytest
from ask_pubsub import ask

from local.rows.pubsub_lives import SECOND, Lives
from local.rows.pubsub_log import CONNECTIVITY, LOBBY, MESSAGING, REQUEST, PubSubLog, spread

FAILURES = "web-pubsub-connection-failures"
DROPS = "web-pubsub-connection-drops"
HANDLER = "web-pubsub-event-handler-errors"
WEST = f"{LOBBY}/replicas/west"
AGENT = '{"User-Agent":"trading/2 azsdk-python-webpubsub-client/1.1.0 Python/3.11 (Linux)"}'
FAILED = "Sending message during operation hub:lobby,event:bid,type:user,category:messages,requestType:Message got unexpected response with status code 502."
ANSWERS = {
    "token-expired": {"StatusCode": "401", "Message": "Token expired"},
    "audience-mismatch": {"StatusCode": "401", "Message": "Failed to validate audience. Expected Audiences: https://a.example. Actual Audiences: https://b.example"},
    "signing-key-unknown": {"StatusCode": "401", "Message": "SignatureKeyNotFound"},
    "local-auth-disabled": {"StatusCode": "401", "Message": "Local auth is disabled"},
    "network-acl-blocks": {"StatusCode": "403"},
    "hub-or-endpoint-wrong": {"StatusCode": "404"},
    "token-too-long": {"StatusCode": "413"},
    "connection-quota-reached": {"StatusCode": "429"},
}  # fmt: skip


@pytest.mark.parametrize("hypothesis", ANSWERS)
def test_a_refusal_names_addresses_hub_replica_and_sdk(hypothesis: str) -> None:
    log = PubSubLog().accepted(200)
    for number, minute in enumerate(spread(80, 10, 50)):
        hub = "floor" if number % 8 == 0 else "lobby"
        log.add(REQUEST, minute, Url=f"/client/hubs/{hub}", HttpMethod="GET", CallerIpAddress=f"192.0.2.{number % 40}", _ResourceId=WEST if number % 2 else LOBBY, Headers=AGENT, **ANSWERS[hypothesis])  # fmt: skip
    row = ask(log, FAILURES, hypothesis)

    assert ("supported", 80, 40) == (row["Verdict"], row["Bad"], row["Callers"])
    assert str(row["Summary"]).endswith(" Addresses: 40. Hub: lobby (70), floor (10). Replica: west (40). SDK: azsdk-python-webpubsub-client/1.1.0 (80).")  # fmt: skip


def test_a_hub_that_one_stranger_makes_up_does_not_lead() -> None:
    log = PubSubLog().accepted(200)
    for number, minute in enumerate(spread(18, 10, 50)):
        log.request(minute, 403, "/client/hubs/gift-card", address="192.0.2.66")
        log.request(minute, 403, address=f"198.51.100.{number}")

    assert "Hub: lobby (18), gift-card (18)." in str(ask(log, FAILURES, "network-acl-blocks")["Summary"])


def test_a_refusal_that_stands_in_two_tables_is_one() -> None:
    log = PubSubLog().accepted(200)
    for number, minute in enumerate(spread(80, 10, 50)):
        log.request(minute, 401, message="Token expired", address=f"192.0.2.{number}")
        log.add(CONNECTIVITY, minute, OperationName="ConnectionAborted", Message="Token expired", CallerIpAddress=f"192.0.2.{number}", _ResourceId=WEST)  # fmt: skip

    assert str(ask(log, FAILURES, "token-expired")["Summary"]).endswith(" Addresses: 80. Hub: lobby (80). Replica: west (80).")  # fmt: skip


@pytest.mark.parametrize(
    ("hypothesis", "text"),
    [
        ("ping-timeout", "Connection ping timeout"),
        ("service-reload", "Service reloading, reconnect"),
        ("slow-client", "SlowClient"),
        ("connection-quota-reached", "Connection count reaches limit"),
        ("message-quota-reached", "Message count reaches limit"),
        ("event-handler-failing", FAILED),
        ("event-handler-missing", "Upstream not found for hub:lobby,event:bid,type:user,category:messages."),
    ],
)
def test_a_drop_names_users_and_hub_and_the_symptom_addresses_and_replica(hypothesis: str, text: str) -> None:
    lives = Lives().everyday(100)
    for number, minute in enumerate(spread(60, 10, 50)):
        lives.log.add(CONNECTIVITY, minute, OperationName="ConnectionAborted", Message=text, ConnectionId=f"d-{number}", UserId=f"trader-{number % 30}", CallerIpAddress=f"192.0.2.{number % 20}", _ResourceId=WEST)  # fmt: skip
    row = ask(lives.log, DROPS, hypothesis)
    hub = " Hub: lobby (60)." if "event-handler" in hypothesis else ""

    assert ("supported", 30) == (row["Verdict"], row["Callers"])
    assert str(row["Summary"]).endswith(f"{hub} Users: 30.")
    if hypothesis != "service-reload":
        assert f" Addresses: 20.{hub} Replica: west (60). Users: 30." in str(
            ask(lives.log, DROPS, "symptom")["Summary"]
        )


def test_a_common_age_names_users() -> None:
    lives = Lives().everyday(60)
    for number, end in enumerate(spread(80, 10, 50)):
        who = {"ConnectionId": f"a-{number}", "UserId": f"trader-{number}", "CallerIpAddress": f"192.0.2.{number % 20}", "_ResourceId": WEST}  # fmt: skip
        lives.log.add(CONNECTIVITY, end - 240 * SECOND, OperationName="ConnectionStarted", **who)
        lives.log.add(CONNECTIVITY, end, OperationName="ConnectionEnded", **who)
    row = ask(lives.log, DROPS, "fixed-lifetime")

    assert "supported" == row["Verdict"]
    assert "of 80 users or addresses." in str(row["Summary"])


def test_a_mass_close_names_who_asked_for_it() -> None:
    lives = Lives().everyday(30)
    lives.at_once(80, 40)
    lives.log.add(REQUEST, 39.9, StatusCode="204", Url="/api/hubs/lobby/:closeConnections", HttpMethod="POST", CallerIpAddress="192.0.2.1", Headers='{"User-Agent":"azsdk-net-Messaging.WebPubSub/1.3.0 (.NET 8)"}')  # fmt: skip
    row = ask(lives.log, DROPS, "mass-close")

    assert 1 == row["Calls"]
    assert "(:closeConnections), from 192.0.2.1 with azsdk-net-Messaging.WebPubSub/1.3.0 for hub lobby (1)" in str(row["Summary"])  # fmt: skip


def test_a_close_that_was_refused_closed_nobody() -> None:
    lives = Lives().everyday(30)
    lives.at_once(80, 40)
    lives.log.add(REQUEST, 39.9, StatusCode="401", Url="/api/hubs/lobby/:closeConnections", HttpMethod="POST", CallerIpAddress="192.0.2.1")  # fmt: skip

    assert 0 == ask(lives.log, DROPS, "mass-close")["Calls"]


def test_an_error_of_the_handler_names_users_event_and_replica() -> None:
    log = PubSubLog().accepted(200)
    for number, minute in enumerate(spread(60, 10, 50)):
        log.add(MESSAGING, minute, Message=FAILED, TraceId=f"t-{number}", UserId=f"trader-{number % 12}", CallerIpAddress="192.0.2.9", _ResourceId=WEST)  # fmt: skip
    row = ask(log, HANDLER, "upstream-failing")

    assert ("supported", 60, 12, "lobby", "bid", 502) == tuple(row[name] for name in ("Verdict", "Hits", "Callers", "Hub", "Event", "HandlerStatus"))  # fmt: skip
    assert "(mostly hub lobby event bid status 502 replica west), of 12 users or addresses." in str(
        row["Summary"]
    )


def test_an_error_whose_client_stands_in_one_of_two_tables_counts_once_with_its_client() -> None:
    log = PubSubLog().accepted(40)
    for number, minute in enumerate(spread(30, 10, 50)):
        log.add(MESSAGING, minute, Message=FAILED, TraceId=f"t-{number}")
        log.add(CONNECTIVITY, minute, OperationName="ConnectionAborted", Message=FAILED, ConnectionId=f"c-{number}", UserId=f"trader-{number}")  # fmt: skip
    row = ask(log, HANDLER, "upstream-failing")

    assert ("supported", 30, 30) == (row["Verdict"], row["Hits"], row["Callers"])


def test_errors_that_hardly_ever_name_a_client_are_not_of_one() -> None:
    log = PubSubLog().accepted(300)
    for minute in spread(100, 10, 50):
        log.text(minute, FAILED.replace("502", "404"))
    for number, minute in enumerate(spread(30, 10, 50)):
        log.add(MESSAGING, minute + 0.1, Message=FAILED, TraceId=f"n-{number}", UserId="" if number else "trader-1")  # fmt: skip
    row = ask(log, HANDLER, "upstream-failing")

    assert ("minor", None) == (row["Verdict"], row["Callers"])


def test_slow_requests_name_the_instances_that_served_them() -> None:
    log = PubSubLog().accepted(120)
    for number, minute in enumerate(spread(40, 10, 50)):
        log.text(minute, FAILED.replace("502", "504"))
        log.add("AppRequests", minute, Name="POST /api/eventhandler", Url="https://bids.example/api/eventhandler", DurationMs=9000.0, ItemCount=1, AppRoleInstance=f"worker-{number % 2}")  # fmt: skip

    assert "slow at worker-0 (20), worker-1 (20)" in str(ask(log, HANDLER, "upstream-slow")["Summary"])
