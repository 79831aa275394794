"""One process of the app that gives tokens of Communication Services, told over its input what to do and when to die.

Each line is a round: `{"now": ..., "callers": [...], "die": {"after": "reserve", "count": 3}}`. The answers of a round are
one line; a process that is to die leaves none.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.app.runtime import Runtime
from shared.app.tokens.communicating import acs_desk
from shared.settings import Settings
from shared.tokens.acs_identities import AcsService, AcsToken, Identities, Reservation
from shared.tokens.acs_tokens import answer_acs_token
from shared.tokens.answers import TokenRequest

THREADS = 8
DEATH = 9


class ToldClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Fate:
    """Ends the process after so many steps of one kind."""

    def __init__(self, after: str, count: int) -> None:
        self._after = after
        self._left = count
        self._lock = threading.Lock()

    def passed(self, step: str) -> None:
        with self._lock:
            self._left -= step == self._after
            if self._left <= 0:
                os._exit(DEATH)


class MortalService:
    """The service; a process may die when it has created an identity."""

    def __init__(self, service: AcsService, fate: Fate) -> None:
        self.name = service.name
        self._service = service
        self._fate = fate

    def create(self) -> str:
        identity = self._service.create()
        self._fate.passed("create")
        return identity

    def issue(self, identity: str, scopes: Sequence[str], lifetime: timedelta) -> AcsToken:
        return self._service.issue(identity, scopes, lifetime)

    def delete(self, identity: str) -> None:
        self._service.delete(identity)


class MortalIdentities:
    """The store; a process may die when it has reserved a row, or stored an identity."""

    def __init__(self, identities: Identities, fate: Fate) -> None:
        self._identities = identities
        self._fate = fate

    def reserve(self, wanted: Reservation) -> Reservation:
        reservation = self._identities.reserve(wanted)
        if reservation.attempt == wanted.attempt:
            self._fate.passed("reserve")
        return reservation

    def store(self, reservation: Reservation, identity: str) -> bool:
        is_stored = self._identities.store(reservation, identity)
        self._fate.passed("store")
        return is_stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._identities, name)


def play(runtime: Runtime, clock: ToldClock, told: dict[str, Any]) -> list[Any]:
    clock.moment = datetime.fromisoformat(told["now"])
    die = told.get("die") or {"after": "", "count": sys.maxsize}
    fate = Fate(die["after"], die["count"])
    desk = acs_desk(runtime)
    service, identities = desk.service(), desk.identities()
    mortal: Callable[[], Any] = lambda: MortalService(service, fate)  # noqa: E731
    desk = replace(desk, service=mortal, identities=lambda: MortalIdentities(identities, fate))  # type: ignore[arg-type, return-value]

    def ask(caller: str) -> list[Any]:
        headers = {"x-negotiate-key": os.environ["NEGOTIATE_KEY"], "x-negotiate-user": caller}
        answer = answer_acs_token(desk, TokenRequest(headers), clock.now())
        content = answer.content
        return [
            caller,
            answer.status,
            content.get("identity"),
            content.get("retryAfterMs"),
            content.get("said"),
        ]

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, told["callers"]))


def main() -> None:
    clock = ToldClock()
    runtime = Runtime(Settings.from_environment(), clock)
    for line in sys.stdin:
        print(json.dumps(play(runtime, clock, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
