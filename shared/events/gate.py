"""Admit events: who sends them must prove to be the resource that they name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.configuration.events import EventIdentity, EventResource
from shared.errors import LinekeeperError, UnauthorizedError
from shared.events.cloud_event import CloudEvent
from shared.events.signature import access_key, is_signed

SettingReader = Callable[[str], str | None]


class TokenGate(Protocol):
    """Checks the Entra tokens of a resource's identity."""

    def admit(self, authorization: str, identity: EventIdentity, now: datetime) -> None:
        """Return when the header holds a good token of the identity, whose `appid` or `oid` is one of its ids.

        Raises:
            UnauthorizedError: it does not, and why; the text holds nothing of the token.
            LinekeeperError: the keys of the tenant cannot be fetched.
        """
        ...


@dataclass(frozen=True, slots=True)
class EventGate:
    """What proves events: the tokens of Entra, and the settings that hold access keys."""

    tokens: TokenGate
    setting: SettingReader

    def admit(
        self, resource: EventResource, event: CloudEvent, headers: Mapping[str, str], now: datetime
    ) -> None:
        """Return when the event is proved by the token of the resource's identity, or by a signature with one of its keys.

        Raises:
            UnauthorizedError: it is not.
            LinekeeperError: it cannot be checked now, or no key is set.
        """
        authorization = headers.get("authorization", "")
        if resource.identity is not None and (authorization or not resource.keys):
            self.tokens.admit(authorization, resource.identity, now)
            return
        keys = keys_of(resource, self.setting)
        if not is_signed(headers.get("ce-signature", ""), event.connection, keys):
            raise UnauthorizedError("the signature is missing or is not one of the resource's keys")


def keys_of(resource: EventResource, setting: SettingReader) -> list[str]:
    """Return the access keys of a resource, of those settings that are there.

    Raises:
        LinekeeperError: there is none.
    """
    values = [setting(name) for name in resource.keys]
    keys = [key for value in values if value and (key := access_key(value))]
    if not keys:
        names = ", ".join(resource.keys) or "none is named"
        raise LinekeeperError(
            f"{resource.where}: no setting holds a key ({names}); expected a connection string with AccessKey"
        )
    return keys
