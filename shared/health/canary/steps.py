"""Do what a client does, step by step: each is timed, has a limit, and is named where it fails."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from shared.errors import LinekeeperError
from shared.health.canary.line import Line, LineDownError, NoAnswerError, in_time
from shared.redaction import redact

WHOLE = timedelta(seconds=10)  # of all steps together; two tries are 30 seconds apart
USER = "linekeeper-canary"

_JOIN, _SEND = 1, 2  # ids of acks
_MOST_LETTERS = 200


class TryStep(StrEnum):
    """The steps of a try, in their order."""

    NEGOTIATE = "negotiate"
    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    HANDSHAKE = "handshake"
    CONNECTED = "connected"
    JOIN = "join"
    SEND = "send"
    RECEIVE = "receive"
    CLOSE = "close"


LIMITS: Mapping[TryStep, timedelta] = {
    TryStep.NEGOTIATE: timedelta(seconds=6),  # with Entra it is a call of the service, which has 5 seconds
    TryStep.DNS: timedelta(seconds=3),
    TryStep.TCP: timedelta(seconds=3),
    TryStep.TLS: timedelta(seconds=3),
    TryStep.HANDSHAKE: timedelta(seconds=5),  # the event handler is asked meanwhile
    TryStep.CONNECTED: timedelta(seconds=3),
    TryStep.JOIN: timedelta(seconds=3),
    TryStep.SEND: timedelta(seconds=3),
    TryStep.RECEIVE: timedelta(seconds=3),
    TryStep.CLOSE: timedelta(seconds=3),
}


@dataclass(frozen=True, slots=True)
class TriedSteps:
    """How far a try came: the milliseconds of each step that was begun, and the one that failed, if any."""

    took: Mapping[str, int]
    failed_step: str = ""
    failure: str = ""


@dataclass
class _Client:
    """One client that sends a message to a group of its own."""

    address_of: Callable[[str], str]  # gets the group; returns the address with a token
    line_to: Callable[[str], Line]
    group: str = field(default_factory=lambda: f"{USER}-{secrets.token_hex(8)}")
    text: str = field(default_factory=lambda: secrets.token_hex(8))
    _line: Line | None = None
    _frames: list[Mapping[str, Any]] = field(default_factory=list)  # that came and were not waited for

    def steps(self) -> Iterator[tuple[TryStep, Callable[[timedelta], object]]]:
        """Yield what is done in each step, within a limit; the next is asked for when the last is done."""
        yield TryStep.NEGOTIATE, self._negotiate
        yield TryStep.DNS, self.line.resolve
        yield TryStep.TCP, self.line.reach
        yield TryStep.TLS, self.line.secure
        yield TryStep.HANDSHAKE, self.line.upgrade
        yield TryStep.CONNECTED, partial(self._await, lambda frame: frame.get("event") == "connected")
        yield TryStep.JOIN, self._join
        yield TryStep.SEND, self._send
        yield TryStep.RECEIVE, partial(self._await, self._is_own)
        yield TryStep.CLOSE, self.line.close

    @property
    def line(self) -> Line:
        """The line, from the end of the first step on."""
        assert self._line is not None
        return self._line

    def leave(self) -> None:
        """Let go of what is open."""
        if self._line is not None:
            self._line.abandon()

    def _negotiate(self, within: timedelta) -> None:
        try:
            address = in_time(partial(self.address_of, self.group), within)
        except TimeoutError:
            raise NoAnswerError(within) from None
        self._line = self.line_to(address)

    def _join(self, within: timedelta) -> None:
        self.line.send({"type": "joinGroup", "group": self.group, "ackId": _JOIN})
        self._acked(_JOIN, within)

    def _send(self, within: timedelta) -> None:
        data = {"dataType": "text", "data": self.text}
        self.line.send({"type": "sendToGroup", "group": self.group, "ackId": _SEND, **data})
        self._acked(_SEND, within)

    def _is_own(self, frame: Mapping[str, Any]) -> bool:
        return frame.get("type") == "message" and frame.get("data") == self.text

    def _acked(self, number: int, within: timedelta) -> None:
        ack = self._await(lambda frame: frame.get("type") == "ack" and frame.get("ackId") == number, within)
        if ack.get("success") is not True:
            error = ack.get("error")
            name, text = (error.get("name"), error.get("message")) if isinstance(error, dict) else ("", "")
            raise LineDownError(f"refused: {name or 'no reason'}: {text or ''}".rstrip(": "))

    def _await(self, fits: Callable[[Mapping[str, Any]], bool], within: timedelta) -> Mapping[str, Any]:
        """Return the first frame that fits, of those that came and those that come in time."""
        ends = time.monotonic() + within.total_seconds()
        for frame in self._frames:
            if fits(frame):
                return frame
        while (left := ends - time.monotonic()) > 0:
            try:
                frame = self.line.receive(timedelta(seconds=left))
            except NoAnswerError:
                break
            self._frames.append(frame)
            if fits(frame):
                return frame
        raise NoAnswerError(within)


def tried(address_of: Callable[[str], str], line_to: Callable[[str], Line]) -> TriedSteps:
    """Go through all steps, until one fails; no error leaves that a line can have.

    `address_of` gets the name of a group and returns the address of a client that may join it and send to it;
    `line_to` returns the line to an address.
    """
    client, took = _Client(address_of, line_to), dict[str, int]()
    began = time.monotonic()
    try:
        for step, action in client.steps():
            left = WHOLE - timedelta(seconds=time.monotonic() - began)
            failure = _failure_of(action, max(min(LIMITS[step], left), timedelta(milliseconds=1)), took, step)
            if failure:
                return TriedSteps(took, step, failure)
    finally:
        client.leave()
    return TriedSteps(took)


def _failure_of(
    action: Callable[[timedelta], object], within: timedelta, took: dict[str, int], step: TryStep
) -> str:
    began = time.monotonic()
    try:
        action(within)
    except LinekeeperError as error:
        return _plain(error.message)
    finally:
        took[step] = round(1000 * (time.monotonic() - began))
    return ""


def _plain(text: str) -> str:
    """Return a text as it may be stored and shown: on one line, and without secrets."""
    return " ".join(redact(text[: 8 * _MOST_LETTERS]).split())[:_MOST_LETTERS] or "no reason was given"
