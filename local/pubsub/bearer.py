"""Check the tokens of clients and of callers of the REST API, and sign those that the service generates itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt

from local.azure.identity import Identity
from local.pubsub.keys import AccessKeys
from local.pubsub.texts import Published, Unpublished
from shared.clock import Clock

ENTRA_AUDIENCE = "https://webpubsub.azure.com"

# The times and the audience are compared here, with the service's clock, so that a refusal has its own text.
_UNCHECKED: jwt.types.Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_sub": False,
    "verify_jti": False,
    "verify_iss": False,
}


class RefusedTokenError(Exception):
    """The token is not good; the message is what the log says."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a client's token says of it.

    Attributes:
        claims: every claim with its values, as the `connect` event passes them on.
    """

    user_id: str = ""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    claims: Mapping[str, list[str]] = field(default_factory=dict)


class Bearers:
    """Knows the keys, and the time."""

    def __init__(self, keys: AccessKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def client(self, token: str, audiences: Iterable[str]) -> Claims:
        """Return what a client's token says.

        Raises:
            RefusedTokenError: the signature, the audience or the time is wrong.
        """
        payload = self._checked(token, (*self._keys.in_force(), self._keys.salt), audiences)
        claims = {name: [str(value) for value in _values(held)] for name, held in payload.items()}
        user_ids = claims.get("sub", [])
        return Claims(
            user_ids[0] if user_ids else "",
            tuple(claims.get("role", [])),
            tuple(claims.get("webpubsub.group", [])),
            claims,
        )

    def request(self, token: str, url: str) -> None:
        """Check the token that an access key signed for one request.

        Raises:
            RefusedTokenError: the signature, the audience or the time is wrong.
        """
        self._checked(token, self._keys.in_force(), [url])

    def generate(
        self, audience: str, lifetime: timedelta, user_id: str, roles: list[str], groups: list[str]
    ) -> str:
        """Return a client's token that the service signs; no access key is part of it."""
        now = self._clock.now()
        claims = {
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "sub": user_id,
            "role": roles,
            "webpubsub.group": groups,
        }
        return jwt.encode({name: value for name, value in claims.items() if value}, self._keys.salt, "HS256")

    def _checked(self, token: str, keys: tuple[str, ...], audiences: Iterable[str]) -> Mapping[str, object]:
        payload = self._decoded(token, keys)
        self._check_time(payload)
        expected = [audience.rstrip("/") for audience in audiences]
        actual = [str(audience) for audience in _values(payload.get("aud"))]
        known = {audience.lower() for audience in expected}
        if not any(audience.partition("?")[0].rstrip("/").lower() in known for audience in actual):
            text = Published.AUDIENCE.text(expected=", ".join(expected), actual=", ".join(actual))
            raise RefusedTokenError(text)
        return payload

    def _decoded(self, token: str, keys: tuple[str, ...]) -> Mapping[str, object]:
        for key in keys:
            try:
                payload: Mapping[str, object] = jwt.decode(token, key, ["HS256"], options=_UNCHECKED)
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                raise RefusedTokenError(Unpublished.MALFORMED.text()) from None
            return payload
        refused = Unpublished.OTHER_KEY if self._keys.enabled else Unpublished.KEYS_OFF
        raise RefusedTokenError(refused.text())

    def _check_time(self, payload: Mapping[str, object]) -> None:
        now = self._clock.now()
        end, start = _moment(payload.get("exp"), now), _moment(payload.get("nbf", 0), now)
        if end is None or start is None or not start <= now < end:
            raise RefusedTokenError(Unpublished.OUT_OF_TIME.text())


def is_entra(token: str, identity: Identity | None) -> bool:
    """Say whether the token is a good one of Entra for the data plane."""
    return identity is not None and identity.accepts(token, frozenset({ENTRA_AUDIENCE}))


def _moment(value: object, now: datetime) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, now.tzinfo)
    except (OverflowError, ValueError, OSError):
        return None


def _values(held: object) -> list[object]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]
