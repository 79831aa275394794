"""Each fault that a test can put into the stand-in, and what the playbook about failed connects makes of its rows.

Where Microsoft publishes the words, the cause is named. Where it does not, the diagnosis says so and quotes them.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import jwt
import pytest
from pubsub_stage import RecordingHandler, handshake_status, open_client, receive
from starlette.responses import Response

from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub, Pace
from local.pubsub.service import PubSubService
from local.rows.pubsub_log import NINE, SCOPE, TABLES, PubSubLog
from local.workspace.direct import TableLogs
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.loading.load import load_library
from shared.playbooks.run import diagnose

CALLERS, ROUNDS = 8, 5
PACE = replace(Pace().times(0.001), handler=timedelta(seconds=1))
GONE = "https://127.0.0.1:1/hooks/{event}"


class FloorClock:
    """The clock of the stand-in, which a test sets to a time of the diagnosed hour."""

    def __init__(self) -> None:
        self.time = NINE + timedelta(minutes=10)

    def now(self) -> datetime:
        return self.time


class Floor:
    """A service on a busy floor: its rows stand among those of 200 connects that went well."""

    def __init__(
        self, service: PubSubService, clock: FloorClock, log: PubSubLog, handler: RecordingHandler
    ) -> None:
        self.service, self.clock, self.log, self.handler = service, clock, log, handler


class AmongOthers:
    """Takes the stand-in's rows into a log that has others."""

    def __init__(self, log: PubSubLog) -> None:
        self._log = log

    def add(self, table: str, row: Mapping[str, object]) -> None:
        self._log.rows.setdefault(table, []).append(dict(row))


@pytest.fixture
def floor() -> Iterator[Floor]:
    clock, log, handler = FloorClock(), PubSubLog().accepted(200), RecordingHandler()
    with (
        handler.serving() as template,
        PubSubService(clock=clock, rows_to=AmongOthers(log), pace=PACE) as service,
    ):
        service.hubs["lobby"] = Hub([EventHandler(template, SYSTEM_EVENTS)])
        yield Floor(service, clock, log, handler)


def signed(floor: Floor, hub: str = "lobby", audience: str | None = None, minutes: float = 60) -> str:
    claims = {
        "aud": audience or f"{floor.service.endpoint}/client/hubs/{hub}",
        "exp": int((NINE + timedelta(minutes=minutes)).timestamp()),
        "sub": "alice",
    }
    return jwt.encode(claims, floor.service.keys.primary, "HS256")


def key_regenerated(floor: Floor) -> tuple[str, str]:
    access_token = signed(floor)
    floor.service.keys.regenerate("primary")
    floor.log.change(9, "regenerateKey/action")
    return "lobby", access_token


def audience_wrong(floor: Floor) -> tuple[str, str]:
    return "lobby", signed(floor, audience="https://former.example/client/hubs/lobby")


def token_expired(floor: Floor) -> tuple[str, str]:
    return "lobby", signed(floor, minutes=5)


def handler_gone(floor: Floor) -> tuple[str, str]:
    floor.service.hubs["lobby"].handlers[0] = EventHandler(GONE, SYSTEM_EVENTS)
    return "lobby", signed(floor)


def handler_forgot_its_route(floor: Floor) -> tuple[str, str]:
    floor.handler.answer = lambda _: Response(status_code=404)
    return "lobby", signed(floor)


def handler_slow(floor: Floor) -> tuple[str, str]:
    floor.handler.slow_s = 1.5  # longer than this service waits
    return "lobby", signed(floor)


def handler_wants_another_origin(floor: Floor) -> tuple[str, str]:
    floor.handler.allowed = "former.example"
    return "lobby", signed(floor)


def quota_reached(floor: Floor) -> tuple[str, str]:
    floor.service.hubs["lobby"].quota = 0
    return "lobby", signed(floor)


def hub_cannot_be(floor: Floor) -> tuple[str, str]:
    return "1obby", signed(floor, "1obby")


def hub_misspelt(floor: Floor) -> tuple[str, str]:
    return "loby", signed(floor)


def diagnosis_of(floor: Floor, fault: Callable[[Floor], tuple[str, str]]) -> Diagnosis:
    """Refuse clients of several addresses, a minute apart, and diagnose their hour."""
    hub, access_token = fault(floor)

    def refused(caller: int) -> bool:
        status = handshake_status(
            floor.service, hub, access_token=access_token, address=f"127.0.0.{2 + caller}"
        )
        return status >= 400

    with ThreadPoolExecutor(CALLERS) as callers:
        for number in range(ROUNDS):
            floor.clock.time = NINE + timedelta(minutes=10 + 8 * number)
            assert all(callers.map(refused, range(CALLERS)))
    playbooks = load_library()
    rows = {table: floor.log.rows.get(table, []) for table in TABLES}
    run = TableLogs(rows).run_on(SCOPE)
    return diagnose(playbooks["web-pubsub-connection-failures"], run, playbooks)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (audience_wrong, "audience-mismatch"),
        (hub_misspelt, "audience-mismatch"),
        (hub_cannot_be, "hub-or-endpoint-wrong"),
        (quota_reached, "connection-quota-reached"),
        (handler_forgot_its_route, "upstream-rejects-connect"),
        (handler_wants_another_origin, "abuse-protection-failing"),
        (handler_gone, "upstream-rejects-connect"),
    ],
)
def test_a_fault_whose_words_are_published_is_named(
    floor: Floor, fault: Callable[[Floor], tuple[str, str]], cause: str
) -> None:
    diagnosis = diagnosis_of(floor, fault)

    assert ("supported", cause) == (diagnosis.conclusion, diagnosis.cause)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (key_regenerated, "unpublished/T3"),
        (token_expired, "unpublished/T4"),
        (handler_slow, "unpublished/E3"),
    ],
)
def test_a_fault_whose_words_are_not_published_is_quoted(
    floor: Floor, fault: Callable[[Floor], tuple[str, str]], text: str
) -> None:
    diagnosis = diagnosis_of(floor, fault)

    assert ("inconclusive", None) == (diagnosis.conclusion, diagnosis.cause)
    assert text in str(diagnosis)


def test_the_floor_takes_clients_before_a_fault(floor: Floor) -> None:
    with open_client(floor.service, access_token=signed(floor)) as client:
        assert "connected" == receive(client)["event"]
