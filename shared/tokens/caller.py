"""Who asks for a token, and how that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.errors import LinekeeperError

# One sentence for every reason: which check a forged token fails is told to the log and to nobody else.
UNKNOWN_CALLER = "the caller is not known; expected a sign-in that the app accepts"

MOST_ID_BYTES = 128


class UnknownCallerError(LinekeeperError):
    """A caller who showed something that proves nothing; the message is for the log and holds nothing of it."""


class CallerKind(StrEnum):
    """How a caller is known."""

    APP_SERVICE = "app-service"  # App Service authentication
    TOKEN = "token"  # noqa: S105  a bearer token of a configured issuer
    KEY = "key"  # NEGOTIATE_KEY, on behalf of a user
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks for a token; the id is empty where nobody signed in."""

    id: str
    roles: frozenset[str]
    how: CallerKind


ANONYMOUS = Caller("", frozenset(), CallerKind.ANONYMOUS)


class Callers(Protocol):
    """Tells who sent a request."""

    def identify(self, headers: Mapping[str, str], now: datetime) -> Caller:
        """Return who sent a request with these headers, named in lower case; ANONYMOUS where they show nothing.

        Raises:
            UnknownCallerError: they show something that proves nothing, and why.
            LinekeeperError: it cannot be checked now.
        """
        ...


def is_id(text: str) -> bool:
    """Tell whether a text can stand for a user: printable, without blanks at its ends, and short."""
    return (
        bool(text)
        and text.isprintable()
        and text == text.strip()
        and len(text.encode(errors="replace")) <= MOST_ID_BYTES
    )
