"""The checks of acs-chat-message-delivery tell one cause from its nearest neighbour."""

import pytest
from ask_acs import ask, verdicts

from local.rows.acs_log import ACTIVITY, CHAT, CHAT_PAGE, EVENTS, EXCEPTIONS, TRACES, AcsLog, spread

PLAYBOOK = "acs-chat-message-delivery"
HOURS = 60
SUBSCRIBED_TOO_EARLY = "You must call startRealtimeNotifications before you can subscribe to events."


def verdict(log: AcsLog, check: str) -> object:
    return verdicts(log, PLAYBOOK, check)[0]


def ward(until: float = 59, reading_until: float = 59) -> AcsLog:
    """A ward where nurse and patient write to each other in five threads, and read."""
    log = AcsLog()
    for number, minute in enumerate(spread(200, 0, until)):
        thread = f"case-{number % 5}"
        log.request(minute, "SendChatMessage", 201, f"nurse-{number % 5}", thread)
        if minute < reading_until:
            log.request(minute + 0.2, "SendReadReceipt", 200, f"patient-{number % 5}", thread)
    return log


def refused(status: int, count: int = 40, log: AcsLog | None = None) -> AcsLog:
    log = log or ward()
    for number, minute in enumerate(spread(count)):
        log.request(minute, "SendChatMessage", status, f"nurse-{number % 5}", f"case-{number % 5}")
    return log


def removed(*, denied: int = 403, wrote_since: bool = False) -> AcsLog:
    """Ten porters write in two threads until they are removed from each, one by one, from 20 minutes past."""
    log = ward()
    for thread in ("case-0", "case-1"):
        for number in range(10):
            log.request(20 + number / 60, "RemoveChatThreadParticipant", 204, "hr-bot", thread)
        for porter in (f"porter-{number}" for number in range(10)):
            log.request(10, "SendChatMessage", 201, porter, thread)
            log.request(30, "SendChatMessage", denied, porter, thread)
            log.request(40, "SendChatMessage", denied, porter, thread)
            if wrote_since:
                log.request(50, "SendChatMessage", 201, porter, thread)
    return log


def deleted(*, by_call: bool = True, lives_on: bool = False) -> AcsLog:
    """Twenty threads in which people write, gone at 20 minutes past."""
    log = ward()
    for number in range(20):
        thread, nurse = f"closed-{number}", f"nurse-{number % 5}"
        log.request(10, "SendChatMessage", 201, nurse, thread)
        if by_call:
            log.request(20, "DeleteChatThread", 204, "clean-up", thread)
        for minute in (30, 40):
            log.request(minute, "ListChatMessages", 404, nurse, thread)
        if lives_on:
            log.request(50, "SendChatMessage", 201, nurse, thread)
    return log


def sessions(cut: int, steady: int, *, log: AcsLog | None = None) -> AcsLog:
    """Sessions that came up before nine; some go down for good, the others for seconds."""
    log = log or ward()
    for number, minute in enumerate(spread(cut + steady, 15, 50)):
        log.channel(-30, True, f"session-{number}")
        log.channel(minute, False, f"session-{number}")
        if number >= cut:
            log.channel(minute + 0.2, True, f"session-{number}")
    return log


def test_a_ward_that_writes_and_reads_shows_no_symptom() -> None:
    (row,) = ask(ward(), PLAYBOOK, "symptom")

    assert ("refuted", 0) == (row["Verdict"], row["Bad"])


def test_no_row_at_all_is_no_data() -> None:
    assert "no-data" == verdict(AcsLog(), "symptom")


@pytest.mark.parametrize(
    ("count", "expected"),
    [pytest.param(19, "inconclusive", id="19 refusals"), pytest.param(20, "supported", id="20")],
)
def test_twenty_refusals_are_enough(count: int, expected: str) -> None:
    assert expected == verdict(refused(401, count), "token-expired")


def test_an_address_that_the_service_does_not_know_is_not_judged() -> None:
    log = ward()
    for minute in spread(40):
        log.request(minute, "Bad Route", 404, "", "")

    assert "refuted" == verdict(log, "symptom")


def test_one_bot_that_may_not_remove_anybody_shows_no_symptom() -> None:
    log = ward()
    for minute in spread(40):
        log.request(minute, "RemoveChatThreadParticipant", 403, "hr-bot")

    assert ("refuted", "supported") == verdicts(log, PLAYBOOK, "symptom", "one-client")


