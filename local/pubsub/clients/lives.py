"""Begin, lose, recover and end connections, and tell the log and the event handlers of it."""

import asyncio
import json
import secrets

from starlette.websockets import WebSocket

from local.pubsub.clients.connection import Connection
from local.pubsub.clients.frames import Message
from local.pubsub.clients.roster import Roster, deliver
from local.pubsub.hubs import Pace
from local.pubsub.log import Log
from local.pubsub.texts import Published, Unpublished
from local.pubsub.upstream.handlers import Upstream

# Which codes the service closes with is published for a refused recovery only (1008). The emulator's README adds
# 1011 for raw clients whose event failed. The others are our choice.
CLOSED, GOING_AWAY, BAD_FRAME, NO_RECOVERY, EVENT_FAILED = 1000, 1001, 1007, 1008, 1011


class Lives:
    """The lives of all connections.

    Attributes:
        recovers: whether lost reliable connections may come back.
    """

    def __init__(self, roster: Roster, upstream: Upstream, log: Log, pace: Pace) -> None:
        self.recovers = True
        self._roster = roster
        self._upstream = upstream
        self._log = log
        self._pace = pace
        self._expiries: dict[str, asyncio.TimerHandle] = {}

    async def begin(self, connection: Connection) -> None:
        """Let a client in whose socket is open."""
        self._roster.add(connection)
        self._tell(connection, "ConnectionStarted", Published.STARTED.text())
        await connection.greet()
        self._upstream.notify(connection, "connected", b"{}")

    def recover(self, hub: str, connection_id: str, token: str) -> Connection | None:
        """Return the connection that a client may go on with."""
        connection = self._roster.named(hub, connection_id)
        if connection is None or not connection.is_reliable or not self.recovers:
            return None
        if not secrets.compare_digest(connection.reconnection_token.encode(), token.encode()):
            return None
        if expiry := self._expiries.pop(connection.id, None):
            expiry.cancel()
        return connection

    async def resume(self, connection: Connection, socket: WebSocket) -> None:
        """Go on over another socket; no event and no row tells of it."""
        connection.socket = socket
        await connection.greet()
        await connection.resend()

    def lose(self, connection: Connection) -> None:
        """Note that a client's socket is gone without a close; a reliable client may come back."""
        connection.socket = None
        if not connection.is_reliable:
            self.end(connection, "ConnectionAborted", Unpublished.CLIENT_LOST.text())
            return
        loop = asyncio.get_running_loop()
        wait = self._pace.recovery.total_seconds()
        self._expiries[connection.id] = loop.call_later(
            wait, self.end, connection, "ConnectionAborted", Unpublished.CLIENT_LOST.text()
        )

    def end(self, connection: Connection, operation: str, text: str, reason: str = "") -> None:
        """Note the final end of a connection, once."""
        if expiry := self._expiries.pop(connection.id, None):
            expiry.cancel()
        if self._roster.remove(connection):
            self._tell(connection, operation, text)
            self._upstream.notify(connection, "disconnected", json.dumps({"reason": reason}).encode())

    async def close(self, connection: Connection, reason: str = "", code: int = CLOSED) -> None:
        """Close a connection for good, as the service does on request; its end names no cause in the log."""
        self.end(connection, "ConnectionEnded", "", reason)
        await connection.close(code, reason)

    async def abort(self, connection: Connection, text: str, code: int, reason: str = "") -> None:
        """Close a connection for good because something is wrong."""
        self.end(connection, "ConnectionAborted", text, reason)
        await connection.close(code, reason)

    async def reload(self) -> None:
        """Close all connections as a reload of the service does; reliable ones may come back."""
        for connection in self._roster.everyone():
            socket = connection.socket
            if connection.is_reliable and socket is not None:
                self._tell(connection, "ConnectionAborted", Published.RELOADING.text())
                await connection.close(GOING_AWAY, "Service reload")
                self.lose(connection)
            else:
                await self.abort(connection, Published.RELOADING.text(), GOING_AWAY, "Service reload")

    async def publish(self, message: Message, receivers: list[Connection]) -> None:
        """Send a message to connections; one that leaves too much unacknowledged is closed for good."""
        for connection in await deliver(message, receivers):
            await self.abort(connection, Unpublished.BEHIND.text(), NO_RECOVERY)

    def stop(self) -> None:
        """Forget all that is still to come."""
        for expiry in self._expiries.values():
            expiry.cancel()
        self._expiries.clear()

    def _tell(self, connection: Connection, operation: str, text: str) -> None:
        self._log.connection(
            operation,
            text,
            connection_id=connection.id,
            user_id=connection.user_id,
            address=connection.address,
            level="Warning" if operation == "ConnectionAborted" else "Informational",
        )
