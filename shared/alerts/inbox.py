"""What alerts are kept in until they are handled, who may send them, and who tells people of those that fit nothing."""

from datetime import datetime
from typing import Protocol

from shared.errors import LinekeeperError


class UnauthorizedError(LinekeeperError):
    """A caller who may not send alerts."""


class Inbox(Protocol):
    """The alerts that came, as they came. Every call is safe to repeat."""

    def keep(self, key: str, body: bytes) -> bool:
        """Keep a payload durably; tell whether its handling was asked for already.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def ask_for_handling(self, key: str) -> None:
        """Ask for a kept alert to be handled, durably and at least once.

        Raises:
            LinekeeperError: it cannot be asked now.
        """
        ...

    def keep_refused(self, body: bytes, reason: str) -> None:
        """Keep what is not an alert for a person to look at; only so many of them, the newest.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def body(self, key: str) -> bytes | None:
        """Return a payload that was kept, or None where there is none of this key."""
        ...


class Gate(Protocol):
    """Tells callers apart by their token."""

    def admit(self, authorization: str, now: datetime) -> None:
        """Return when the caller may send alerts; `authorization` is the header as it came, empty without one.

        Raises:
            StrangerError: the caller may not, and why.
            LinekeeperError: it cannot be told now.
        """
        ...


class Announcer(Protocol):
    """Tells people what no incident stands behind."""

    def announce(self, key: str, title: str, text: str, at: datetime, link: str | None = None) -> None:
        """Write a notice durably; the same key is told once."""
        ...
