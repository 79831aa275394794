"""The log signals of Communication Services count what the playbooks' symptoms are made of, for every resource at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from local.exports import read_folder
from local.replay.case import Case, all_cases
from local.rows.acs_log import AUTH, CHAT, CHAT_PAGE, CLINIC, EXCEPTIONS, NINE, TRACES, UPDATES, AcsLog
from local.rows.transcription_rows import NINE as CALLCENTER_NINE
from local.rows.transcription_rows import closed, hang_ups, media, operation, session, spread
from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.diagnosis import Conclusion
from shared.playbooks.loading.load import load_library
from shared.queries.prelude import complete, tables_of
from shared.queries.schema import tables
from shared.queries.scope import Scope, Window
from shared.signals.communication import FAMILIES, SIGNALS
from shared.signals.family import LogFamily
from shared.signals.signal import bucket_of

pytestmark = pytest.mark.checks

BY_ID: Mapping[str, LogFamily] = {family.id: family for family in FAMILIES}
HOSPITAL = CLINIC.replace("communicationservices/clinic", "communicationservices/hospital")
CASES = [case for case in all_cases() if case.playbook.startswith("acs-")]

Rows = Iterable[Mapping[str, object]]


@dataclass(frozen=True)
class Counted:
    """One row of a family's answer."""

    resource: str
    bucket: datetime
    reason: str
    events: float
    is_bad: bool
    sample: str


@dataclass(frozen=True)
class Counts:
    """All rows of a family's answer."""

    rows: Sequence[Counted]

    @property
    def total(self) -> float:
        return sum(row.events for row in self.rows)

    @property
    def bad(self) -> float:
        return sum(row.events for row in self.rows if row.is_bad)

    @property
    def reasons(self) -> Mapping[str, float]:
        bad_by_reason: Counter[str] = Counter()
        for row in self.rows:
            if row.is_bad:
                bad_by_reason[row.reason] += row.events  # type: ignore[assignment]
        return dict(bad_by_reason)

    def peak(self) -> float:
        """The worst share of a bucket that has five bad events."""
        bad: Counter[datetime] = Counter()
        total: Counter[datetime] = Counter()
        for row in self.rows:
            bad[row.bucket] += row.events if row.is_bad else 0  # type: ignore[assignment]
            total[row.bucket] += row.events  # type: ignore[assignment]
        return max((bad[bucket] / total[bucket] for bucket in bad if bad[bucket] >= 5), default=0.0)


def counts(family: str, rows_by_table: Mapping[str, Rows], start: datetime, end: datetime, *, resources: Sequence[str] = (CLINIC,), apps: Sequence[str] = ()) -> Counts:  # fmt: skip
    """Ask a family of a workspace that has its tables and no others."""
    workspace = Workspace()
    names_of_tables = tables_of(BY_ID[family].text())
    workspace.load({name: list(rows_by_table.get(name, ())) for name in sorted(names_of_tables)})
    scope = Scope(tuple(resources), Window(start, end), tuple(apps))
    text = complete(BY_ID[family].text(), scope, absent=set(tables()) - workspace.tables)
    answer = kql.run(workspace, text)
    names = [name for name, _ in answer.columns]
    assert ["Resource", "Signal", "Bucket", "IsBad", "Reason", "Events", "Sample"] == names
    rows = [_counted(dict(zip(names, row, strict=True)), family) for row in answer.rows()]
    workspace.close()
    return Counts(rows)


def _counted(row: Mapping[str, object], family: str) -> Counted:
    assert family == row["Signal"]
    assert bool(row["IsBad"]) == (row["Reason"] != "")
    events, bucket = row["Events"], datetime.fromisoformat(str(row["Bucket"])).astimezone(UTC)
    assert isinstance(events, float)
    return Counted(str(row["Resource"]), bucket, str(row["Reason"]), events, bool(row["IsBad"]), str(row["Sample"] or ""))  # fmt: skip


