"""Play the service's side of a transcription WebSocket over bare TCP, so that nothing answers a ping by itself."""

import asyncio
import base64
import json
import os
import random
from dataclasses import dataclass
from enum import IntEnum
from typing import Self
from uuid import uuid4

from local.recording.calls import RecordedCall

_PHRASES = (
    "I would like to change my delivery address.",
    "Yes, that is correct.",
    "Could you repeat the last number, please?",
    "One moment, I am looking for the letter.",
    "It arrived on Tuesday, but the box was open.",
)
_CLOSE_WAIT_S = 5.0


class Opcode(IntEnum):
    """RFC 6455, 11.8."""

    TEXT = 1
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """How a connection ended as the peer saw it; `code` is the server's Close, none where TCP just ended."""

    lifetime_s: float
    code: int | None
    reason: str
    pings: int


class Peer:
    """One WebSocket connection, from the handshake to its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pongs: int) -> None:
        self._reader = reader
        self._writer = writer
        self._pongs = pongs
        self._opened_at = asyncio.get_running_loop().time()
        self._pings = 0

    @classmethod
    async def connect(cls, port: int, path: str, call_connection_id: str, *, pongs: int) -> Self:
        """Open a connection as the service does: the call's ids in headers; `pongs` pings will be answered.

        Raises:
            ConnectionError: the server did not switch protocols.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"x-ms-call-connection-id: {call_connection_id}\r\nx-ms-call-correlation-id: {uuid4()}\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101 "):
            writer.close()
            raise ConnectionError(f"the server answered {answer.splitlines()[0]!r} to the handshake")
        return cls(reader, writer, pongs)

    async def send(self, opcode: Opcode, payload: bytes) -> None:
        """Send one masked frame of less than 64 KiB."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._writer.write(bytes([0x80 | opcode]) + length + mask + masked)
        await self._writer.drain()

    async def until_end(self) -> ConnectionEnd:
        """Read frames until the connection ends; answer pings while pongs are left, and a Close always."""
        code, reason = None, ""
        try:
            while True:
                opcode, payload = await self._read_frame()
                if opcode is Opcode.PING:
                    self._pings += 1
                    if self._pings <= self._pongs:
                        await self.send(Opcode.PONG, payload)
                elif opcode is Opcode.CLOSE:
                    code = int.from_bytes(payload[:2], "big") if payload else 1005
                    reason = payload[2:].decode()
                    await self.send(Opcode.CLOSE, payload[:2])
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # TCP ended without a Close frame
        lifetime_s = asyncio.get_running_loop().time() - self._opened_at
        self._writer.close()
        return ConnectionEnd(lifetime_s, code, reason, self._pings)

    async def _read_frame(self) -> tuple[Opcode, bytes]:
        head = await self._reader.readexactly(2)
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(await self._reader.readexactly(2), "big")
        return Opcode(head[0] & 0x0F), await self._reader.readexactly(size)


async def play(call: RecordedCall, port: int) -> ConnectionEnd:
    """Play one call: send transcription until it is over or the server ends it."""
    await asyncio.sleep(call.starts_after.total_seconds())
    path = "/transcription"
    if call.play_after:
        path += f"?play_after={call.play_after}&play_s={call.play.total_seconds():g}"
    peer = await Peer.connect(port, path, call.call_connection_id, pongs=call.pongs)
    ending = asyncio.create_task(peer.until_end())
    talk = asyncio.create_task(_talk(peer, call))
    await asyncio.wait(
        {ending, talk}, timeout=call.lasts.total_seconds(), return_when=asyncio.FIRST_COMPLETED
    )
    talk.cancel()
    await asyncio.gather(talk, return_exceptions=True)
    if not ending.done():
        await peer.send(Opcode.CLOSE, (1000).to_bytes(2, "big"))
    return await asyncio.wait_for(ending, call.play.total_seconds() + _CLOSE_WAIT_S)


async def _talk(peer: Peer, call: RecordedCall) -> None:
    dice = random.Random(call.call_connection_id)  # noqa: S311 - speech that can be repeated, no secret
    await peer.send(Opcode.TEXT, _metadata(call))
    while True:
        await asyncio.sleep(dice.uniform(*call.message_gap_s))
        await peer.send(Opcode.TEXT, _transcription(dice.choice(_PHRASES)))


# The two messages as Call Automation's real-time transcription sends them.
def _metadata(call: RecordedCall) -> bytes:
    body = {"subscriptionId": str(uuid4()), "locale": "en-US", "callConnectionId": call.call_connection_id}
    return json.dumps({"kind": "TranscriptionMetadata", "transcriptionMetadata": body}).encode()


def _transcription(text: str) -> bytes:
    words = [{"text": word, "offset": 0, "duration": 2_000_000} for word in text.split()]
    body = {"text": text, "format": "display", "confidence": 0.9, "offset": 0, "words": words}
    body |= {"duration": 2_000_000 * len(words), "participantRawID": "4:+15550100", "resultStatus": "Final"}
    return json.dumps({"kind": "TranscriptionData", "transcriptionData": body}).encode()
