"""Record when the official clients come back: `python -m bench.retries.record` writes times.json.

The line breaks without a close, recovery is answered with 502, and negotiate with 429 and `Retry-After: 5`.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from local.machine.node import node_command

FILE = Path(__file__).parent / "times.json"
_HERE = Path(__file__).parent
_PROTOCOL = Subprotocol("json.reliable.webpubsub.azure.v1")
_SECONDS = 60.0  # the start, recovery, and the retries after it
_CLIENTS = {
    "JavaScript": [*node_command(), str(_HERE / "stock.mjs")],
    "Python": [sys.executable, str(_HERE / "stock.py")],
}


@dataclass
class Recording:
    """What one client did, in seconds since its line broke."""

    broke: float = 0.0
    recoveries: list[float] = field(default_factory=list)
    asks: list[float] = field(default_factory=list)
    port: int = 0

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Note a request, and refuse it once the line has broken; None opens the line."""
        if self.broke and request.path.startswith("/negotiate"):
            self.asks.append(time.monotonic() - self.broke)
            refusal = connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "later")
            refusal.headers["Retry-After"] = "5"
            return refusal
        if request.path.startswith("/negotiate"):
            return connection.respond(
                HTTPStatus.OK, f"ws://127.0.0.1:{self.port}/client/hubs/lobby?access_token=t"
            )
        if "awps_connection_id" in request.path:
            self.recoveries.append(time.monotonic() - self.broke)
            return connection.respond(HTTPStatus.BAD_GATEWAY, "")
        return None

    async def line(self, connection: ServerConnection) -> None:
        """Greet the client, and break its line a second later."""
        greeting = {"type": "system", "event": "connected", "connectionId": "c", "reconnectionToken": "r"}
        await connection.send(json.dumps(greeting))
        await asyncio.sleep(1)
        self.broke = time.monotonic()
        connection.transport.abort()


async def record(command: list[str]) -> Recording:
    """Run a client until it gives up, or long enough to see how it goes on."""
    recording = Recording()
    server: Server = await serve(
        recording.line, "127.0.0.1", 0, process_request=recording.answer, subprotocols=[_PROTOCOL]
    )
    async with server:
        recording.port = next(iter(server.sockets)).getsockname()[1]
        client = await asyncio.create_subprocess_exec(
            *command, f"http://127.0.0.1:{recording.port}/negotiate", stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await asyncio.wait_for(client.wait(), _SECONDS)
        except TimeoutError:
            client.kill()
            await client.wait()
    return recording


def main() -> None:
    """Record every client, one after the other."""
    times = {}
    for name, command in _CLIENTS.items():
        recording = asyncio.run(record(command))
        times[name] = {
            "recoveries": [round(moment, 2) for moment in recording.recoveries],
            "asks": [round(moment, 2) for moment in recording.asks],
        }
    FILE.write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