def test_a_row_exported_twice_counts_once() -> None:
    log = refused(401, 25)
    log.rows[CHAT] += [dict(row) for row in log.rows[CHAT]]

    assert 25 == ask(log, PLAYBOOK, "symptom")[0]["FailedRequests"]


def test_without_request_ids_every_row_counts() -> None:
    log = refused(429, 25)
    for row in log.rows[CHAT]:
        del row["CorrelationId"]

    assert 25 == ask(log, PLAYBOOK, "symptom")[0]["FailedRequests"]


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        pytest.param(-25 * HOURS, "supported", id="older than a day"),
        pytest.param(-2 * HOURS, "supported", id="two hours old"),
        pytest.param(10, "refuted", id="minutes old"),
        pytest.param(59, "supported", id="issued after the refusals"),
    ],
)
def test_a_refusal_of_a_token_younger_than_an_hour_is_no_expiry(issued: float, expected: str) -> None:
    log = refused(401)
    for number in range(5):
        log.identity(issued, "CreateToken", f"nurse-{number}")

    assert expected == verdict(log, "token-expired")


@pytest.mark.parametrize("operation", ["RevokeToken", "DeleteIdentity"])
def test_a_fresh_token_that_was_revoked_is_no_longer_valid(operation: str) -> None:
    log = refused(401)
    for number in range(5):
        log.identity(10, "CreateToken", f"nurse-{number}")
        log.identity(15, operation, f"nurse-{number}", ())

    (row,) = ask(log, PLAYBOOK, "token-expired")

    assert ("supported", 5) == (row["Verdict"], row["MadeVoid"])


def test_a_regenerated_key_makes_fresh_tokens_void() -> None:
    log = refused(401)
    for number in range(5):
        log.identity(10, "CreateToken", f"nurse-{number}")
    regenerated = "MICROSOFT.COMMUNICATION/COMMUNICATIONSERVICES/REGENERATEKEY/ACTION"
    log.add(ACTIVITY, 15, OperationNameValue=regenerated, CategoryValue="Administrative", ActivityStatusValue="Success", CorrelationId="k")  # fmt: skip

    assert "supported" == verdict(log, "token-expired")


def test_denied_since_a_removal_is_a_removed_participant_and_no_deleted_thread() -> None:
    log = removed()

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "participant-removed", "thread-deleted")


def test_who_writes_again_was_not_removed() -> None:
    assert "refuted" == verdict(removed(wrote_since=True), "participant-removed")


def test_a_stranger_who_never_was_in_the_thread_was_not_removed() -> None:
    log = ward()
    log.request(10, "RemoveChatThreadParticipant", 204, "hr-bot", "case-0")
    for minute in spread(40):
        log.request(minute, "SendChatMessage", 403, "stranger", "case-0")

    assert "refuted" == verdict(log, "participant-removed")


def test_missing_since_a_deletion_is_a_deleted_thread_and_no_removed_participant() -> None:
    log = deleted()
    for thread in (f"closed-{number}" for number in range(20)):
        log.request(15, "RemoveChatThreadParticipant", 204, "hr-bot", thread)

    assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "thread-deleted", "participant-removed")


def test_a_thread_that_answers_again_was_not_deleted() -> None:
    assert "refuted" == verdict(deleted(lives_on=True), "thread-deleted")


def test_threads_that_vanish_without_a_call_leave_the_deletion_open() -> None:
    assert "inconclusive" == verdict(deleted(by_call=False), "thread-deleted")


def test_the_thread_is_read_from_the_path_where_its_column_is_missing() -> None:
    log = removed()
    for row in log.rows[CHAT]:
        row["URI"] = f"https://clinic.communication.azure.com/chat/threads/{row.pop('ChatThreadId')}/messages"

    assert "supported" == verdict(log, "participant-removed")


def test_throttling_names_the_busiest_thread() -> None:
    log = ward()
    for number in range(60):
        log.request(
            30 + number / 100, "SendChatMessage", 201 if number < 30 else 429, "reminder-bot", "case-9"
        )

    (row,) = ask(log, PLAYBOOK, "send-throttled")

    assert ("supported", 60, 1) == (row["Verdict"], row["BusiestMinute"], row["BusyThreads"])


