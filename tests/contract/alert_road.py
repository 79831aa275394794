"""The way from an alert to its delivered card: the app's own functions, between a caller like Azure Monitor and Teams."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import AzureError

from local.azure.azurite import Azurite, azurite
from local.host import Host, functions_of_the_app
from local.replay.stage import StageClock
from local.teams import Channel, teams
from shared.app import stores
from shared.app.names import ALERT_QUEUES, Queue
from shared.app.runtime import current, hosted
from shared.cloud.storage.account import Storage
from shared.health.retention import KINDS
from shared.incidents.incident import Incident
from tests.contract.injected import Faults, Kind, Sent, failing

NAMES = (
    "receive_alert",
    "handle_alert",
    "handle_urgent_alert",
    "deliver_notice",
    "track_incidents",
    "send_due_notices",
)
LEASE = timedelta(seconds=1)  # in real time: so long is a message hidden whose host fell over
REPEAT = "This may be a repeat"
QUEUES = (*ALERT_QUEUES, Queue.NOTICES)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
LOBBY = "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby-{}"
# The two stories: of an alert that fits an incident, and of one that does not.
INCIDENT, ANNOUNCEMENT = "incident", "announcement"
SEVERITIES = {INCIDENT: "Sev1", ANNOUNCEMENT: "Sev3"}  # one goes the urgent way, and one the other
STATES = {INCIDENT: ("opened", "resolved"), ANNOUNCEMENT: ("alert", "alert resolved")}
_MOST_ROUNDS = 12  # minutes until all is told
_MOST_CALLS = 30  # of Azure Monitor for one alert
_MOST_PATIENT = 5_000  # rounds in which a hidden message may come back
_TOLD = {"The cause is not known yet": "opened", "Resolved: every alert": "resolved"}
_TOLD |= {"Alert: ": "alert", "Alert resolved: ": "alert resolved"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of one story."""

    sent: tuple[Sent, ...]
    statuses: tuple[int, ...]  # of each alert: what its caller was told in the end
    cards: tuple[tuple[str, bool], ...]  # state, and whether it is marked as a possible repeat
    problems: tuple[str, ...]


