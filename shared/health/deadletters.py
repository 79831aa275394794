"""Keep what could not be handled, with its reason, so that nothing is lost and all can be delivered again."""

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
    """One message that was given up: where it was read, its text as it was, why, and when it came here."""

    queue: str  # the one it would be delivered to again, such as "work"
    text: str
    reason: str
    at: datetime

    @property
    def id(self) -> str:
        """The same for the same text of the same queue, so that a repeat is one."""
        written = f"{self.queue}\n{self.text}".encode(errors="surrogatepass")
        return hashlib.sha256(written).hexdigest()[:32]


class DeadLetters(Protocol):
    """The messages that were given up."""

    def put(self, letter: DeadLetter) -> None:
        """Keep a letter durably; of the same message again the first stays. It is kept when no error leaves."""
        ...

    def read(self, queue: str) -> Sequence[DeadLetter]:
        """Return the letters of a queue, oldest first."""
        ...

    def remove(self, letter: DeadLetter) -> None:
        """Delete a letter that was delivered again; one that is gone is not an error."""
        ...


def collect(queue: str, text: str, dequeue_count: int, now: datetime, store: DeadLetters) -> DeadLetter:
    """Turn a message of `<queue>-poison` into a dead letter; safe to repeat.

    An error of the store leaves as it is: the host then brings the message again.
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
        return "the message is no JSON"
    if not isinstance(message, dict):
        return "the message is JSON, but no object of ids"
    # The host leaves nothing of the error in a poison message.
    return "every attempt to handle it failed; the app's log names the error"