@pytest.mark.parametrize("hypothesis", ["token-expired", "participant-removed", "thread-deleted"])
def test_throttling_is_blamed_on_nothing_else(hypothesis: str) -> None:
    assert "refuted" == verdict(refused(429), hypothesis)


def test_sessions_that_stay_down_show_a_blocked_channel_although_no_request_fails() -> None:
    log = sessions(cut=30, steady=20)

    assert ("supported", "supported") == verdicts(log, PLAYBOOK, "symptom", "realtime-channel-blocked")


def test_sessions_that_come_back_refute_a_blocked_channel() -> None:
    assert "refuted" == verdict(sessions(cut=0, steady=50), "realtime-channel-blocked")


def test_people_who_leave_while_others_come_are_not_cut_off() -> None:
    log = ward()
    for number in range(178):
        log.channel(number / 2 - 30, True, f"visit-{number}")
        if number < 116:
            log.channel(number / 2, False, f"visit-{number}")

    assert "refuted" == verdict(log, "realtime-channel-blocked")


def test_people_who_chat_on_after_the_channel_went_down_are_cut_off() -> None:
    log = sessions(cut=0, steady=200)
    for number, minute in enumerate(spread(20, 20, 40)):
        log.channel(-10, True, f"porter-{number}", UserAuthenticatedId=f"porter-{number}")
        log.channel(minute, False, f"porter-{number}", UserAuthenticatedId=f"porter-{number}")
        log.request(minute + 10, "SendChatMessage", 201, f"porter-{number}", "case-1")

    (row,) = ask(log, PLAYBOOK, "realtime-channel-blocked")

    assert ("supported", 20) == (row["Verdict"], row["Hits"])


def test_a_page_that_is_loaded_again_is_not_cut_off() -> None:
    log = ward()
    for number, minute in enumerate(spread(30)):
        log.channel(-5, True, f"old-{number}", UserId=f"browser-{number}")
        log.channel(minute, False, f"old-{number}", UserId=f"browser-{number}")
        log.channel(minute + 0.5, True, f"new-{number}", UserId=f"browser-{number}")
        log.request(minute + 2, "SendChatMessage", 201, f"browser-{number}")

    assert "refuted" == verdict(log, "symptom")


def test_silence_of_the_readers_alone_proves_no_blocked_channel() -> None:
    assert "inconclusive" == verdict(ward(reading_until=25), "realtime-channel-blocked")


def test_a_chat_that_never_reads_is_not_blamed() -> None:
    assert "no-data" == verdict(ward(reading_until=0), "realtime-channel-blocked")


def test_only_the_named_applications_are_heard() -> None:
    log = sessions(cut=30, steady=20)

    assert (
        "supported" == ask(log, PLAYBOOK, "realtime-channel-blocked", applications=(CHAT_PAGE,))[0]["Verdict"]
    )
    assert "refuted" == ask(log, PLAYBOOK, "symptom", applications=("/another-page",))[0]["Verdict"]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param(EXCEPTIONS, "OuterMessage", id="an exception"),
        pytest.param(TRACES, "Message", id="a trace"),
    ],
)
def test_the_words_of_the_sdk_show_an_app_that_does_not_listen(table: str, column: str) -> None:
    log = ward()
    for minute in spread(10):
        log.add(table, minute, **{column: SUBSCRIBED_TOO_EARLY, "ItemCount": 4})

    (row,) = ask(log, PLAYBOOK, "not-listening")

    assert ("supported", 40) == (row["Verdict"], row["Hits"])


def test_an_app_that_tells_of_its_start_is_listening() -> None:
    log = ward()
    for minute in spread(40):
        log.add(TRACES, minute, Message="startRealtimeNotifications succeeded")

    assert "refuted" == verdict(log, "not-listening")


def test_lost_sessions_stand_out_among_failed_requests() -> None:
    log = refused(401, 25, sessions(cut=60, steady=10))

    assert ("supported", "minor") == verdicts(log, PLAYBOOK, "realtime-channel-blocked", "token-expired")


def test_the_events_of_clients_are_found_in_traces_too() -> None:
    log = sessions(cut=30, steady=20)
    log.rows[TRACES] = [{**row, "Message": f"chat: {row.pop('Name')}"} for row in log.rows.pop(EVENTS)]

    assert "supported" == verdict(log, "realtime-channel-blocked")