def clinic(family: str, log: AcsLog, *, since: float = 0, resources: Sequence[str] = (CLINIC,)) -> Counts:
    """Ask a family of the clinic's log, from so many minutes after nine until ten."""
    return counts(family, log.rows, NINE + timedelta(minutes=since), NINE + timedelta(hours=1), resources=resources)  # fmt: skip


def sockets(records: Rows) -> Counts:
    start = CALLCENTER_NINE
    return counts("transcription-sockets", {"AppTraces": records}, start, start + timedelta(hours=1))


def sessions(rows: Rows) -> Counts:
    start = CALLCENTER_NINE
    rows_by_table = {"ACSCallAutomationStreamingUsage": rows}
    return counts(
        "transcription-sessions", rows_by_table, start, start + timedelta(hours=1), resources=(CALLCENTER,)
    )


def streams(operations: Rows = (), summaries: Rows = (), family: str = "transcription-operations") -> Counts:
    start = CALLCENTER_NINE
    rows_by_table = {
        "ACSCallAutomationIncomingOperations": operations,
        "ACSCallAutomationMediaSummary": summaries,
    }
    return counts(family, rows_by_table, start, start + timedelta(hours=1), resources=(CALLCENTER,))


CALLCENTER = str(operation(0, "Play", "call-1")["_ResourceId"])


# Signals


def test_every_signal_names_a_playbook_and_the_tables_that_its_family_reads() -> None:
    assert {signal.symptom for signal in SIGNALS} <= set(load_library())
    for family in FAMILIES:
        assert {family.id} == {signal.id for signal in family.signals}
        assert set(family.tables) == tables_of(family.text())


# Calls


@pytest.mark.parametrize(
    ("code", "subcode", "category", "reason"),
    [
        (0, 0, "Success", ""),
        (487, 10003, "Success", ""),  # accepted on another endpoint
        (487, 10004, "ExpectedError", ""),  # nobody answered
        (410, 301005, "UnexpectedClientError", ""),  # connected, then dropped
        (410, 3112, "ExpectedError", "media"),
        (401, 10009, "UnexpectedClientError", "token"),
        (401, 44113, "ExpectedError", "scope"),
        (403, 0, "", "auth"),
        (480, 10037, "ExpectedError", "callee"),
        (430, 10315, "", "signalling"),
        (503, 560503, "UnexpectedServerError", "server"),
        (429, 5029, "ExpectedError", "unclassified"),
        (403, 5029, "ExpectedError", "refused"),
        (429, 10110, "ExpectedError", ""),  # the longest life of a call
        (486, 0, "ExpectedError", ""),  # busy
        (404, 99123, "ExpectedError", "unclassified"),
    ],
)
def test_an_end_code_counts_as_its_family(code: int, subcode: int, category: str, reason: str) -> None:
    log = AcsLog()
    log.leg(7, code, subcode, category)

    (row,) = clinic("call-attempts", log).rows

    assert (CLINIC, NINE + timedelta(minutes=5), reason, 1.0) == (
        row.resource,
        row.bucket,
        row.reason,
        row.events,
    )
    assert (reason != "") is row.is_bad


@pytest.mark.parametrize(("seconds", "reason"), [(20, "media"), (120, "media"), (121, ""), (1800, "")])
def test_a_call_that_lasted_is_no_failure_to_connect(seconds: int, reason: str) -> None:
    log = AcsLog()
    log.leg(7, 410, 0, "UnexpectedClientError", ParticipantDuration=seconds)

    (row,) = clinic("call-attempts", log).rows

    assert (reason, reason != "") == (row.reason, row.is_bad)


def test_an_end_code_that_no_rule_knows_keeps_its_raw_text() -> None:
    log = AcsLog()
    log.leg(7, 477, 99123, "UnexpectedClientError")

    (row,) = clinic("call-attempts", log).rows

    assert ("unclassified", "end code 477/99123 UnexpectedClientError") == (row.reason, row.sample)


