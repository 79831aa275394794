"""The application that is recorded: a transcription endpoint with the habits of the seed thread's.

It reads in its receive loop, waits there for speech that it plays, and keeps a ping task that nobody stops,
which sends once more after the connection has gone.
"""

import asyncio
import logging
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from local.recording.azure_rows import ROLE, AzureRowHandler
from local.recording.ws_closed import WebSocketCloseRecord

ROWS = "RECORDING_ROWS"
PING_INTERVAL = "RECORDING_PING_INTERVAL_S"
PING_TIMEOUT = "RECORDING_PING_TIMEOUT_S"

APPLICATION_PING_S = 15.0  # the thread's own "JSON ping" and "Text ping"

_log = logging.getLogger("transcription")
_tasks: set[asyncio.Task[None]] = set()


async def transcribe(websocket: WebSocket) -> None:
    """Read one call's transcription until its connection ends."""
    await websocket.accept()
    ping = asyncio.create_task(ping_until_gone(websocket))
    _tasks.add(ping)
    ping.add_done_callback(_tasks.discard)
    play_after = int(websocket.query_params.get("play_after", "0"))
    play_s = float(websocket.query_params.get("play_s", "0"))
    received = 0
    try:
        while True:
            await websocket.receive_text()
            received += 1
            if received == play_after:
                await asyncio.sleep(play_s)  # waits for a played prompt to end, and does not read meanwhile
    except WebSocketDisconnect:
        return


async def ping_until_gone(websocket: WebSocket) -> None:
    """Ping as the thread's application did: send first, look afterwards."""
    while websocket.client_state is WebSocketState.CONNECTED:
        await asyncio.sleep(APPLICATION_PING_S)
        for kind, text in (("JSON", '{"kind":"ping"}'), ("Text", "ping")):
            try:
                await websocket.send_text(text)
            except (RuntimeError, WebSocketDisconnect) as error:
                _log.error("%s ping failed: %s", kind, error)


def build() -> WebSocketCloseRecord:
    """Return the application with its close records, writing rows to the folder that the environment names."""
    handler = AzureRowHandler(Path(os.environ[ROWS]), f"{ROLE}-0")
    logging.getLogger().addHandler(handler)
    logging.getLogger("uvicorn").propagate = True  # so that its error lines arrive as well
    return WebSocketCloseRecord(
        Starlette(routes=[WebSocketRoute("/transcription", transcribe)]),
        ping_interval_s=float(os.environ[PING_INTERVAL]),
        ping_timeout_s=float(os.environ[PING_TIMEOUT]),
    )
