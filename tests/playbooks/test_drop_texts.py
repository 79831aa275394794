"""Why clients lose their connection, as far as the service's texts tell it."""

import pytest
from ask_pubsub import ask

from local.rows.pubsub_lives import SECOND, Lives
from local.rows.pubsub_log import CONNECTIVITY, MESSAGING, REQUEST

DROPS = "web-pubsub-connection-drops"

RELOADS = (
    "Service reloading, reconnect",
    "Service reloading, try reconnecting",
    "service reloading, please reconnect",
)
FAILED = "Sending message during operation hub:lobby,event:bid,type:user,category:messages,requestType:Message got unexpected response with status code 500."
REFUSED = "Sending message during operation hub:lobby,event:connect,type:sys,category:connections,requestType:Connect got unexpected response with status code 500."

TEXTS = {
    "service-reload": "Service reloading, reconnect",
    "ping-timeout": "Connection ping timeout",
    "event-handler-missing": "EventHandlerNotFound",
    "event-handler-failing": FAILED,
    "slow-client": "Connection closed: SlowClient",
    "connection-quota-reached": "Connection count reaches limit",
}
NEIGHBOURS = {
    "service-reload": "Connection ping timeout",
    "ping-timeout": "Service reloading, reconnect",
    "event-handler-missing": FAILED,
    "event-handler-failing": "EventHandlerNotFound",
    "slow-client": "Connection ping timeout",
    "connection-quota-reached": "Message count reaches limit",
}


@pytest.mark.parametrize("hypothesis", TEXTS)
def test_supports_the_cause_that_most_aborts_name_among_others(hypothesis: str) -> None:
    lives = Lives().everyday(200)
    lives.aborted(65, TEXTS[hypothesis])
    lives.aborted(35, "Internal server transient error")

    row = ask(lives.log, DROPS, hypothesis)

    assert ("supported", 65) == (row["Verdict"], row["Hits"])


@pytest.mark.parametrize("hypothesis", NEIGHBOURS)
def test_does_not_support_a_cause_on_the_words_of_its_neighbour(hypothesis: str) -> None:
    lives = Lives().everyday(200)
    lives.aborted(90, NEIGHBOURS[hypothesis])

    assert "refuted" == ask(lives.log, DROPS, hypothesis)["Verdict"]


@pytest.mark.parametrize("text", RELOADS)
def test_knows_every_wording_of_a_reload(text: str) -> None:
    lives = Lives().everyday(100)
    lives.aborted(60, text)

    row = ask(lives.log, DROPS, "service-reload")

    assert "supported" == row["Verdict"]
    assert "normal operation" in str(row["Summary"])


def test_a_wave_of_reloads_alone_is_no_symptom() -> None:
    lives = Lives().everyday(200)
    lives.aborted(300, RELOADS[0], 20, 22)

    row = ask(lives.log, DROPS, "symptom")

    assert ("refuted", 0, 300) == (row["Verdict"], row["Bad"], row["Reloads"])


def test_a_wave_of_reloads_does_not_make_a_real_cause_look_small() -> None:
    lives = Lives().everyday(200)
    lives.aborted(400, RELOADS[0], 20, 22)
    lives.aborted(80, "Connection count reaches limit")

    quota = ask(lives.log, DROPS, "connection-quota-reached")
    reload = ask(lives.log, DROPS, "service-reload")

    assert "supported" == quota["Verdict"]
    assert reload["Benign"] is True
    assert float(str(reload["Strength"])) < float(str(quota["Strength"]))


def test_a_reload_that_takes_most_of_the_drops_along_explains_them() -> None:
    lives = Lives().everyday(200)
    lives.aborted(120, RELOADS[0], 20, 20.1)
    lives.aborted(60, "", 20, 20.1)
    lives.aborted(30, "Connection count reaches limit")

    assert ("supported", 90) == tuple(
        ask(lives.log, DROPS, "symptom")[column] for column in ("Verdict", "Bad")
    )
    assert ("supported", False) == tuple(
        ask(lives.log, DROPS, "service-reload")[column] for column in ("Verdict", "Benign")
    )
    assert ask(lives.log, DROPS, "mass-close")["Benign"] is False


def test_a_mass_close_of_reloads_alone_explains_no_drop() -> None:
    lives = Lives().everyday(200)
    lives.aborted(120, RELOADS[0], 20, 20.1)
    lives.aborted(60, "Connection count reaches limit")

    row = ask(lives.log, DROPS, "mass-close")

    assert ("supported", True) == (row["Verdict"], row["Benign"])


def test_some_ping_timeouts_beside_a_wave_of_reloads_stay_the_smaller_part() -> None:
    lives = Lives().everyday(200)
    lives.aborted(300, RELOADS[0], 20, 22)
    lives.aborted(60, "Connection ping timeout")

    assert "minor" == ask(lives.log, DROPS, "ping-timeout")["Verdict"]


def test_ping_timeouts_that_ran_before_the_drops_began_are_no_second_fault_beside_a_reload() -> None:
    lives = Lives().everyday(400, -60, 60)
    lives.aborted(190, RELOADS[0], 8, 10)
    lives.aborted(160, "Connection count reaches limit", 20, 55)
    for minute in range(60):
        if minute % 5 < 2:
            lives.one(minute - 7, minute + 0.5, "Connection ping timeout", "ConnectionAborted")
    row = ask(lives.log, DROPS, "ping-timeout")

    assert ("refuted", 24, 184, 190) == tuple(row[name] for name in ("Verdict", "Hits", "Bad", "Reloads"))
    assert "24 of 374 unwanted ends (6.4 %)" in str(row["Summary"])
    assert "as many ran before the drops began" in str(row["Summary"])