def test_versions_of_one_leg_count_once_and_the_last_decides() -> None:
    log = AcsLog()
    leg = {"user": "bob", "call": "ward-round", "ParticipantId": "p-bob", "EndpointId": "e-bob"}
    log.leg(7, 0, 0, "Success", table=UPDATES, CallUpdatesVersion=1, **leg)
    log.leg(8, 410, 3112, "ExpectedError", table=UPDATES, CallUpdatesVersion=3, **leg)
    log.leg(13, 410, 3112, "ExpectedError", **leg)

    assert [(NINE + timedelta(minutes=5), "media", 1.0)] == [
        (row.bucket, row.reason, row.events) for row in clinic("call-attempts", log).rows
    ]
    assert () == tuple(clinic("call-attempts", log, since=10).rows)


def test_a_bucket_begins_with_its_first_millisecond() -> None:
    log = AcsLog()
    log.leg(4.999, 410, 3112)
    log.leg(5, 410, 3112)

    assert [0, 5] == sorted((row.bucket - NINE) / timedelta(minutes=1) for row in clinic("call-attempts", log).rows)  # fmt: skip


def test_a_client_counts_only_where_no_leg_tells_of_its_call() -> None:
    log = AcsLog()
    refused = {"Code": 401, "SubCode": 44113, "FailureReason": "no 'voip' scope"}
    log.operation(7, "CallAgentInit", "UnexpectedClientError", refused, status=401)
    leg = log.leg(8, 410, 3112, "ExpectedError")
    log.operation(8, "StartCall", "Failed", {"Code": 410, "SubCode": 3112}, call=leg, status=410)
    log.operation(8, "StartCall", "Failed", {"Code": 480, "SubCode": 10037}, call="never-rang", status=480)

    assert {"scope": 1, "media": 1, "callee": 1} == clinic("call-attempts", log).reasons


def test_one_query_answers_for_each_resource_and_for_no_stranger() -> None:
    log = AcsLog()
    for number in range(3):
        log.leg(7, 410, 3112, user=f"patient-{number}")
        log.leg(7, 0, 0, "Success", user=f"nurse-{number}", call=f"{number}", _ResourceId=HOSPITAL.upper())
    log.leg(7, 410, 3112, _ResourceId=CLINIC.replace("clinic", "somebody-else"))

    result = clinic("call-attempts", log, resources=(CLINIC, HOSPITAL))

    assert {(CLINIC, "media", 3.0), (HOSPITAL, "", 3.0)} == {(row.resource, row.reason, row.events) for row in result.rows}  # fmt: skip


def test_the_same_call_id_at_two_resources_is_two_legs() -> None:
    log = AcsLog()
    leg = {"call": "c-1", "ParticipantId": "p-1", "EndpointId": "e-1"}
    log.leg(7, 410, 3112, **leg)
    log.leg(7, 410, 3112, _ResourceId=HOSPITAL, **leg)

    assert 2 == clinic("call-attempts", log, resources=(CLINIC, HOSPITAL)).bad


# Operations


@pytest.mark.parametrize(
    ("status", "reason"),
    [(201, ""), (400, ""), (404, ""), (401, "CreateToken 401"), (403, "CreateToken 403"), (429, "CreateToken 429"), (499, ""), (500, "CreateToken 500")],
)  # fmt: skip
def test_identity_requests_count_as_bad_unless_the_caller_erred(status: int, reason: str) -> None:
    log = AcsLog()
    log.add(AUTH, 7, OperationName="CreateToken", ResultSignature=str(status), ResultType="Failed", CorrelationId="r")  # fmt: skip

    assert [reason] == [row.reason for row in clinic("identity-operations", log).rows]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 429, 503])
def test_chat_requests_count_as_the_playbook_judges_them(status: int) -> None:
    log = AcsLog()
    log.request(7, "SendChatMessage", status, "8:acs:alice")
    log.request(7, "AddChatThreadParticipants", status, "8:acs:alice")
    log.request(7, "Bad Route", status, "")
    bad = {f"SendChatMessage {status}": 1, f"AddChatThreadParticipants {status}": 1}

    result = clinic("chat-operations", log)

    assert (2, bad if status != 200 else {}) == (result.total, result.reasons)


