"""A lobby whose events a test sends: its rules, its keys, and rows in memory in which a process can die."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.configuration.events import EventIdentity, usable_events
from shared.configuration.files.usable import flawless
from shared.errors import LinekeeperError, UnauthorizedError
from shared.events.answer import EventAnswer
from shared.events.cloud_event import CloudEvent
from shared.events.gate import EventGate
from shared.events.handlers import Handled, Handlers
from shared.events.receive import EventRequest, Reception, receive_event
from shared.events.repeats import EventRow, EventState
from shared.races import LostRaceError

LOBBY = "/subscriptions/5f/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
HOST = "lobby.webpubsub.azure.com"
PRIMARY, SECONDARY = "cHJpbWFyeSBrZXkgb2YgdGhlIGxvYmJ5", "c2Vjb25kYXJ5IGtleSBvZiB0aGUgbG9iYnk="
SETTINGS = {
    "WEB_PUBSUB_CONNECTION": f"Endpoint=https://{HOST};AccessKey={PRIMARY};Version=1.0;",
    "WEB_PUBSUB_CONNECTION_SECONDARY": SECONDARY,
}
NOON = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
RULES = f"""
resources:
  - resource: {LOBBY}
    origins: [{HOST}]
    keys: [WEB_PUBSUB_CONNECTION, WEB_PUBSUB_CONNECTION_SECONDARY]
    hubs:
      - hub: chat
        connect:
          - {{users: ["banned-*"], refuse: true}}
          - {{users: ["*@contoso.com"], groups: [staff], roles: [webpubsub.sendToGroup.staff]}}
          - {{claims: {{plan: [gold, silver]}}, user_claim: member, roles: []}}
          - {{users: ["*"]}}
        user_events: [{{event: message, handler: echo}}, {{event: order, handler: order}}, {{event: greet, handler: acknowledge}}]
      - hub: door
        connect: [{{anonymous: true, groups: [guests]}}]
        subprotocols: [json.webpubsub.azure.v1]
      - hub: plain
"""


def signature(connection: str, *keys: str) -> str:
    """Sign as the service does: with both keys, or with those given."""
    return ",".join(
        f"sha256={hmac.new(key.encode(), connection.encode(), hashlib.sha256).hexdigest()}"
        for key in keys or (PRIMARY, SECONDARY)
    )


def event_headers(
    kind: str, name: str, connection: str = "c-1", number: int = 1, hub: str = "chat"
) -> dict[str, str]:
    """Return the headers of an event as the service sends them, names in lower case."""
    return {
        "webhook-request-origin": HOST,
        "content-type": "application/json; charset=utf-8",
        "ce-specversion": "1.0",
        "ce-type": f"azure.webpubsub.{kind}.{name}",
        "ce-source": f"/hubs/{hub}/client/{connection}",
        "ce-id": str(number),
        "ce-time": NOON.isoformat().replace("+00:00", "Z"),
        "ce-signature": signature(connection),
        "ce-userid": "ada@contoso.com",
        "ce-connectionid": connection,
        "ce-hub": hub,
        "ce-eventname": name,
    }


class StageClock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class DeathError(BaseException):
    """The process ends here; nothing in it catches this."""


@dataclass
class FakeRows:
    """The contract of `EventRows`, in a dictionary; may die after so many changes, or before."""

    kept: dict[str, EventRow] = field(default_factory=dict)
    dies_after: int = 0
    changes: int = 0
    is_down: bool = False
    calls: int = 0

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        self._asked()
        stored = self.kept.get(row.key)
        if stored is not None and stored.state is not EventState.FAILED:
            return stored, False
        return self._stored(row), True

    def change(self, row: EventRow) -> EventRow:
        self._asked()
        if self.kept[row.key].etag != row.etag:
            raise LostRaceError("an event")
        return self._stored(row)

    def _asked(self) -> None:
        self.calls += 1
        if self.is_down:
            raise LinekeeperError("storage does not answer", permanent=False)

    def _stored(self, row: EventRow) -> EventRow:
        self.changes += 1
        stored = self.kept[row.key] = replace(row, etag=str(self.changes))
        if self.changes == self.dies_after:
            raise DeathError
        return stored


class NoTokens:
    def admit(self, authorization: str, identity: EventIdentity, now: datetime) -> None:
        raise UnauthorizedError("no token is good")


@dataclass
class Line:
    """The handler of the lobby, with a book of orders that an effect writes."""

    folder: Path
    rows: Any = field(default_factory=FakeRows)
    clock: StageClock = field(default_factory=StageClock)
    settings: Mapping[str, str] = field(default_factory=lambda: dict(SETTINGS))
    rules: str = RULES
    book: dict[str, bytes] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    handled: int = 0
    order: Any = None  # takes the place of the handler of orders
    tokens: Any = field(default_factory=NoTokens)

    def __post_init__(self) -> None:
        (self.folder / "events.yaml").write_text(self.rules, encoding="utf-8")
        self._handlers = Handlers(lambda: {"order": self._order})

    @property
    def reception(self) -> Reception:
        rules = flawless(usable_events(self.folder))
        gate = EventGate(self.tokens, self.settings.get)
        return Reception(rules, gate, self.rows, self._handlers, self.clock)

    def send(
        self, headers: Mapping[str, str], body: bytes = b"{}", hub: str = "chat", method: str = "POST"
    ) -> EventAnswer:
        return receive_event(EventRequest(method, hub, headers, body), self.reception)

    def wait(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    def only_row(self) -> EventRow:
        (row,) = self.rows.kept.values()
        return row

    def _order(self, event: CloudEvent) -> Handled:
        self.handled += 1
        if self.order is not None:
            return self.order(event)
        number = self.handled

        def write(key: str) -> None:
            self.effects.append(key)
            self.book.setdefault(key, event.body)

        return Handled(EventAnswer(200, f"taken as number {number}".encode(), "text/plain"), write)
