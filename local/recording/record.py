"""Run one server with the recorded application, play calls against it, and keep the rows it wrote."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.recording.application import APPLICATION_PING_S, PING_INTERVAL, PING_TIMEOUT, ROWS
from local.recording.calls import RecordedCall
from local.recording.peer import ConnectionEnd, play

REPOSITORY = Path(__file__).parents[2]
_SERVED = "local.recording.served:application"


@dataclass(frozen=True, slots=True)
class Server:
    """An ASGI server: its arguments, and the ping settings that those arguments leave at their defaults."""

    name: str
    arguments: tuple[str, ...]
    ping_interval_s: float
    ping_timeout_s: float


UVICORN = Server("uvicorn", ("--ws", "websockets", _SERVED), 20, 20)
DAPHNE = Server("daphne", ("-b", "127.0.0.1", _SERVED), 20, 30)


async def record(
    server: Server, python: Path, calls: Iterable[RecordedCall], rows: Path
) -> list[tuple[RecordedCall, ConnectionEnd]]:
    """Play the calls against the server; its rows are in the folder `rows`, which exists, when this returns.

    Raises:
        ConnectionError: the server did not start, or refused a handshake.
    """
    planned = list(calls)
    async with _running(server, python, rows) as port:
        endings = await asyncio.gather(*(play(call, port) for call in planned))
        await asyncio.sleep(APPLICATION_PING_S + 2)  # the application's ping tasks speak once more
    return list(zip(planned, endings, strict=True))


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of one recorded table, oldest first."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted(rows, key=lambda row: str(row["TimeGenerated"]))


@asynccontextmanager
async def _running(server: Server, python: Path, rows: Path) -> AsyncIterator[int]:
    port = _free_port()
    settings = {
        ROWS: str(rows),
        PING_INTERVAL: str(server.ping_interval_s),
        PING_TIMEOUT: str(server.ping_timeout_s),
        "PYTHONPATH": str(REPOSITORY),
    }
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", server.name, *("--port", str(port)), *server.arguments),
        cwd=REPOSITORY,
        env=os.environ | settings,
    )
    try:
        await _until_listening(port, process)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _until_listening(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise ConnectionError(
        f"the server ended with status {process.returncode} before it listened on port {port}"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
