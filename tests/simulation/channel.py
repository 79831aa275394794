"""The channel of Teams behind the app's webhook: what was posted there, and whether people see it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

from requests import ConnectionError as NoConnectionError
from requests import PreparedRequest, Response
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from tests.simulation.network import Network
from tests.simulation.storage.wire import LostError, NotSentError
from tests.simulation.tasks import Task

ADDRESS = "https://teams.invalid/webhook"
Row = Mapping[str, Any]
REPEAT = "This may be a repeat"


@dataclass(frozen=True, slots=True)
class Card:
    """A card that people see."""

    text: str
    is_marked: bool  # as a possible repeat
    is_on_time: bool = True  # it does not arrive after its post was given up


class Law(Protocol):
    """Judges what is posted."""

    def post_begun(self, task: Task, text: str) -> list[Row]:
        """Return the notices that a card is about to tell."""

    def card_shown(self, task: Task, card: Card, notices: list[Row]) -> None:
        """Judge a card that people see from now on."""


@dataclass
class Channel:
    """Takes cards; the law is told of each before people see it.

    Attributes:
        seen: is told the number and the text of each that people see.
    """

    network: Network
    law: Law
    seen: Callable[[int, str], None]
    cards: list[Card] = field(default_factory=list)

    def send(self, request: PreparedRequest) -> Response:
        """Answer one request that the app sends by `requests`."""
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        shown, task = _first_text(json.loads(body)), self.network.tasks.current
        notices = self.law.post_begun(task, body)
        try:
            return self.network.carry(
                "Teams",
                f"POST Teams {shown[:70]}{' (repeat)' if REPEAT in body else ''}",
                None,
                lambda: self._show(task, body, notices),
                busy=lambda: _response(429, {"Retry-After": "20"}),
                status=lambda response: response.status_code,
                doubles=False,  # nobody could tell two such cards apart
            )
        except NotSentError as error:
            reason = NewConnectionError(None, str(error))  # type: ignore[arg-type]  # of no connection
            raise NoConnectionError(MaxRetryError(None, "", reason), request=request) from error  # type: ignore[arg-type]
        except LostError as error:
            lost = ProtocolError("Connection aborted.", ConnectionResetError(str(error)))
            raise NoConnectionError(lost, request=request) from error

    def _show(self, task: Task, body: str, notices: list[Row]) -> Response:
        card = Card(body, REPEAT in body, is_on_time=not self.network.brings_ghosts)
        self.law.card_shown(task, card, notices)
        self.cards.append(card)
        self.seen(len(self.cards), body)
        return _response(202)


def _response(status: int, headers: Mapping[str, str] | None = None) -> Response:
    response = Response()
    response.status_code, response._content, response.raw = status, b"", BytesIO()
    response.headers.update(headers or {})
    return response


def _first_text(message: Any) -> str:
    try:
        return str(message["attachments"][0]["content"].get("fallbackText", ""))
    except (KeyError, IndexError, TypeError):
        return str(message)[:70]