def test_a_chat_request_that_failed_without_a_status_has_no_known_reason() -> None:
    log = AcsLog()
    log.add(
        CHAT, 7, OperationName="ListChatMessages", ResultType="Failed", CorrelationId="r-1", UserId="alice"
    )

    (row,) = clinic("chat-operations", log).rows

    assert ("unclassified", "ListChatMessages failed without a status") == (row.reason, row.sample)


@pytest.mark.parametrize(("request_id", "events"), [("r-1", 1), ("", 3)])
def test_a_request_that_was_exported_thrice_counts_once_if_it_has_an_id(request_id: str, events: int) -> None:
    log = AcsLog()
    for _ in range(3):
        log.request(7, "SendChatMessage", 429, "alice", CorrelationId=request_id)
        log.add(AUTH, 7, OperationName="CreateToken", ResultSignature="429", CorrelationId=request_id)

    assert events == clinic("chat-operations", log).bad == clinic("identity-operations", log).bad


def test_call_automation_leaves_streams_to_their_own_signal() -> None:
    rows = [
        operation(400, "Play", "call-1", 429),
        operation(401, "AnswerCall", "call-2", 503),
        operation(402, "HangUp Call", "call-3", 404),
        operation(403, "StartTranscription", "call-4", 429),
        operation(404, "StartMediaStreaming", "call-5", 500),
    ]

    calls = streams(rows, family="call-automation-operations")

    assert (3, {"Play 429": 1, "AnswerCall 503": 1}) == (calls.total, calls.reasons)
    assert {"StartTranscription 429": 1, "StartMediaStreaming 500": 1} == streams(rows).reasons


def test_a_refused_start_is_bad_whatever_its_status_and_a_refused_stop_is_not() -> None:
    result = streams([operation(400, "StartTranscription", "a", 400), operation(401, "StopTranscription", "a", 400), operation(402, "UpdateTranscription", "b", 403)])  # fmt: skip

    assert (3, {"StartTranscription 400": 1, "UpdateTranscription 403": 1}) == (result.total, result.reasons)


@pytest.mark.parametrize(
    ("subcode", "message", "reason"),
    [
        (8581, "Action failed.", "transport URL not usable"),
        (0, "Transport url is not valid or web socket server is not operational", "transport URL not usable"),
        (8565, "Too many requests", "speech or service failure"),
        (8578, "Action failed.", "stream interrupted"),
        (8777, "The moon is full.", "unclassified"),
    ],
)
def test_a_failed_summary_counts_by_its_subcode(subcode: int, message: str, reason: str) -> None:
    (row,) = streams(summaries=[media(400, "StartTranscription", subcode, message=message)]).rows

    assert (reason, "StartTranscription 8777 The moon is full." if reason == "unclassified" else "") == (row.reason, row.sample)  # fmt: skip


def test_a_summary_of_a_call_that_was_over_or_of_a_prompt_counts_nothing() -> None:
    assert () == tuple(streams(summaries=[media(400, "StartTranscription", 8528), media(401, "Play", 8565)]).rows)  # fmt: skip


# Chat clients


def test_apps_that_subscribe_without_the_channel_are_bad_as_often_as_they_were_sampled() -> None:
    log = AcsLog()
    words = "You must call startRealtimeNotifications before you can subscribe to events."
    log.add(EXCEPTIONS, 7, OuterMessage=words, ItemCount=4, _ResourceId=CHAT_PAGE)
    log.add(
        TRACES, 8, Message=f"chat: {words}", ItemCount=1, _ResourceId=CHAT_PAGE.replace("chat-page", "kiosk")
    )
    log.add(TRACES, 8, Message="startRealtimeNotifications succeeded", ItemCount=1, _ResourceId=CHAT_PAGE)

    result = clinic("chat-clients", log)

    assert {CHAT_PAGE: 4.0, CHAT_PAGE.replace("chat-page", "kiosk"): 1.0} == {row.resource: row.events for row in result.rows}  # fmt: skip
    assert {"subscribed without the channel": 5} == result.reasons


