"""Ports of alerts: the inbox that keeps them until they are handled, and the gate that admits their senders."""

from datetime import datetime
from typing import Protocol

from shared.alerts.alert import Alert


class Inbox(Protocol):
    """The payloads of alerts, byte for byte. Every call is safe to repeat."""

    def keep(self, key: str, body: bytes) -> bool:
        """Keep a payload durably; tell whether its handling was asked for already.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def ask_for_handling(self, alert: Alert) -> None:
        """Ask for an alert that is kept under its key to be handled, durably and at least once; note that it arrived.

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

    def has_arrived(self, alert: Alert) -> bool:
        """Tell whether Azure's alert of the same id reached us in this condition, however it came.

        Raises:
            LinekeeperError: it cannot be told now.
        """
        ...

    def body(self, key: str) -> bytes | None:
        """Return a payload that was kept, or None where there is none of this key."""
        ...


class Gate(Protocol):
    """Admits callers by their token."""

    def admit(self, authorization: str, now: datetime) -> None:
        """Return when the caller may send alerts; `authorization` is the header as it came, empty without one.

        Raises:
            UnauthorizedError: the caller may not, and why.
            LinekeeperError: the token cannot be checked now.
        """
        ...


class Announcer(Protocol):
    """Sends notices that belong to no incident."""

    def announce(self, key: str, title: str, text: str, at: datetime, link: str | None = None) -> None:
        """Write a notice durably; a second call with the same key changes nothing."""
        ...
