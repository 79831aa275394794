"""Each fault that a test can put into the stand-in: the watch opens the incident from its rows, and diagnoses it.

Where Microsoft publishes the words, the cause is named. Where it does not, the diagnosis says so and quotes them.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

import jwt
import pytest
from pubsub_stage import RecordingHandler, client_address, handshake_status, open_client, receive
from starlette.responses import Response

from local.machine.certificates import certificate
from local.pubsub.hubs import SYSTEM_EVENTS, EventHandler, Hub, Pace
from local.pubsub.service import PubSubService
from local.rows.pubsub_log import LOBBY, NINE, TABLES, PubSubLog
from local.workspace.arrival import with_arrival
from local.workspace.database import Workspace
from shared.cloud.web_pubsub.line import WebSocketLine
from shared.configuration.resources import WatchedResource
from shared.health.canary.steps import tried
from shared.incidents.diagnose import diagnose_incident, window_of
from shared.incidents.incident import Incident
from shared.incidents.watch import watch
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.run import diagnose_together
from shared.queries.logs import LogAnswer
from shared.queries.run import Run
from shared.queries.scope import Scope, Window
from tests import drawn
from tests.incidents.fake_rooms import House
from tests.signals.direct_logs import DirectLogs

CALLERS, ROUNDS = 10, 6
PAGE = Path(__file__).parents[3] / "docs" / "web-pubsub-stand-in.md"
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
        self.clients = ExitStack()  # that stay for as long as the floor


class AmongOthers:
    """Takes the stand-in's rows into a log that has others."""

    def __init__(self, log: PubSubLog) -> None:
        self._log = log

    def add(self, table: str, row: Mapping[str, object]) -> None:
        self._log.rows.setdefault(table, []).append(dict(row))


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    clock, log, handler = FloorClock(), PubSubLog().accepted(200), RecordingHandler()
    with (
        handler.serving() as template,
        PubSubService(clock=clock, rows_to=AmongOthers(log), pace=PACE) as service,
    ):
        service.hubs["lobby"] = Hub([EventHandler(template, SYSTEM_EVENTS)])
        running = Floor(service, clock, log, handler)
        with running.clients:
            yield running


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
    floor.service.hubs["lobby"].quota = 3
    for _ in range(3):
        receive(floor.clients.enter_context(open_client(floor.service, access_token=signed(floor))))
    return "lobby", signed(floor)


def hub_cannot_be(floor: Floor) -> tuple[str, str]:
    return "1obby", signed(floor, "1obby")


def hub_misspelt(floor: Floor) -> tuple[str, str]:
    return "loby", signed(floor)


FAULTS: Mapping[str, Callable[[Floor], tuple[str, str]]] = {
    "a key was regenerated": key_regenerated,
    "the audience is of another host": audience_wrong,
    "the token has expired": token_expired,
    "the handler cannot be reached": handler_gone,
    "the handler answers 404": handler_forgot_its_route,
    "the handler is too slow": handler_slow,
    "the handler allows another origin": handler_wants_another_origin,
    "the quota is reached": quota_reached,
    "the hub is misspelt, and cannot exist": hub_cannot_be,
    "the hub is misspelt, and could exist": hub_misspelt,
}


@dataclass
class RememberingLogs:
    """Logs that several threads ask one after the other, and each thing once: no row comes meanwhile."""

    logs: DirectLogs
    _answers: dict[str, LogAnswer] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        with self._lock:
            if text not in self._answers:
                self._answers[text] = self.logs.query(text, within)
            return self._answers[text]


def break_it(floor: Floor, fault: Callable[[Floor], tuple[str, str]]) -> str:
    """Refuse clients of several addresses, some minutes apart; return the step of a canary's try that failed, and why."""
    hub, access_token = fault(floor)

    def refused(caller: int) -> bool:
        status = handshake_status(
            floor.service, hub, access_token=access_token, address=f"127.0.0.{2 + caller}"
        )
        return status >= 400

    with ThreadPoolExecutor(CALLERS) as callers:
        for number in range(ROUNDS):
            floor.clock.time = NINE + timedelta(minutes=10 + 5 * number)
            assert all(callers.map(refused, range(CALLERS)))
    address = client_address(floor.service, hub, access_token=access_token)
    outcome = tried(lambda _: address, WebSocketLine)
    return f"{outcome.failed_step}: {outcome.failure}"


def watched(floor: Floor) -> tuple[list[Incident], list[Diagnosis]]:
    """Let the watch look at the rows, and diagnose each incident that it opens once all of them have arrived."""
    house = House(resources=(WatchedResource(LOBBY, "floor", "floor", "floor", region="eastus"),))
    workspace = Workspace()
    workspace.load(with_arrival({table: floor.log.rows.get(table, []) for table in TABLES}))
    logs = RememberingLogs(DirectLogs(workspace))
    sources = replace(house.sources(), logs_over=lambda _: logs)
    now = NINE + timedelta(minutes=70)
    opened = watch(sources, house.policy(), house.casework(), now).incidents
    playbooks = [house.playbooks[incident.symptom] for incident in opened]
    diagnoses = []
    for incident in opened:
        # A busy machine takes longer than a diagnosis has; after this one all answers are there.
        window = window_of(incident, now)
        breach = Window(incident.onset, window.end)
        run = Run(logs, Scope((LOBBY,), window), timedelta(minutes=10), breach=breach)
        diagnose_together(playbooks, run, house.playbooks)
        made = diagnose_incident(sources, house.policy(), house.casework(), incident.id, now)
        assert made is not None
        diagnoses.append(made.diagnosis)
    return list(opened), diagnoses


def said(diagnosis: Diagnosis) -> str:
    """Say what a diagnosis found, as the table of the docs does."""
    if diagnosis.cause:
        return f"`{diagnosis.cause}`"
    texts = sorted(
        set(re.findall(r"unpublished/[A-Z]\d+", str(diagnosis.unexplained) + str(diagnosis.findings)))
    )
    return f"{diagnosis.conclusion}, quoting {', '.join(f'`{text}`' for text in texts)}"


def documented() -> dict[str, tuple[str, ...]]:
    """Return the rows of the table of faults, by fault."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| Fault |"))
    rows = [line.strip("| ").split(" | ") for line in itertools.takewhile(bool, lines[start + 2 :])]
    return {row[0]: tuple(row[1:]) for row in rows}


def test_the_table_of_the_docs_has_every_fault() -> None:
    assert set(FAULTS) == set(documented())


@pytest.mark.parametrize(
    "title", drawn.cases("faults of a line beside their documented diagnoses", FAULTS, 2)
)
def test_the_watch_opens_the_incident_of_a_fault_and_the_diagnosis_says_what_the_docs_say(
    floor: Floor, title: str
) -> None:
    words, client, symptoms, says = documented()[title]
    assert client == break_it(floor, FAULTS[title])
    incidents, diagnoses = watched(floor)

    assert symptoms == ", ".join(f"`{incident.symptom}`" for incident in incidents)
    assert says == "; ".join(dict.fromkeys(map(said, diagnoses)))
    assert ("not published" == words) == says.startswith("inconclusive")


def test_the_floor_takes_clients_before_a_fault(floor: Floor) -> None:
    with open_client(floor.service, access_token=signed(floor)) as client:
        assert "connected" == receive(client)["event"]