@dataclass
class Road:
    """The app between Azure Monitor and Teams; each story that is played happens to another lobby."""

    host: Host
    faults: Faults
    channel: Channel
    clock: StageClock
    azurite: Azurite
    folder: Path
    environment: pytest.MonkeyPatch
    _runs: Iterator[int] = field(default_factory=count)
    _statuses: list[int] = field(default_factory=list)
    _lobby: str = ""
    _gives_back: bool = False

    def on_new_account(self) -> None:
        """Go on where nothing was made yet."""
        for name, value in self.azurite.environment_of(self.azurite.unused()).items():
            self.environment.setenv(name, value)
        functions = [function for function in functions_of_the_app() if function.name in NAMES]
        wrapped = [
            replace(function, code=self.faults.during(function.name, function.code)) for function in functions
        ]
        self.host = Host(wrapped, lease=LEASE)
        for storage in (current().storage, current().fast_storage):
            storage.queue(Queue.ALERTS)  # of the other story, which never begins on a new account

    def play(self, story: str, fatal: Mapping[int, Kind] | None = None, *, lasts: bool = False) -> Ending:
        """Play a story in which requests fail, and the work is then run again until all is quiet."""
        self.clock.moment = NOON + timedelta(days=next(self._runs))
        self._lobby = LOBBY.format(f"{self.clock.moment:%m%d%Y}")
        watched = self._lobby if story == INCIDENT else LOBBY.format("other")
        (self.folder / "resources.yaml").write_text(f"resources:\n  - {watched}\n", encoding="utf-8")
        self._statuses, cards_before = [], len(self.channel.cards)
        # Five attempts of a message are not enough where something fails for longer, or two things do.
        self._gives_back = lasts or len(fatal or {}) > 1
        self.faults.begin(fatal or {}, lasts=lasts)
        fired_at = self.clock.moment
        self._tell(story, fired_at, "Fired")
        self._wait(minutes=5)
        self._tell(story, fired_at, "Resolved")
        for minutes in (1, 31, 31, 31) if story == INCIDENT else ():
            if self._is_over():
                break
            self._wait(minutes)
            self.host.fire("track_incidents")
            self._until_quiet()
        self._open_forgotten_lanes()
        cards = tuple(_told(card) for card in self.channel.cards[cards_before:])
        ending = Ending(tuple(self.faults.sent), tuple(self._statuses), cards, tuple(self._problems(story)))
        self._forget_troubles()
        return ending

    def _forget_troubles(self) -> None:
        """Forget what could not be handled, so that the next story sends what it always does."""
        troubles = self._storage.table("quarantine")
        for one in list(troubles.list_entities()):
            troubles.delete_entity(one["PartitionKey"], one["RowKey"])

    def _tell(self, story: str, fired_at: datetime, condition: str) -> None:
        """Bring an alert as Azure Monitor does, which comes again where it is told to."""
        body = alert(self._lobby, fired_at, condition, SEVERITIES[story])
        for _ in range(_MOST_CALLS):
            answer = self.host.request("POST", "/api/alerts", {"x-functions-key": self.host.key}, body)
            if answer.status_code != 503:
                break
            self._drain()  # Azure Monitor takes its time
        self._statuses.append(answer.status_code)
        self._until_quiet()

    def _wait(self, minutes: int) -> None:
        self.clock.moment += timedelta(minutes=minutes)

    def _until_quiet(self) -> None:
        """Let time pass until nothing is owed; what goes on to fail is mended then, and a person gives back what was given up."""
        self._go_on()
        while self.faults.is_lasting or self._given_up():
            self.faults.mend()
            self._give_back()
            self._go_on()

    def _open_forgotten_lanes(self) -> None:
        """Let half an hour begin, where a notice waits in no lane: its writer fell over, and had no reason to write it again."""
        if stores.outbox(self._storage).waiting(self.clock.moment + timedelta(days=1)):
            later = self.clock.moment + timedelta(minutes=11)
            self._wait(minutes=11 + 30 - later.minute % 30)
            self.host.fire("send_due_notices")
            self._until_quiet()

    def _given_up(self) -> bool:
        return self._gives_back and any(self._waiting(f"{name}-poison") for name in QUEUES)

    def _give_back(self) -> None:
        for name in QUEUES if self._gives_back else ():
            poison = self._storage.queue(f"{name}-poison")
            for message in list(poison.receive_messages()):
                self._storage.queue(name).send_message(message.content, time_to_live=-1)
                poison.delete_message(message)

    def _go_on(self) -> None:
        self._drain()
        for _ in range(_MOST_ROUNDS):
            if self._is_quiet():
                return
            self._wait(minutes=1)
            self.host.fire("track_incidents")
            self.host.fire("send_due_notices")
            self._drain()

    def _drain(self) -> None:
        """Feed the queues until they are empty; where the host itself fell over, its message comes back."""
        for _ in range(_MOST_PATIENT):
            try:
                self.host.drain()
            except AzureError:
                self.faults.revive()
                continue
            if not any(self._waiting(name) for name in QUEUES):
                return
        raise AssertionError("messages never came back")

    def _waiting(self, queue: str) -> int:
        properties = self._storage.queue(queue).get_queue_properties()
        return int(properties.approximate_message_count or 0)

    def _is_quiet(self) -> bool:
        owes = any(incident.unnotified for incident in stores.incidents(self._storage).open_ones())
        return not owes and not stores.lanes(self._storage).due(self.clock.moment + timedelta(days=1))

    def _is_over(self) -> bool:
        return all(not incident.is_open for incident in self._incidents()) and self._is_quiet()

    def _incidents(self) -> Sequence[Incident]:
        return stores.incidents(self._storage).of_resource(self._lobby, NOON)

    def _problems(self, story: str) -> Iterator[str]:
        storage, incidents = self._storage, self._incidents()
        expected = ["resolved"] if story == INCIDENT else []
        if expected != (states := [str(one.state) for one in incidents]):
            yield f"its incidents are {states}"
        if {202} != set(self._statuses):
            yield f"its caller was told {self._statuses}"
        for one in storage.table("notices").list_entities():
            if one["state"] != "delivered":
                yield f"the notice {one['RowKey']} is {one['state']}"
        for queue in QUEUES:
            if self._waiting(f"{queue}-poison"):
                yield f"a message of {queue} was given up"
                storage.queue(f"{queue}-poison").clear_messages()
        if next(iter(storage.table("deadletters").list_entities()), None):
            yield "a dead letter"
        asked = {json.loads(one.content)["incident"] for one in storage.queue("work").receive_messages()}
        if not asked >= {one.id for one in incidents}:
            yield "nobody was asked to look for its cause"
        storage.queue("work").clear_messages()

    @property
    def _storage(self) -> Storage:
        return current().storage


