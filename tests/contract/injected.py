"""Number the requests that a process sends, and let one of them fail: before it is sent, or once it was answered."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.pipeline.transport import HttpTransport
from requests import ConnectionError as NoConnectionError
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

_MOST_FAILURES = 12  # of what fails from there on: more than twice the attempts of any message
_TABLE = re.compile(r"https://[^/]+/\w+/(\w+)")  # in the body of a transaction, behind the account


class Kind(StrEnum):
    """How a request fails. The SDK's own further tries of it fail too, but where it says otherwise."""

    NOT_SENT = "not sent"
    LOST = "answer lost"
    LOST_ONCE = "answer lost, tried again"  # by the SDK itself, which may meet its own first try
    DEATH = "death after it"  # nothing more is sent before the work is run again


class FallError(Exception):
    """The process ends here."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: whose it was, and what it asked for, without ids."""

    by: str
    method: str
    what: str

    @property
    def changes(self) -> bool:
        """Tell whether it changes something."""
        return self.method != "GET"

    @property
    def is_post_to_teams(self) -> bool:
        """Tell whether it is the one that shows a card."""
        return self.what == "Teams"


@dataclass
class Faults:
    """What was sent from inside of functions, and by their host for them; and which of it fails.

    `places` are the services by the `host:port` of their addresses; what is posted elsewhere goes to Teams.
    """

    places: dict[str, str]
    sent: list[Sent] = field(default_factory=list)
    _fatal: dict[int, Kind] = field(default_factory=dict)
    _lasts: bool = False
    _lasting: Sent | None = None  # what fails from there on
    _failures: int = 0  # of it
    _by: str = ""
    _is_dead: bool = False
    _broken: object = None

    def begin(self, fatal: Mapping[int, Kind], *, lasts: bool = False) -> None:
        """Count from one again, and let the requests of these numbers fail; with `lasts` also what is like one from there on."""
        self.sent, self._fatal, self._lasts = [], dict(fatal), lasts
        self._broken, self._is_dead, self._lasting, self._failures = None, False, None, 0

    @property
    def is_lasting(self) -> bool:
        """Tell whether something fails and goes on to."""
        return self._lasting is not None

    def mend(self) -> None:
        """Let nothing fail any more that did from some point on."""
        self._lasting = None

    def during(self, name: str, code: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose requests count; a process that died in it is alive again afterwards."""

        def call(**given: Any) -> Any:
            self._by, self._broken = name, None
            try:
                answer = code(**given)
                if self._is_dead and name != "receive_alert":
                    raise FallError(name)  # it was about to end well, and had no time to
                return answer
            finally:
                self._by = ""
                self.revive()

        return call

    def revive(self) -> None:
        """Let another process take the place of one that died."""
        self._is_dead = False

    def meet(self, request: PreparedRequest, send: Callable[[], Response]) -> Response:
        """Send a request, or let it fail."""
        identity = (request.method, request.url, request.body)
        if self._is_dead or identity == self._broken:
            raise _not_sent(request)
        self._broken = None
        if not self._counts(request):
            return send()
        self.sent.append(self._described(request))
        kind = self._kind_of(self.sent[-1])
        return send() if kind is None else self._failing(request, send, kind)

    def _kind_of(self, sent: Sent) -> Kind | None:
        """Return how the newest request fails, or None where it does not."""
        kind = self._fatal.get(len(self.sent))
        if not self._lasts:
            return kind
        if kind is not None:
            self._lasting, self._fatal = sent, {0: kind}
        if self._lasting is None or (sent.method, sent.what) != (self._lasting.method, self._lasting.what):
            return None
        self._failures += 1
        if self._failures > _MOST_FAILURES:
            self.mend()
            return None
        return self._fatal[0]

    def _failing(self, request: PreparedRequest, send: Callable[[], Response], kind: Kind) -> Response:
        if kind is not Kind.LOST_ONCE:
            self._broken = (request.method, request.url, request.body)
        if kind is Kind.NOT_SENT:
            raise _not_sent(request)
        _ = send().content
        self._is_dead = kind is Kind.DEATH
        reset = ConnectionResetError("its answer is lost")
        raise NoConnectionError(ProtocolError("Connection aborted.", reset), request=request)

    def _counts(self, request: PreparedRequest) -> bool:
        if self._by:
            return True
        # The host's: it is done. Out of a poison queue people take messages.
        return (
            request.method == "DELETE"
            and "/messages/" in str(request.url)
            and "-poison/" not in str(request.url)
        )

    def _described(self, request: PreparedRequest) -> Sent:
        parts = urlsplit(str(request.url))
        service = self.places.get(parts.netloc, "")
        if not service:
            return Sent(
                self._by, str(request.method), "Teams" if request.method == "POST" else "the identity"
            )
        _, _, path = parts.path.removeprefix("/").partition("/")  # behind the account's name
        name = re.split(r"[/(]", path)[0]
        if path == "$batch":
            match = _TABLE.search(_text(request.body))
            return Sent(self._by, "POST", f"table {match[1] if match else path}, a transaction")
        if path == "Tables" or (request.method == "PUT" and "/" not in path and "(" not in path):
            return Sent(self._by, str(request.method), f"make {service}")
        if service == "blob":
            name = "/".join(path.split("/")[:2])  # the container, and what kind of document
        return Sent(self._by or "the host", str(request.method), f"{service} {name}")


@contextmanager
def failing(places: dict[str, str]) -> Iterator[Faults]:
    """Number what this process sends until the block ends; no SDK waits before it tries again."""
    faults, send = Faults(places), HTTPAdapter.send

    def meet(adapter: HTTPAdapter, request: PreparedRequest, *given: Any, **named: Any) -> Response:
        return faults.meet(request, lambda: send(adapter, request, *given, **named))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", meet)
        patch.setattr(HttpTransport, "sleep", lambda *_: None)
        yield faults


def _not_sent(request: PreparedRequest) -> NoConnectionError:
    reason = NewConnectionError(None, "it is not sent")  # type: ignore[arg-type]  # of no connection
    return NoConnectionError(MaxRetryError(None, str(request.url), reason), request=request)  # type: ignore[arg-type]


def _text(body: object) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else str(body)
