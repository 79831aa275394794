"""Answer for an alert: accepted only when it is kept and its handling is asked for, so that none is ever lost."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from shared.alerts.inbox import Gate, Inbox
from shared.alerts.message import text_of_refusal
from shared.alerts.parse import Glance, glance_at, is_sample
from shared.alerts.refusals import Refusal, RefusalKind, refusal_of
from shared.errors import InputError, LinekeeperError, UnauthorizedError

# "Alerts that use the common schema have an upper size limit of 256 KB per alert" (alerts-payload-samples.md).
MOST_BYTES = 256 * 1024
_MOST_DEEDS = 20_000
_INSPECTED_BYTES = 64 * 1024  # of a larger one, kept for inspection
_EMPTY = "the body is empty, as the Functions host leaves it of a request without Content-Length; expected is another attempt"
_NO_DRILLS = (
    "a drill, and nobody hears of drills; expected is a receiver of its own under `drills` of receivers.yaml"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertAnswer:
    """The answer to the caller of `receive_alert`. Azure tries again on 408, 429, 503 and 504, and on nothing else."""

    status: int
    text: str
    key: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that go with the status: the kind of token that is wanted, or after how many seconds to try again."""
        return {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(self.status, {})


class Recent:
    """The latest deeds of this process, so that none is done again; only to spare work. May be used by several threads."""

    def __init__(self, most: int = _MOST_DEEDS) -> None:
        self._most = most
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        """Tell whether a key was noted lately."""
        return key in self._keys

    def note(self, key: str) -> None:
        """Remember a key, in the place of the oldest where there are too many."""
        with self._lock:
            self._keys[key] = None
            self._keys.move_to_end(key)
            if len(self._keys) > self._most:
                self._keys.popitem(last=False)


def receive(
    body: bytes,
    authorization: str,
    inbox: Inbox,
    gate: Gate | None,
    now: datetime,
    *,
    recent: Recent | None = None,
    hears_drills: Callable[[], bool] = lambda: True,
) -> AlertAnswer:
    """Keep an alert and ask for its handling; no error leaves. Without a gate every caller who has the key is admitted.

    `recent` spares the work for what this process has accepted or told already.
    """
    door = _Door(inbox, now, recent or Recent(), hears_drills)
    try:
        if gate is not None:
            gate.admit(authorization, now)
        return door.answer(body)
    except UnauthorizedError as error:
        _log.warning("alert refused: %s", error.message)
        return AlertAnswer(401, error.message)
    except LinekeeperError as error:
        _log.error("alert not accepted: %s", error.message)  # the message says it all
        return AlertAnswer(503, "the alert cannot be kept now; expected is another attempt")


@dataclass(frozen=True, slots=True)
class _Door:
    """What one request is answered with."""

    inbox: Inbox
    now: datetime
    recent: Recent
    hears_drills: Callable[[], bool]

    def answer(self, body: bytes) -> AlertAnswer:
        if (
            not body
        ):  # an alert may have been lost on its way to us, and after a refusal it would not come again
            _log.error("alert not accepted: %s", _EMPTY)
            self._ring(refusal_of(body, _EMPTY, RefusalKind.EMPTY))
            return AlertAnswer(503, _EMPTY)
        if len(body) > MOST_BYTES:
            reason = f"it has {len(body)} bytes; expected at most {MOST_BYTES}"
            return self._refuse(413, body[:_INSPECTED_BYTES], reason, RefusalKind.TOO_LARGE)
        try:
            glance = glance_at(body)
            if is_sample(glance, self.now):  # each press of the button is an alert of its own
                glance = glance_at(body, token_hex(4))
        except InputError as error:
            return self._refuse(400, body, error.message)
        if glance.is_drill and not self.hears_drills():
            return AlertAnswer(409, _NO_DRILLS)
        return self._accept(glance, body)

    def _accept(self, glance: Glance, body: bytes) -> AlertAnswer:
        key = glance.key
        if key in self.recent:
            return AlertAnswer(202, "known already", key)
        self.inbox.accept(key, body, urgent=glance.is_urgent)
        self.recent.note(key)
        _log.info("alert %s accepted", key)
        return AlertAnswer(202, "accepted", key)

    def _refuse(self, status: int, body: bytes, reason: str, kind: RefusalKind | None = None) -> AlertAnswer:
        self.inbox.keep_refused(body, reason)
        self._ring(refusal_of(body, reason, kind))
        _log.warning("not an alert: %s", reason)
        return AlertAnswer(status, reason)

    def _ring(self, refusal: Refusal) -> None:
        """Ask for people to be told, once an hour for each kind."""
        deed = f"refused {refusal.kind} {self.now:%Y-%m-%d %H}"
        if deed not in self.recent:
            self.inbox.ask_for_notice(text_of_refusal(refusal))
            self.recent.note(deed)
