"""What a client gets: its address with a token, until when it is good, and when to come back for the next one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.clock import iso
from shared.tokens.client_token import claims_in
from shared.tokens.policy import Rights

# Of its lifetime: late enough to be worth it, and spread, so that clients that came together do not return together.
_EARLIEST, _LATEST = 0.5, 0.8
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """Where a client connects."""

    url: str  # with the token
    base_url: str
    token: str


class Signer(Protocol):
    """Signs tokens for the clients of one resource."""

    @property
    def name(self) -> str:
        """What stands for the service in the log, and in what is known to be down."""
        ...

    def sign(self, hub: str, rights: Rights, minutes: int) -> ClientAddress:
        """Return the address with a new token.

        Raises:
            LinekeeperError: the token cannot be had; not permanent where the service does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that was given."""

    address: ClientAddress
    user: str
    hub: str
    expires_at: datetime
    refresh_after: datetime
    connect_after: timedelta

    def as_json(self) -> Mapping[str, object]:
        """Return the answer to the client."""
        return {
            "url": self.address.url,
            "baseUrl": self.address.base_url,
            "token": self.address.token,
            "userId": self.user or None,
            "hub": self.hub,
            "expiresAt": iso(self.expires_at),
            "refreshAfter": iso(self.refresh_after),
            "connectAfterMs": round(self.connect_after / _MILLISECOND),
        }


def expiry_of(address: ClientAddress) -> datetime:
    """Return until when a token is good, by itself: the one who signed it has a clock of its own.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: it does not say so.
    """
    return datetime.fromtimestamp(int(claims_in(address.token)["exp"]), UTC)


def refresh_time(expires_at: datetime, minutes: int, chance: float) -> datetime:
    """Return when a client is to ask for the next token; `chance` is a random number from 0 to 1."""
    share_left = 1 - _EARLIEST - (_LATEST - _EARLIEST) * chance
    return expires_at - timedelta(seconds=round(60 * minutes * share_left))
