"""Where the programs of docs/clients.md run: our negotiate behind its host, a Web PubSub and a tenant, all over TLS."""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.azure.entra import Entra
from local.host import Host, functions_of_the_app
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.machine.node import node_command
from local.machine.places import ROOT
from local.pubsub.service import PubSubService
from shared.app.runtime import hosted
from shared.clock import SystemClock
from tests.local.pubsub import pubsub_stage

PAGE = ROOT / "docs/clients.md"
PATIENCE_S = 60.0
TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
RULES = f"""
issuers: [{{tenant: {TENANT}, audience: "api://linekeeper"}}]
web_pubsub:
  - resource: lobby
    hubs:
      - hub: lobby
        policies:
          - {{callers: {{role: agent}}, roles: [webpubsub.joinLeaveGroup.agents, webpubsub.sendToGroup.agents]}}
"""
UNREACHABLE = "https://127.0.0.1:9"
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "JavaScript": (*node_command(), "talk.mjs"),
    "Python": (sys.executable, "talk.py"),
    "Python with asyncio": (sys.executable, "talk_aio.py"),
}

_BLOCK = re.compile(r"^```(?:js|python)\n(?://|#) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs_of_the_page(folder: Path) -> list[str]:
    """Write the programs of the page into a folder where they find their packages, and return their names."""
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    for name, code in blocks:
        (folder / name).write_text(code, encoding="utf-8")
    (folder / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    return [name for name, _ in blocks]


@dataclass
class Asked:
    """A request for an address, and when it was answered."""

    at: float
    status: int
    token: str = ""
    answered: float = 0.0


@dataclass
class Line:
    """All that a program talks to.

    Attributes:
        asked: the requests for addresses.
        refusals: what is answered to the next requests in the place of our own answer.
        connect_after_ms: what our answers say in the place of their own; None leaves them alone.
        connects: when connections began.
    """

    host: Host
    service: PubSubService = field(init=False)
    asked: list[Asked] = field(default_factory=list)
    refusals: list[tuple[int, Mapping[str, object]]] = field(default_factory=list)
    connect_after_ms: int | None = None
    connects: list[float] = field(default_factory=list)
    address: str = ""
    authorization: str = ""

    def add(self, table: str, row: Mapping[str, object]) -> None:
        """Note a row of the service's logs."""
        if (table, row.get("OperationName")) == ("WebPubSubConnectivity", "ConnectionStarted"):
            self.connects.append(time.monotonic())

    def change_the_key(self) -> None:
        """Sign with the other key from now on, and let the service refuse every token so far."""
        os.environ["WEB_PUBSUB_SIGNING_KEY"] = "secondary"
        self.service.keys.regenerate("primary")

    async def negotiate(self, request: Request) -> Response:
        """Answer with the app's own function, unless a refusal is due."""
        asked = Asked(time.monotonic(), 0)
        self.asked.append(asked)
        if self.refusals:
            status, content = self.refusals.pop(0)
            asked.status = status
            return JSONResponse(content, status)
        answer = await run_in_threadpool(
            self.host.request, "POST", "/api/negotiate/lobby", dict(request.headers), await request.body()
        )
        content = json.loads(answer.get_body())
        if self.connect_after_ms is not None:
            content["connectAfterMs"] = self.connect_after_ms
        asked.status, asked.token = answer.status_code, content.get("token", "")
        asked.answered = time.monotonic()
        return JSONResponse(content, answer.status_code)


@contextmanager
def line_for_programs(folder: Path) -> Iterator[Line]:
    """Serve negotiate with a policy for agents, the line itself, and the tenant whose agent asks."""
    (folder / "tokens.yaml").write_text(RULES, encoding="utf-8")
    functions = [function for function in functions_of_the_app() if function.name == "negotiate"]
    line = Line(Host(functions))
    line.service = PubSubService(certificate(), rows_to=line)
    tenant_port, port = free_port(), free_port()
    entra = Entra(TENANT, address_of(tenant_port))
    line.address = f"{address_of(port)}/api/negotiate/lobby"
    token = entra.token(datetime.now(UTC), aud="api://linekeeper", oid="alice", roles=["agent"])
    line.authorization = f"Bearer {token}"
    environment = {
        "CONFIG_FOLDER": str(folder),
        "ENTRA_ENDPOINT": address_of(tenant_port),
        "REQUESTS_CA_BUNDLE": str(certificate()),
        "WEB_PUBSUB_CONNECTION": line.service.connection_string(),
        "WEB_PUBSUB_CONNECTION_SECONDARY": line.service.connection_string("secondary"),
        "WEB_PUBSUB_SIGNING_KEY": "primary",
        "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YQ==;"
        f"TableEndpoint={UNREACHABLE};QueueEndpoint={UNREACHABLE};BlobEndpoint={UNREACHABLE}",
    }
    app = Starlette(routes=[Route("/api/negotiate/lobby", line.negotiate, methods=["POST"])])
    with (
        patch.dict(os.environ, environment),
        line.service,
        https_server(Starlette(routes=entra.routes()), tenant_port, certificate()),
        hosted(SystemClock()),
        https_server(app, port, certificate()),
    ):
        yield line


class Talk:
    """A program of the page while it runs."""

    def __init__(self, kind: str, folder: Path, line: Line) -> None:
        trust = (
            "NODE_EXTRA_CA_CERTS",
            "WEBSOCKET_CLIENT_CA_BUNDLE",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        )
        environment = {**os.environ, **dict.fromkeys(trust, str(certificate()))}
        self._process = subprocess.Popen(
            [*PROGRAMS[kind], line.address, "agents"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**environment, "AUTHORIZATION": line.authorization},
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def hear(self, expected: str) -> None:
        """Read until this line is printed."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and (text := self._queue.get(timeout=PATIENCE_S)) is not None:
            self.lines.append(text)
            if text == expected:
                return
        raise AssertionError(f"the program never said {expected!r}: {self.lines}")

    def say(self, text: str) -> None:
        """Send a line to the group."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Close its input, and return how it ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        """End it in any case."""
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            self._queue.put(text.strip())
        self._queue.put(None)


@contextmanager
def talking(kind: str, folder: Path, line: Line) -> Iterator[Talk]:
    """Run a program of the page until the block ends."""
    talk = Talk(kind, folder, line)
    try:
        yield talk
    finally:
        talk.kill()


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    pubsub_stage.wait_until(happened, PATIENCE_S)
