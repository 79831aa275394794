"""Read a bearer token, and believe only what its issuer's published key, its audience and its times prove.

https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt

from shared.errors import LinekeeperError

RS256 = ("RS256",)

_SKEW = timedelta(minutes=5)
_MOST_TOKEN_LENGTH = 16_384
_REQUIRED = ["exp", "iss", "aud"]
_UNCHECKED = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": _REQUIRED}
# Raised by PyJWT for texts that are not tokens: deeply nested brackets are a RecursionError.
_INVALID = (jwt.PyJWTError, ValueError, TypeError, RecursionError)
# A key that two sides share is never published: who could read it could also sign with it.
_ASYMMETRIC = {"RSA", "EC"}


class InvalidTokenError(LinekeeperError):
    """A token that proves nothing, and why; the text holds nothing of it."""


def bearer(authorization: str) -> str:
    """Return the token of a header Authorization; empty where it holds none."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def claimed_issuer(token: str) -> str:
    """Return the issuer that a token claims to be of, to choose whose keys must prove it.

    Raises:
        InvalidTokenError: it cannot be read.
    """
    _check_length(token)
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except _INVALID as error:
        raise InvalidTokenError("the token cannot be read") from error
    return str(claims.get("iss"))


def verified_claims(
    token: str,
    key_of: Callable[[str], jwt.PyJWK | None],
    audiences: Sequence[str],
    now: datetime,
    algorithms: Sequence[str] = RS256,
) -> Mapping[str, Any]:
    """Return what a token says, once its signature, audience and times are proved.

    `key_of` returns a published key by its id, or None where there is none of it.

    Raises:
        InvalidTokenError: it proves nothing.
        LinekeeperError: `key_of` raised it: the keys cannot be had now.
    """
    claims = _signed_claims(token, key_of, audiences, algorithms)
    _check_times(claims, now)
    return claims


def _signed_claims(
    token: str,
    key_of: Callable[[str], jwt.PyJWK | None],
    audiences: Sequence[str],
    algorithms: Sequence[str],
) -> Mapping[str, Any]:
    _check_length(token)
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except _INVALID as error:
        raise InvalidTokenError("the token cannot be read") from error
    key = key_of(str(kid))
    if key is None or key.key_type not in _ASYMMETRIC:
        raise InvalidTokenError("the token names a key that the tenant does not have")
    try:
        return jwt.decode(token, key, algorithms=algorithms, audience=audiences, options=_UNCHECKED)  # type: ignore[arg-type]
    except jwt.InvalidAudienceError as error:
        raise InvalidTokenError("the token is for another audience") from error
    except _INVALID as error:
        raise InvalidTokenError(f"the token is not valid ({type(error).__name__})") from error


def _check_length(token: str) -> None:
    if len(token) > _MOST_TOKEN_LENGTH:
        raise InvalidTokenError("the token is too long")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Compare the token's times with `now`; PyJWT only knows the clock of the machine."""
    end, start = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(end, int | float) or not isinstance(start, int | float):
        raise InvalidTokenError("the times of the token are not numbers (exp and nbf in seconds)")
    # In this form a time that is not a number, which JSON in Python can hold, is refused, too.
    if not now.timestamp() < end + _SKEW.total_seconds():
        raise InvalidTokenError("the token has expired")
    if not now.timestamp() >= start - _SKEW.total_seconds():
        raise InvalidTokenError("the token is not valid yet")
