"""The access keys of the resource, and what is signed with them."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Literal

KeyName = Literal["primary", "secondary"]


def _new_key() -> str:
    return secrets.token_urlsafe(48)


@dataclass(slots=True)
class AccessKeys:
    """Two access keys, either of which is good, and the secret of tokens that the service itself generates.

    Attributes:
        enabled: False is `disableLocalAuth`: what the access keys signed is refused, and events carry no signature.
    """

    primary: str = field(default_factory=_new_key)
    secondary: str = field(default_factory=_new_key)
    salt: str = field(default_factory=_new_key)
    enabled: bool = True

    def named(self, name: KeyName) -> str:
        """Return a key."""
        return self.primary if name == "primary" else self.secondary

    def regenerate(self, name: KeyName) -> None:
        """Replace a key at once; nothing brings the former one back."""
        if name == "primary":
            self.primary = _new_key()
        else:
            self.secondary = _new_key()

    def in_force(self) -> tuple[str, ...]:
        """Return the access keys that are accepted, the primary one first."""
        return (self.primary, self.secondary) if self.enabled else ()

    def signature_of(self, connection_id: str) -> str:
        """Return the `ce-signature` of a connection: one value for each key.

        https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events
        """
        digests = (
            hmac.new(key.encode(), connection_id.encode(), hashlib.sha256).hexdigest()
            for key in self.in_force()
        )
        return ",".join(f"sha256={digest}" for digest in digests)
