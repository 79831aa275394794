"""Read what a client's token says of itself; nothing of it is proved, so it may only narrow what a policy gives."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.errors import InputError
from shared.tokens.policy import Rights

_PATH = "/client/hubs/"
_MOST_LENGTH = 16_384
_MOST_RIGHTS = 1_000
_UNREADABLE = (ValueError, KeyError, TypeError, RecursionError)


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A token of Web PubSub, as it describes itself."""

    hub: str
    rights: Rights


def client_token(text: str) -> ClientToken:
    """Return what a token says.

    Raises:
        InputError: it is not a token of a client of Web PubSub.
    """
    try:
        claims = claims_in(text)
        _, path, hub = claims["aud"].partition(_PATH)
        rights = Rights(
            _text(claims.get("sub", "")), _texts(claims.get("role")), _texts(claims.get("webpubsub.group"))
        )
    except (AttributeError, *_UNREADABLE) as error:
        raise _unreadable() from error
    if not path or not hub:
        raise _unreadable()
    return ClientToken(hub, rights)


def claims_in(text: str) -> Mapping[str, Any]:
    """Return the claims of a token, unproved.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: it cannot be read.
    """
    if len(text) > _MOST_LENGTH:
        raise ValueError("too long")
    _, payload, _ = text.split(".")
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except msgspec.DecodeError as error:
        raise ValueError("not JSON") from error
    if not isinstance(claims, dict):
        raise TypeError("not a mapping")
    return claims


def _texts(value: Any) -> tuple[str, ...]:
    """Return the values of a claim that may stand once or be a list."""
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MOST_RIGHTS:
        raise ValueError("too many")
    return tuple(map(_text, listed))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _unreadable() -> InputError:
    return InputError("token", "it is not a token of a client", "the `token` that negotiate gave")
