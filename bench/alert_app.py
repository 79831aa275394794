"""The app as alerts reach it: behind its host's HTTP, with storage, Teams and a small Azure, all on this machine."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import local
from unittest.mock import patch

import azure.functions as func
import requests
from starlette.applications import Starlette

from local.azure.azurite import Azurite, azurite
from local.azure.small_azure import SmallAzure, small_azure
from local.host import Host, functions_of_the_app
from local.host.call import Invocation, Observer
from local.host.index import Function
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.replay.stage import StageClock
from local.teams import Channel, teams
from local.workspace.database import Workspace
from shared.app.names import Table
from shared.app.runtime import current, hosted

CALLERS = 8  # at a time; a host of Azure's takes as many messages of a queue at once, too
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOBBIES = (
    "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/rt/providers/"
    "microsoft.signalrservice/webpubsub/lobby-"
)
LOBBY, OTHER = LOBBIES + "prod", LOBBIES + "test"


@dataclass(frozen=True, slots=True)
class AlertApp:
    """The running app, and the servers that it talks to."""

    host: Host
    channel: Channel
    azure: SmallAzure
    clock: StageClock
    address: str
    calls: list[Observer]  # what is told of each call of a function

    def notices(self) -> int:
        """Return how many notices were written."""
        return len(list(current().storage.table(Table.NOTICES).list_entities(select=["RowKey"])))

    def post(self, path: str, bodies: Iterable[bytes]) -> tuple[list[int], float]:
        """Post bodies, so many callers at a time; return what each was answered, and the seconds that all took."""
        mine = local()

        def post(body: bytes) -> int:
            if not hasattr(mine, "session"):
                mine.session = requests.Session()
                mine.session.trust_env = False  # else the environment is searched for proxies at each call
                mine.session.verify = str(certificate())
                mine.session.headers["x-functions-key"] = self.host.key
            return int(mine.session.post(f"{self.address}/api/{path}", data=body, timeout=60).status_code)

        with ThreadPoolExecutor(CALLERS) as callers:
            began = time.perf_counter()
            statuses = list(callers.map(post, bodies))
            return statuses, time.perf_counter() - began

    def drain(self) -> None:
        """Handle every message, so many at a time."""
        with ThreadPoolExecutor(CALLERS) as workers:
            for future in [workers.submit(self.host.drain) for _ in range(CALLERS)]:
                future.result()


@contextmanager
def alert_app(
    storage: Azurite | None = None,
    account: int = 0,
    clock: StageClock | None = None,
    lobbies: Sequence[str] = (LOBBY, OTHER),
) -> Iterator[AlertApp]:
    """Run the app until the block ends; beside it functions that do nothing, and one durable write to a queue."""
    if storage is None:
        with azurite() as own, alert_app(own, clock=clock, lobbies=lobbies) as app:
            yield app
        return
    clock, listener = clock or StageClock(NOON), free_port()
    with (
        small_azure(Workspace()) as azure,
        teams(clock=clock) as channel,
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, _environment(storage, account, azure, channel, folder)),
    ):
        listed = "".join(f"  - {lobby}\n" for lobby in lobbies)
        (Path(folder) / "resources.yaml").write_text(f"resources:\n{listed}", encoding="utf-8")
        calls: list[Observer] = []
        host = Host(
            [*functions_of_the_app(), _beside("nothing", _no_work), _beside("one-write", _one_write)],
            observe=partial(_tell, calls),
        )
        with hosted(clock), https_server(Starlette(routes=[route_of(host)]), listener, certificate()):
            yield AlertApp(host, channel, azure, clock, address_of(listener), calls)


def alert(
    occurrence: int,
    *,
    fired: bool,
    lobby: str = LOBBY,
    rule: str = "lobby-refused-connects",
    severity: int = 2,
) -> bytes:
    """Return an alert of a rule on a lobby; each occurrence fires a millisecond after the other."""
    fired_at = NOON - timedelta(minutes=1) + timedelta(milliseconds=occurrence)
    essentials = {
        "alertId": f"/subscriptions/x/providers/Microsoft.AlertsManagement/alerts/{lobby[-4:]}{occurrence}",
        "alertRule": rule,
        "severity": f"Sev{severity}",
        "signalType": "Metric",
        "monitorCondition": "Fired" if fired else "Resolved",
        "monitoringService": "Platform",
        "alertTargetIDs": [lobby],
        "originAlertId": f"{lobby[-4:]}-refused-connects-{occurrence}",
        "firedDateTime": fired_at.isoformat(),
        **({} if fired else {"resolvedDateTime": (fired_at + timedelta(seconds=50)).isoformat()}),
        "description": "Clients of the lobby cannot get in",
    }
    clause = {
        "metricName": "ConnectionCloseCount",
        "operator": "GreaterThan",
        "threshold": "50",
        "timeAggregation": "Total",
        "dimensions": [{"name": "ConnectionId", "value": f"c-{occurrence}"}],
        "metricValue": 412 + occurrence,
    }
    context = {"conditionType": "SingleResourceMultipleMetricCriteria", "condition": {"allOf": [clause]}}
    own = {"linekeeperSymptom": "web-pubsub-connection-failures"}
    data = {"essentials": essentials, "alertContext": context, "customProperties": own}
    return json.dumps({"schemaId": "azureMonitorCommonAlertSchema", "data": data}).encode()


def _environment(
    storage: Azurite, account: int, azure: SmallAzure, channel: Channel, folder: str
) -> dict[str, str]:
    return {
        **storage.environment_of(account),
        **azure.environment,
        "CONFIG_FOLDER": folder,
        "TEAMS_WEBHOOK_URL": channel.url,
        "PUBLIC_URL": "https://watch.contoso.com/api",
        "WATCH_SCHEDULE": "0 * * * * *",
        "TRACK_SCHEDULE": "30 * * * * *",
        "NOTICE_SCHEDULE": "*/15 * * * * *",
        "REVIEW_SCHEDULE": "0 0 6 * * *",
        "DISCOVER_SCHEDULE": "0 0 6 1 1 *",
        "CANARY_SCHEDULE": "15,45 * * * * *",
        "SERVICE_HEALTH_SCHEDULE": "45 * * * * *",
        "MISSED_ALERTS_SCHEDULE": "0 */15 * * * *",
        "ALERT_AUDIENCE": "",
    }


def _tell(observers: Sequence[Observer], invocation: Invocation) -> None:
    for observe in observers:
        observe(invocation)


def _no_work(_: bytes) -> None:
    """Do nothing."""


def _one_write(body: bytes) -> None:
    """Put a request's body into a queue, with the client that `receive_alert` has."""
    current().fast_storage.queue("beside").send_message(body.decode(), time_to_live=-1)


def _beside(name: str, work: Callable[[bytes], None]) -> Function:
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        work(req.get_body())
        return func.HttpResponse('{"said": "accepted"}', status_code=202, mimetype="application/json")

    code: Callable[..., func.HttpResponse] = answer
    methods: Sequence[str] = ["POST"]
    trigger = {"type": "httpTrigger", "name": "req", "route": name, "methods": methods}
    return Function(f"answer_{name}", code, trigger)