def alert(lobby: str, fired_at: datetime, condition: str, severity: str) -> bytes:
    """Return an alert on a lobby as Azure Monitor sends it."""
    essentials = {
        "alertId": f"/subscriptions/x/providers/Microsoft.AlertsManagement/alerts/{fired_at:%Y%m%d%H%M%S%f}",
        "alertRule": "lobby-refused-connects",
        "severity": severity,
        "signalType": "Metric",
        "monitorCondition": condition,
        "monitoringService": "Platform",
        "alertTargetIDs": [lobby],
        "originAlertId": "lobby-refused-connects-1",
        "firedDateTime": fired_at.isoformat(),
    }
    if condition == "Resolved":
        essentials["resolvedDateTime"] = (fired_at + timedelta(minutes=4)).isoformat()
    symptom = {"linekeeperSymptom": "web-pubsub-connection-failures"}
    data = {"essentials": essentials, "alertContext": {}, "customProperties": symptom}
    return json.dumps({"schemaId": "azureMonitorCommonAlertSchema", "data": data}).encode()


@contextmanager
def road() -> Iterator[Road]:
    """Set everything up until the block ends."""
    clock = StageClock(NOON)
    with (
        azurite() as storage,
        teams(rates=(), clock=clock) as channel,
        tempfile.TemporaryDirectory() as folder,
        failing({urlsplit(url).netloc: name.lower() for name, url in storage.addresses.items()}) as faults,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in {
            "CONFIG_FOLDER": folder,
            "LOGS_WORKSPACE": WORKSPACE,
            "IDENTITY_ENDPOINT": "https://127.0.0.1:9/msi/token",
            "IDENTITY_HEADER": "nobody",
            "TEAMS_WEBHOOK_URL": channel.url,
            "PUBLIC_URL": "https://watch.contoso.com/api",
            "TRACK_SCHEDULE": "30 * * * * *",
            "NOTICE_SCHEDULE": "*/15 * * * * *",
            "REVIEW_SCHEDULE": "0 0 6 * * *",
            "DISCOVER_SCHEDULE": "0 0 6 1 1 *",
            "CANARY_SCHEDULE": "15,45 * * * * *",
            "SERVICE_HEALTH_SCHEDULE": "45 * * * * *",
            "MISSED_ALERTS_SCHEDULE": "0 */15 * * * *",
            # Each story begins a day after the one before; what an old one left must not be deleted in a new one.
            **{kind.setting: "3650" for kind in KINDS},
        }.items():
            environment.setenv(name, value)
        environment.delenv("ALERT_AUDIENCE", raising=False)
        with hosted(clock):
            yield Road(Host([]), faults, channel, clock, storage, Path(folder), environment)


def _told(card: dict[str, object]) -> tuple[str, bool]:
    text = str(card.get("fallbackText", ""))
    state = next((state for words, state in _TOLD.items() if words in text), text)
    return state, REPEAT in json.dumps(card)
