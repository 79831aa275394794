"""The app behind its host, reached over HTTP as strangers reach it."""

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from starlette.applications import Starlette

from local.host import Host, Invocation, functions_of_the_app
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.app.runtime import Runtime, current, hosted
from shared.app.stores import incidents
from shared.cloud.storage.account import Storage
from shared.incidents.incident import Incident
from shared.notices.answers.signed_links import Action, link_to, sign
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import START

NOW = START + timedelta(minutes=12)
PATIENCE = 20  # seconds; an answer that takes longer is a hang, on a busy machine too
HEALTH_KEY = "only-the-probe-knows"
FORM = {"content-type": "application/x-www-form-urlencoded"}
_NUMBERS = itertools.count()


# What no stranger may learn: where we run, what we are made of, and what we keep.
OURS = re.compile(
    r"Traceback|File \"|\.py\b|/work|/home|127\.0\.0\.1|AccountKey|0x[0-9a-f]{6}|azure\.core|Error\(",
    re.ASCII,
)
# The same examples every time, whatever machine it runs on.
EXAMPLES = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class StillClock:
    def now(self) -> Any:
        return NOW


@dataclass
class Served:
    """The app at an address; what its functions raise is kept."""

    address: str
    host: Host
    session: requests.Session
    raised: list[str] = field(default_factory=list)

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        answer = self.session.request(
            method, f"{self.address}{path}", data=body, headers=headers, timeout=PATIENCE
        )
        self.raised_nothing()
        return answer

    def raised_nothing(self) -> None:
        """Make sure that since it was last asked no function raised anything."""
        raised, self.raised[:] = list(self.raised), []
        assert not raised, f"raised: {raised}"

    def alert(self, body: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
        return self.ask("POST", "/alerts", body, {"x-functions-key": self.host.key, **(headers or {})})

    @property
    def runtime(self) -> Runtime:
        return current()

    @property
    def storage(self) -> Storage:
        return self.runtime.storage

    def incident(self) -> Incident:
        """Return an incident that is kept, of a lobby of its own."""
        return incidents(self.storage).create(broken_lobby(f"-http-{next(_NUMBERS)}"), None)

    def now(self, incident: Incident) -> Incident:
        incident_now = incidents(self.storage).get(incident.id)
        assert incident_now is not None
        return incident_now

    def token(self, action: Action, incident: Incident, age: timedelta = timedelta(0)) -> str:
        """Return the signed text of a link that a card of that age carries."""
        key = self.runtime.key_ring.newest()
        return sign(link_to(action, incident, NOW - age), key)


@contextmanager
def served(environment: Mapping[str, str], folder: Path) -> Iterator[Served]:
    """Serve all HTTP functions until the block ends, on storage that the environment names."""
    functions = [function for function in functions_of_the_app() if function.kind == "httpTrigger"]
    listener = free_port()
    address = address_of(listener)
    raised: list[str] = []

    def note(done: Invocation) -> None:
        if done.error is not None:
            raised.append(f"{done.function}: {done.error!r}")

    with pytest.MonkeyPatch.context() as patch, requests.Session() as session:
        for name, value in {
            **environment,
            "CONFIG_FOLDER": str(folder),
            "HEALTH_KEY": HEALTH_KEY,
            "PUBLIC_URL": f"{address}/api",
            "TEAMS_WEBHOOK_URL": "https://teams.example/hook",
        }.items():
            patch.setenv(name, value)
        for name in ("ALERT_AUDIENCE", "WEBSITE_AUTH_ENABLED", "LOGS_WORKSPACE"):
            patch.delenv(name, raising=False)
        session.verify = str(certificate())
        host = Host(functions, observe=note)
        with (
            hosted(StillClock()),
            https_server(Starlette(routes=[route_of(host)]), listener, certificate()),
        ):
            yield Served(f"{address}/api", host, session, raised)
