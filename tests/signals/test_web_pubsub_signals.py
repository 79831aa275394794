"""The signals of Web PubSub's logs: what counts as bad, by which reason, in which bucket, of which resource."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest
from direct_logs import DirectLogs

from local.exports import read_folder
from local.replay.case import Case, all_cases
from local.rows.pubsub_log import CONNECTIVITY, LOBBY, MESSAGING, NINE, REQUEST, PubSubLog, spread
from local.workspace import kql
from local.workspace.database import INGESTION_TIME, Workspace
from shared.configuration.resources import WatchedResource
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.signals.counts import Count
from shared.signals.poll import poll
from shared.signals.web_pubsub import FAMILIES
from tests import drawn

PIT = LOBBY.replace("/lobby", "/trading-pit")
OF = {family.signals[0].symptom: family.signals[0].id for family in FAMILIES}
USER_EVENT = (
    "Sending message during operation hub:lobby,event:chat,type:user,category:messages,"
    "requestType:Message got unexpected response with status code {}."
)
CONNECT_EVENT = USER_EVENT.replace("event:chat,type:user", "event:connect,type:sys")
AUDIENCE = (
    "Failed to validate audience. Expected Audiences: https://a/client. Actual Audiences: https://b/client"
)
RELOAD = "Service reloading, reconnect"
# {"exp": 1700000000}, years before
STALE = "/client/hubs/lobby?access_token=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2ln"
HOUR = (0.0, 60.0)


def counted(
    received: Mapping[str, Sequence[Mapping[str, object]]], *resources: str, now: float = 62
) -> Sequence[Count]:
    """Load rows, each ingested 30 seconds after it happened, and poll them for the first time."""
    workspace = Workspace()
    workspace.load(
        {
            table: [{INGESTION_TIME: row["TimeGenerated"] + timedelta(seconds=30), **row} for row in rows]  # type: ignore[operator]
            for table, rows in received.items()
        }
    )
    watched = [
        WatchedResource(resource_id, "floor", "floor", "floor") for resource_id in resources or (LOBBY,)
    ]
    result = poll(watched, lambda _: DirectLogs(workspace), {}, FAMILIES, NINE + timedelta(minutes=now))
    assert () == result.failures
    return result.counts


def of(log: PubSubLog) -> Mapping[str, Sequence[Mapping[str, object]]]:
    return {table: log.rows.get(table, []) for table in (CONNECTIVITY, REQUEST, MESSAGING)}


def reasons(counts: Sequence[Count], signal: str, resource: str = LOBBY) -> dict[str, float]:
    events_by_reason: dict[str, float] = {}
    for count in counts:
        if (count.signal, count.resource) == (signal, resource):
            for reason, events in count.reasons.items():
                events_by_reason[reason] = events_by_reason.get(reason, 0) + events
    return {reason: round(events, 3) for reason, events in events_by_reason.items()}


def total(counts: Sequence[Count], signal: str, resource: str = LOBBY) -> float:
    return sum(count.total for count in counts if (count.signal, count.resource) == (signal, resource))


def aborted(count: int, message: str) -> PubSubLog:
    return PubSubLog().told(count, message)


# ---- refused connects -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(PubSubLog().refused(9, 401), {"status 401": 9}, id="a status alone"),
        pytest.param(PubSubLog().refused(9, 401, message=AUDIENCE), {"audience": 9}, id="a status with a text"),
        pytest.param(aborted(9, AUDIENCE), {"audience": 9}, id="a text alone"),
        pytest.param(aborted(9, AUDIENCE).refused(9, 401), {"audience": 9}, id="a text and a status of the same"),
        pytest.param(aborted(9, AUDIENCE).refused(12, 401, first=10, last=50), {"audience": 9, "status 401": 3}, id="more statuses than texts"),
        pytest.param(aborted(9, "The access token has expired."), {"expired": 9}, id="expired"),
        pytest.param(aborted(9, "IDX10511: Signature validation failed."), {"signature": 9}, id="signature"),
        pytest.param(aborted(9, "Connection count reaches limit"), {"connection-limit": 9}, id="quota"),
        pytest.param(PubSubLog().refused(9, 429, message="Message count reaches limit"), {"message-limit": 9}, id="messages of the day"),
        pytest.param(aborted(9, "Request is denied by network ACL"), {"network": 9}, id="network"),
        pytest.param(PubSubLog().refused(9, 414), {"status 414": 9}, id="too long"),
        pytest.param(PubSubLog().refused(9, 503, message="The moon is in the wrong house"), {"unclassified": 9}, id="a text that no rule knows"),
        pytest.param(PubSubLog().upstream(9, CONNECT_EVENT.format(403)).refused(9, 403), {"upstream": 9}, id="the handler's refusal, passed on"),
        pytest.param(PubSubLog().upstream(9, CONNECT_EVENT.format(403)).refused(9, 500), {"upstream": 9}, id="the handler's refusal, told as 500"),
        pytest.param(PubSubLog().refused(9, 401, url="/api/hubs/lobby/:send"), {}, id="the REST API is not a connect"),
        pytest.param(PubSubLog().refused(9, 399), {}, id="an answer under 400"),
        pytest.param(PubSubLog().refused(9, 400), {"status 400": 9}, id="an answer of 400"),
        pytest.param(PubSubLog().refused(9, 400, url="/client/hubs/7floor"), {"hub": 9}, id="a hub name that the service does not take"),
        pytest.param(PubSubLog().refused(9, 401, url=STALE), {"expired": 9}, id="a token that had expired"),
        pytest.param(aborted(9, AUDIENCE).refused(9, 401, url=STALE), {"audience": 9, "expired": 9}, id="an expired token explains itself"),
        pytest.param(aborted(9, RELOAD), {}, id="a reload refuses nobody"),
    ],
)  # fmt: skip
def test_a_refused_connect_is_counted_once_by_its_reason(log: PubSubLog, expected: dict[str, float]) -> None:
    counts = counted(of(log.accepted(40)))

    assert expected == reasons(counts, "refused-connects")
    accepted = 9 if any(row.get("StatusCode") == "399" for row in log.rows.get(REQUEST, ())) else 0
    assert 40 <= total(counts, "refused-connects") - sum(expected.values()) <= 40 + accepted


def test_an_unclassified_refusal_keeps_its_text_without_the_secret_in_it() -> None:
    text = (
        f"The moon is in the wrong house, AccessKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE= {'o' * 300}"
    )
    counts = counted(of(PubSubLog().refused(9, 503, message=text)))

    samples = {count.sample for count in counts if count.signal == "refused-connects"}
    assert all(sample.startswith("The moon is in the wrong house, AccessKey=[redacted") for sample in samples)
    assert {200} == {len(sample) for sample in samples}


# ---- drops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(aborted(9, "Connection ping timeout"), {"ping-timeout": 9}, id="ping timeout"),
        pytest.param(aborted(9, "SlowClient"), {"slow-client": 9}, id="slow client"),
        pytest.param(aborted(9, "Internal server transient error"), {"transient": 9}, id="transient"),
        pytest.param(aborted(9, "Application server closed the connection"), {"closed-by-server": 9}, id="closed by the server"),
        pytest.param(aborted(9, "Connection count reaches limit"), {"connection-limit": 9}, id="quota"),
        pytest.param(aborted(9, "The moon is in the wrong house"), {"unclassified": 9}, id="a text that no rule knows"),
        pytest.param(aborted(9, ""), {"unclassified": 9}, id="no text"),
        pytest.param(aborted(9, RELOAD), {}, id="a service reload"),
        pytest.param(aborted(9, AUDIENCE), {}, id="a refused connect never was connected"),
        pytest.param(PubSubLog().upstream(9, USER_EVENT.format(500)), {"handler-failing": 9}, id="a user event that fails"),
        pytest.param(PubSubLog().upstream(9, "EventHandlerNotFound"), {"handler-missing": 9}, id="a user event without a handler"),
        pytest.param(PubSubLog().upstream(9, CONNECT_EVENT.format(500)), {}, id="a connect event that fails"),
        pytest.param(PubSubLog().upstream(9, USER_EVENT.format(500)).told(9, ""), {"handler-failing": 9}, id="a text that tells of the abort beside it"),
        pytest.param(PubSubLog().upstream(9, USER_EVENT.format(500)).told(18, ""), {"handler-failing": 9, "unclassified": 9}, id="more aborts than texts"),
        pytest.param(PubSubLog().closed(9, 10, 50), {}, id="clients that left"),
    ],
)  # fmt: skip
def test_a_drop_is_counted_by_its_reason(log: PubSubLog, expected: dict[str, float]) -> None:
    assert expected == reasons(counted(of(log.accepted(40))), "aborts")


def test_reloads_are_outside_the_total() -> None:
    log = aborted(30, RELOAD).accepted(40)

    assert 40 == total(counted(of(log)), "aborts")


def test_a_connection_that_starts_and_ends_in_one_bucket_is_one_and_tells_its_own_reason() -> None:
    log = PubSubLog()
    for operation, message in (("ConnectionStarted", ""), ("ConnectionAborted", "SlowClient")):
        log.add(CONNECTIVITY, 11, OperationName=operation, Message=message, ConnectionId="c-alice")
    log.add(MESSAGING, 11, Message=USER_EVENT.format(502), ConnectionId="c-alice")
    counts = counted(of(log))

    assert {"slow-client": 1} == reasons(counts, "aborts")
    assert 1 == total(counts, "aborts")


def moment(ends: int, *, seconds: float = 4, other_count: int = 0, open_then: int = 0) -> PubSubLog:
    """Clients that leave within seconds after 9:12, others that leave in the rest of that bucket, and some that stay."""
    log = PubSubLog().closed(ends, 12, 12 + seconds / 60)
    return log.closed(other_count, 13, 15).accepted(open_then, 1, 11)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(moment(20), {"mass-close": 20}, id="20 at one moment"),
        pytest.param(moment(19), {}, id="19 at one moment"),
        pytest.param(moment(40, seconds=110), {}, id="40 over two minutes"),
        pytest.param(moment(20, other_count=20), {"mass-close": 20}, id="half of the bucket"),
        pytest.param(moment(20, other_count=21), {}, id="less than half of the bucket"),
        pytest.param(moment(30, open_then=40), {"mass-close": 30}, id="30 of 70 that were open"),
        pytest.param(moment(30, open_then=100), {}, id="30 of 130 that were open"),
        pytest.param(moment(30).told(60, RELOAD, 12, 12.1), {}, id="beside a reload of twice as many"),
    ],
)
def test_ends_at_one_moment_are_drops(log: PubSubLog, expected: dict[str, float]) -> None:
    assert expected == reasons(counted(of(log)), "aborts")


# ---- errors of event handlers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param(PubSubLog().upstream(9, USER_EVENT.format(500)), {"lobby: 500": 9}, id="a status of a hub"),
        pytest.param(PubSubLog().upstream(9, CONNECT_EVENT.format(404)), {"lobby: 404": 9}, id="a connect event"),
        pytest.param(PubSubLog().upstream(9, "EventHandlerNotFound"), {"not-registered": 9}, id="no handler"),
        pytest.param(PubSubLog().upstream(9, "Abuse protection for 'https://h.example/x' failed: 401."), {"abuse-protection": 9}, id="validation"),
        pytest.param(PubSubLog().upstream(9, "Call to upstream timed out"), {"slow": 9}, id="slow without a status"),
        pytest.param(PubSubLog().upstream(9, "Call to upstream: error of the third kind"), {"unclassified": 9}, id="an error without a status"),
        pytest.param(PubSubLog().upstream(9, ""), {}, id="messages"),
        pytest.param(PubSubLog().upstream(9, USER_EVENT.format(204)), {}, id="a call that went well"),
    ],
)  # fmt: skip
def test_an_error_of_a_handler_is_counted_by_hub_and_status(
    log: PubSubLog, expected: dict[str, float]
) -> None:
    counts = counted(of(log.accepted(40)))

    assert expected == reasons(counts, "upstream-errors")
    assert total(counts, "upstream-errors") == 49


def test_an_error_that_stands_in_two_tables_counts_once() -> None:
    log = PubSubLog().upstream(9, USER_EVENT.format(500)).told(9, USER_EVENT.format(500))

    assert {"lobby: 500": 9} == reasons(counted(of(log)), "upstream-errors")


def test_a_hub_that_fails_alone_is_weighed_against_its_own_connects() -> None:
    log = PubSubLog().upstream(12, USER_EVENT.format(500), 10, 15).upstream(900, "", 10, 15)
    for minute in spread(30, 10, 15):
        log.request(minute, 101, url="/client/hubs/quotes")
    for minute in spread(4, 10, 15):
        log.request(minute, 101, url="/client/hubs/Lobby")

    assert 16 == total(counted(of(log)), "upstream-errors")


def test_few_errors_of_a_hub_are_weighed_against_the_whole_resource() -> None:
    log = PubSubLog().upstream(4, USER_EVENT.format(500), 10, 15).upstream(900, "", 10, 15)
    for minute in spread(30, 10, 15):
        log.request(minute, 101, url="/client/hubs/quotes")

    assert 904 == total(counted(of(log)), "upstream-errors")


# ---- resources ------------------------------------------------------------------------------------


def at(resource: str, log: PubSubLog) -> PubSubLog:
    for rows in log.rows.values():
        for row in rows:
            row["_ResourceId"] = resource
    return log


def both(*logs: PubSubLog) -> Mapping[str, Sequence[Mapping[str, object]]]:
    return {table: [row for log in logs for row in log.rows.get(table, ())] for table in (CONNECTIVITY, REQUEST, MESSAGING)}  # fmt: skip


def test_two_resources_are_counted_apart_by_one_query_each_family() -> None:
    received = both(
        PubSubLog().refused(9, 401).accepted(40), at(PIT, PubSubLog().refused(5, 503).accepted(8))
    )
    counts = counted(received, LOBBY, PIT)

    assert {"status 401": 9} == reasons(counts, "refused-connects", LOBBY)
    assert {"status 503": 5} == reasons(counts, "refused-connects", PIT)
    assert 49 == total(counts, "refused-connects", LOBBY)
    assert 13 == total(counts, "refused-connects", PIT)


def test_texts_of_one_resource_explain_no_status_of_another() -> None:
    counts = counted(both(aborted(9, AUDIENCE), at(PIT, PubSubLog().refused(9, 401))), LOBBY, PIT)

    assert {"audience": 9} == reasons(counts, "refused-connects", LOBBY)
    assert {"status 401": 9} == reasons(counts, "refused-connects", PIT)


def test_rows_of_a_replica_and_of_any_spelling_count_for_the_resource() -> None:
    east = at(f"{LOBBY.upper()}/replicas/EAST", PubSubLog().refused(9, 401).accepted(40))
    counts = counted(both(east, PubSubLog().refused(3, 401)))

    assert {"status 401": 12} == reasons(counts, "refused-connects")
    assert {LOBBY} == {count.resource for count in counts}


def test_a_resource_that_is_not_watched_is_not_counted() -> None:
    assert () == counted(both(at(PIT, PubSubLog().refused(9, 401))), LOBBY)


# ---- cases ----------------------------------------------------------------------------------------

CASES = [case for case in all_cases() if case.playbook.startswith("web-pubsub-")]


def verdicts(case: Case, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """What the symptom of each playbook of Web PubSub says of a case, by the signal that raises it."""
    from shared.playbooks.loading.load import load_library

    for symptom, signal in OF.items():
        text = complete(
            load_library()[symptom].symptom_check.text, case.scope, absent=set(tables()) - workspace.tables
        )
        answer = kql.run(workspace, text)
        (row,) = answer.rows()
        yield signal, str(dict(zip((name for name, _ in answer.columns), row, strict=True))["Verdict"])


BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    "case", drawn.cases("cases of Web PubSub beside their signals", BY_NAME, 5, of=BY_NAME.__getitem__)
)
def test_a_signal_is_loud_exactly_where_the_playbook_sees_its_symptom(case: Case) -> None:
    received = read_folder(case.folder).tables
    workspace = Workspace()
    workspace.load(received)
    rows = {table: rows for table, rows in received.items() if table.startswith("WebPubSub")}
    after = (case.scope.window.end - NINE) / timedelta(minutes=1)
    counts = [
        count
        for count in counted(rows, case.scope.resources[0], now=after)
        if count.bucket >= case.scope.window.start
    ]
    for signal, verdict in verdicts(case, workspace):
        own = [count for count in counts if count.signal == signal]
        bad, everything = sum(count.bad for count in own), sum(count.total for count in own)
        peak = max((count.bad / count.total for count in own if count.bad >= 5), default=0.0)
        print(f"{case.name}: {signal} {bad:.0f} of {everything:.0f}, peak {peak:.0%}; playbook: {verdict}")
        is_loud = round(bad, 6) >= 20 and (bad >= 0.02 * everything or peak >= 0.05)
        assert (verdict == "supported") == is_loud, f"{signal} {bad} of {everything}, peak {peak}: {verdict}"