def test_a_few_aborts_among_many_connections_are_background() -> None:
    lives = Lives().everyday(600)
    lives.aborted(5, "Connection ping timeout")
    lives.aborted(4, RELOADS[0])

    verdicts = {
        hypothesis: ask(lives.log, DROPS, hypothesis)["Verdict"]
        for hypothesis in ("symptom", "ping-timeout", "service-reload")
    }

    assert {"symptom": "refuted", "ping-timeout": "refuted", "service-reload": "refuted"} == verdicts


def test_seven_explicit_aborts_decide_nothing() -> None:
    lives = Lives().everyday(20, 0)
    lives.aborted(7, "Connection ping timeout")

    assert "inconclusive" == ask(lives.log, DROPS, "ping-timeout")["Verdict"]


def test_twenty_drops_decide_and_nineteen_do_not() -> None:
    def verdict(drops: int) -> object:
        lives = Lives()
        lives.aborted(drops, "Connection count reaches limit")
        lives.everyday(30, 0)
        return ask(lives.log, DROPS, "connection-quota-reached")["Verdict"]

    assert ("inconclusive", "supported") == (verdict(19), verdict(20))


def test_repeated_rows_of_a_connection_count_once() -> None:
    lives = Lives().everyday(30, 0)
    lives.aborted(15, "Connection count reaches limit")
    lives.log.rows[CONNECTIVITY] *= 2

    row = ask(lives.log, DROPS, "connection-quota-reached")

    assert ("inconclusive", 15) == (row["Verdict"], row["Hits"])


def test_rows_without_a_connection_id_are_counted_by_themselves() -> None:
    lives = Lives().everyday(100)
    lives.aborted(60, "Connection ping timeout")
    for row in lives.log.rows[CONNECTIVITY]:
        row["ConnectionId"] = ""

    assert 60 == ask(lives.log, DROPS, "ping-timeout")["Hits"]


def test_an_end_with_1000_counts_as_missing_handler_when_a_text_of_its_connection_says_so() -> None:
    lives = Lives().everyday(150)
    for number in range(50):
        connection = lives.one(10 + number * 0.7, 10 + number * 0.7 + SECOND)
        lives.log.add(MESSAGING, 10 + number * 0.7, ConnectionId=connection, Message="EventHandlerNotFound")

    row = ask(lives.log, DROPS, "event-handler-missing")

    assert ("supported", 50, 50) == (row["Verdict"], row["Hits"], row["Bad"])


def test_aborts_without_a_reason_are_laid_to_the_failing_event_just_before_them() -> None:
    lives = Lives().everyday(150)
    for number in range(50):
        lives.log.add(REQUEST, 10 + number * 0.7, StatusCode="500", Message=FAILED)
        lives.one(3, 10 + number * 0.7 + 2 * SECOND, operation="ConnectionAborted")

    row = ask(lives.log, DROPS, "event-handler-failing")

    assert ("supported", 50, 50) == (row["Verdict"], row["Hits"], row["Bad"])
    assert ("lobby", 500) == (row["Hub"], row["HandlerStatus"])


def test_a_failed_user_event_without_any_row_of_its_client_stands_for_one_drop() -> None:
    lives = Lives().everyday(150)
    lives.log.upstream(40, FAILED)

    row = ask(lives.log, DROPS, "event-handler-failing")

    assert ("supported", 40) == (row["Verdict"], row["Bad"])


def test_a_refused_connect_is_no_drop() -> None:
    lives = Lives().everyday(150)
    lives.aborted(60, REFUSED)
    lives.aborted(60, "Failed to validate audience. Expected Audiences: a. Actual Audiences: b")
    lives.log.upstream(40, REFUSED)

    row = ask(lives.log, DROPS, "symptom")

    assert ("refuted", 0) == (row["Verdict"], row["Bad"])


def test_connections_of_another_resource_do_not_count() -> None:
    lives = Lives().everyday(100)
    lives.aborted(60, "Connection ping timeout")
    for row in lives.log.rows[CONNECTIVITY]:
        row["_ResourceId"] = (
            "/subscriptions/6f1c/resourcegroups/rg-floor/providers/microsoft.signalrservice/webpubsub/attic"
        )

    assert "no-data" == ask(lives.log, DROPS, "ping-timeout")["Verdict"]


@pytest.mark.parametrize(
    ("category", "hypothesis"),
    [
        ("ServiceReload", "service-reload"),
        ("PingTimeout", "ping-timeout"),
        ("SlowClient", "slow-client"),
        ("EventHandlerNotFound", "event-handler-missing"),
        ("SendEventFailed", "event-handler-failing"),
        ("ConnectionCountLimitReached", "connection-quota-reached"),
    ],
)
def test_knows_the_name_of_a_close_category_where_it_stands_as_text(category: str, hypothesis: str) -> None:
    lives = Lives().everyday(100)
    lives.aborted(60, category)

    assert "supported" == ask(lives.log, DROPS, hypothesis)["Verdict"]
