"""Remember on a device what its owner called themselves: a signed cookie with the name and an end, and nothing else."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from shared.errors import LinekeeperError
from shared.notices.answers.keyring import KeyRing, SigningKey
from shared.notices.answers.request import LinkRequest, clean_name
from shared.notices.answers.signed_links import ROUTE

NAME = "__Secure-linekeeper-name"  # a browser takes the prefix from HTTPS alone (RFC 6265bis, section 4.1.3)
AGE = timedelta(days=90)
_SKEW = timedelta(minutes=5)  # between the clocks of two instances
_MOST_TRIED = 3  # of one name: a neighbour's domain may have planted others
_FORM = re.compile(
    r"1\.(?P<key>[0-9a-f]{1,16})\.(?P<expires>\d{1,12})\.(?P<name>[A-Za-z0-9_-]{1,400})\.(?P<mac>[A-Za-z0-9_-]{43})",
    re.ASCII,
)
_IN_HEADER = re.compile(rf"(?:^|;)[ \t]*{NAME}=([A-Za-z0-9._-]{{1,512}})[ \t]*(?=;|$)", re.ASCII)


def remembered_name(request: LinkRequest, ring: KeyRing, now: datetime) -> str:
    """Return the name that this device gave last; "" where it gave none, or the cookie is not ours or too old."""
    try:
        return next(_names(request.headers.get("cookie", ""), ring, now), "")
    except LinekeeperError:  # the keys cannot be read just now: the name is typed
        return ""


def name_cookie(name: str, key: SigningKey, address: str | None, now: datetime) -> str:
    """Return the header that makes a device remember a name, for the answers' own path; `address` is where they are."""
    expires = int((now.astimezone(UTC) + AGE).timestamp())
    path = f"{urlsplit(address or '/api').path.rstrip('/')}/{ROUTE}"
    lasts = f"Max-Age={int(AGE.total_seconds())}"
    return f"{NAME}={_signed(name, expires, key)}; Path={path}; {lasts}; Secure; HttpOnly; SameSite=Lax"


def _names(header: str, ring: KeyRing, now: datetime) -> Iterator[str]:
    for found in list(_IN_HEADER.finditer(header))[:_MOST_TRIED]:
        parts = _FORM.fullmatch(found[1])
        key = ring.find(parts["key"]) if parts else None
        if parts is None or key is None:
            continue
        name, expires = _decoded(parts["name"]), int(parts["expires"])
        is_in_time = now.timestamp() < expires <= (now + AGE + _SKEW).timestamp()
        if name and is_in_time and hmac.compare_digest(_signed(name, expires, key), found[1]):
            yield name


def _signed(name: str, expires: int, key: SigningKey) -> str:
    text = f"1.{key.id}.{expires}.{_encoded(name.encode())}"
    # With a word before it, no cookie's text is that of a link.
    digest = hmac.new(key.secret, f"name {text}".encode(), hashlib.sha256).digest()
    return f"{text}.{_encoded(digest)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> str:
    try:
        return clean_name(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except ValueError:  # UnicodeDecodeError and binascii.Error are ones
        return ""