def test_a_channel_that_never_came_up_is_bad_and_one_that_comes_back_is_not() -> None:
    log = AcsLog()
    log.channel(7, False, "firewalled")
    log.channel(6, True, "train", UserAuthenticatedId="alice")
    log.channel(8, False, "train", UserAuthenticatedId="alice")
    log.channel(10.9, True, "train-again", UserAuthenticatedId="alice")
    log.channel(21, True, "leaves")
    log.channel(27, False, "leaves")

    assert {"channel never came up": 1} == clinic("chat-clients", log).reasons


@pytest.mark.parametrize(("cuts", "ups", "bad"), [(10, 0, 10), (9, 0, 0), (20, 19, 0), (30, 8, 30)])
def test_channels_that_stay_down_are_bad_where_surely_more_go_than_come(
    cuts: int, ups: int, bad: int
) -> None:
    log = AcsLog()
    for number in range(cuts):
        log.channel(-60 + number, True, f"old-{number}")
        log.channel(31 + number / 10, False, f"old-{number}")
    for number in range(ups):
        log.channel(30.5 + number / 10, True, f"new-{number}")

    assert bad == clinic("chat-clients", log).reasons.get("channel stayed down", 0)


def test_a_channel_lost_within_the_last_3_minutes_is_not_judged_yet() -> None:
    log = AcsLog()
    for number in range(30):
        log.channel(58, False, f"session-{number}")

    assert (0, 30) == (clinic("chat-clients", log).bad, clinic("chat-clients", log).total)


# Transcription sockets


@pytest.mark.parametrize("code", [1000, 1001, 1005, None])
def test_a_close_that_a_hang_up_gives_is_good(code: int | None) -> None:
    result = sockets([closed(400, 73.0, code)])

    assert (1, 0) == (result.total, result.bad)


@pytest.mark.parametrize("code", [1002, 1006, 1011, 1012, 4001])
def test_a_close_that_no_hang_up_gives_is_bad(code: int) -> None:
    assert {f"closed {code}": 1} == sockets([closed(400, 73.0, code)]).reasons


def test_a_record_that_was_written_twice_counts_once() -> None:
    assert 1 == sockets([closed(400, 73.0), closed(400, 73.0)]).bad


@pytest.mark.parametrize(
    ("on_comb", "off_comb", "settings", "is_bad"),
    [
        (20, 20, {}, True),
        (19, 0, {}, False),
        (20, 21, {}, False),
        (60, 0, {"ping_interval_s": "none"}, False),
        (60, 0, {"asgi_server": "daphne/4.1"}, False),
        (60, 0, {"ping_timeout_s": "30"}, False),  # then the comb lies at 50, 70, 90 s
    ],
)
def test_codeless_ends_are_bad_once_20_and_half_sit_on_the_keepalive_comb(on_comb: int, off_comb: int, settings: dict[str, object], is_bad: bool) -> None:  # fmt: skip
    lives = [(40.0, 61.4, 98.6)[number % 3] for number in range(on_comb)] + [51.0] * off_comb
    moments = [301 + 4.7 * number for number in range(len(lives))]  # all in one bucket
    records = [closed(moment + number / 100, life, 1005, **settings) for number, (moment, life) in enumerate(zip(moments, lives, strict=True))]  # fmt: skip
    bad = [row for row in sockets([*hang_ups(100), *records]).rows if row.is_bad]

    assert is_bad == bool(bad)
    assert {"keepalive comb"} >= {row.reason for row in bad}


