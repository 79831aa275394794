"""Ports of alerts: the inbox that keeps them until they are handled, and the gate that admits their senders."""

from datetime import datetime, timedelta
from typing import Protocol

from shared.alerts.alert import Alert


class Inbox(Protocol):
    """The alerts that came, their payloads byte for byte. Every call is safe to repeat."""

    def accept(self, key: str, body: bytes, *, urgent: bool) -> None:
        """Keep an alert and ask for its handling, durably and at least once; an urgent one waits behind urgent ones alone.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def keep(self, key: str, body: bytes) -> None:
        """Keep a payload for people and for another attempt; of the same alert the first one counts.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def is_handled(self, key: str) -> bool:
        """Tell whether the alert of a key was handled.

        Raises:
            LinekeeperError: it cannot be told now.
        """
        ...

    def note_handled(self, key: str) -> None:
        """Note that the alert of a key was handled.

        Raises:
            LinekeeperError: it cannot be noted now.
        """
        ...

    def note_arrival(self, alert: Alert) -> None:
        """Note that an alert reached us.

        Raises:
            LinekeeperError: it cannot be noted now.
        """
        ...

    def keep_refused(self, body: bytes, reason: str) -> None:
        """Keep what is not an alert for a person to look at; only so many of them, the newest.

        Raises:
            LinekeeperError: it cannot be kept now.
        """
        ...

    def ask_for_notice(self, message: str) -> None:
        """Ask, by a message, for people to be told of what was refused; durably, and at least once.

        Raises:
            LinekeeperError: it cannot be asked now.
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

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        at: datetime,
        link: str | None = None,
        *,
        after: timedelta = timedelta(0),
        severity: int | None = None,
    ) -> None:
        """Write a notice durably; a second call with the same key changes nothing. It is not sent before `after`.

        `severity`, from 0 on, says which of several that wait is sent first.
        """
        ...

    def withdraw(self, key: str, reason: str, at: datetime) -> None:
        """Let a notice that was not sent yet rest; one that was sent, or never written, stays as it is."""
        ...
