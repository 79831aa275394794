"""Keep messages that could not be handled as dead letters with a reason, so that they can be delivered again."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was given up: its queue, its text as it was, the reason, and when it became a dead letter."""

    queue: str  # the one it would be delivered to again, such as "work"
    text: str
    reason: str
    at: datetime

    @property
    def id(self) -> str:
        """A key of queue and text, so that the same message again is the same letter."""
        content = f"{self.queue}\n{self.text}".encode(errors="surrogatepass")
        return hashlib.sha256(content).hexdigest()[:32]


class DeadLetters(Protocol):
    """The messages that were given up."""

    def put(self, letter: DeadLetter) -> None:
        """Keep a letter durably; where the same message is kept already, that letter stays."""
        ...

    def read(self, queue: str) -> Sequence[DeadLetter]:
        """Return the letters of a queue, oldest first."""
        ...

    def remove(self, letter: DeadLetter) -> None:
        """Delete a letter that was delivered again; a letter that is gone already is not an error."""
        ...


def collect(queue: str, text: str, dequeue_count: int, now: datetime, store: DeadLetters) -> DeadLetter:
    """Turn a message of `<queue>-poison` into a dead letter; safe to repeat.

    An error of the store is raised as it is: the host then calls again with the same message.
    """
    letter = DeadLetter(queue.removesuffix("-poison"), text, _reason(text), now)
    store.put(letter)
    _log.error(
        "dead letter %s of queue %s (collected at attempt %s): %s",
        letter.id,
        letter.queue,
        dequeue_count,
        letter.reason,
    )
    return letter


def _reason(text: str) -> str:
    if not text.strip():
        return "the message is empty"
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return "the message is not JSON"
    if not isinstance(message, dict):
        return "the message is JSON, but not an object of ids"
    # The host leaves nothing of the error in a poison message.
    return "every attempt to handle it failed; the app's log names the error"