@pytest.mark.parametrize(("ends", "code", "spread_lives", "is_bad"), [(20, 1001, True, True), (19, 1001, True, False), (40, 1000, True, False), (40, 1001, False, False), (25, 1006, True, True)])  # fmt: skip
def test_many_sockets_of_one_instance_that_end_within_3_seconds_are_a_mass_end(ends: int, code: int, spread_lives: bool, is_bad: bool) -> None:  # fmt: skip
    # From 1000.0 on: two slots of 3 seconds share them.
    records = [closed(1000 + 2.9 * number / ends, 30.5 + (11 * number if spread_lives else 0), code) for number in range(ends)]  # fmt: skip

    assert ({"mass-end": ends} if is_bad else {}) == sockets([*hang_ups(60), *records]).reasons


def test_a_busy_instance_may_end_many_sockets_a_second() -> None:
    dense = [closed(600 + number / 8, 30.0 + number % 97, 1001) for number in range(2400)]

    assert 0 == sockets(dense).bad


# Transcription sessions


def test_sessions_on_the_keepalive_comb_are_bad_from_20_on() -> None:
    beat = [session(second, (40.2, 60.7, 40.0, 80.9)[number % 4]) for number, second in enumerate(spread(60))]
    other_sessions = [session(second + 1, 33.0 + number) for number, second in enumerate(spread(40))]
    result = sessions([*beat, *other_sessions])

    assert 100 == result.total
    assert {"keepalive comb"} == set(result.reasons)
    assert 35 <= result.bad <= 60
    assert 0 == sessions(beat[:19]).bad


def test_random_lifetimes_and_one_limit_of_60_seconds_are_no_comb() -> None:
    random_lives = [session(second, 39.0 + 62.0 * number / 300) for number, second in enumerate(spread(300))]
    limited = [session(second, 60.1) for second in spread(300)]

    assert 0 == sessions(random_lives).bad
    assert 0 == sessions(limited).bad


def test_a_session_with_a_row_per_participant_counts_once() -> None:
    rows = [session(400, life, StreamingSessionId="s-1", ParticipantId=f"p-{life}") for life in (12.0, 40.0)]

    assert 1 == sessions(rows).total


# Cases


def of_case(case: Case, family: LogFamily, start: datetime | None = None) -> Counts:
    """Ask a family of a whole case, from its start or later; a family whose tables it lacks counts nothing."""
    rows_by_table = read_folder(case.folder).tables
    if not set(rows_by_table).intersection(family.tables):
        return Counts(())
    start = start or bucket_of(case.scope.window.start)
    return counts(family.id, rows_by_table, start, case.scope.window.end, resources=case.scope.resources, apps=case.scope.applications)  # fmt: skip


def of_symptom(case: Case) -> list[LogFamily]:
    return [family for family in FAMILIES if family.signals[0].symptom == case.playbook]


def raises(result: Counts) -> bool:
    """Would the symptom's own thresholds see it?"""
    return result.bad >= 20 and (result.bad / result.total >= 0.02 or result.peak() >= 0.05)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_signal_shows_the_symptom_of_a_case_exactly_when_its_playbook_does(case: Case) -> None:
    families = [family.id for family in of_symptom(case) if raises(of_case(case, family))]

    assert (Conclusion.SUPPORTED == case.conclusion) == bool(families), families


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("usage-alone-shows-the-beat", "transcription-sessions"),
        ("the-handler-waits-for-its-prompt", "transcription-sockets"),
        ("a-deployment-ends-every-call", "transcription-sockets"),
        ("new-proxy-cuts-the-notifications", "chat-clients"),
        ("refresher-hands-out-stale-tokens", "call-attempts"),
    ],
)
def test_a_bucket_holds_the_same_whatever_window_asks_for_it(name: str, family: str) -> None:
    (case,) = [example for example in CASES if example.name == name]
    later = bucket_of(case.scope.window.start) + timedelta(minutes=35)
    whole = [row for row in of_case(case, BY_ID[family]).rows if row.bucket >= later]

    assert whole
    assert set(whole) == set(of_case(case, BY_ID[family], later).rows)
