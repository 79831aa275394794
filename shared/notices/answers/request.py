"""Read a request by a card's link: bounded, from our own page, and by whom."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.errors import LinekeeperError
from shared.incidents.lifecycle.respond import Person
from shared.redaction import visible

MOST_BYTES = 8 * 1024
MOST_NAME = 60
_MOST_FIELDS = 10
_TYPE = "application/x-www-form-urlencoded"
# "(unverified)" is ours to say.
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f()\[\]{}]+")


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """One request; names of headers in lower case."""

    method: str
    token: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class FormError(LinekeeperError):
    """A form that is not taken: the HTTP status, and the words for the person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_form(request: LinkRequest, address: str | None) -> Mapping[str, str]:
    """Return the fields of a form that our own page sent; `address` is where the app's functions are reached.

    Raises:
        FormError: it came from another site, is too large, or is not a form.
    """
    if not _is_from_our_page(request.headers, address):
        raise FormError(
            403, "The form was sent from another site. Open the link on the card, and use the button there."
        )
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise FormError(
            415, "What was sent is not a form. Open the link on the card, and use the button there."
        )
    if len(request.body) > MOST_BYTES:
        raise FormError(413, f"What was sent is too large; at most {MOST_BYTES} bytes are read.")
    try:
        pairs = parse_qsl(request.body.decode("ascii"), max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError as error:  # UnicodeDecodeError is one
        raise FormError(400, "What was sent cannot be read. Open the link on the card again.") from error
    return dict(pairs)


def _is_from_our_page(headers: Mapping[str, str], address: str | None) -> bool:
    """Tell whether a form came from our own page, as its browser says; a caller that says nothing has the signed link.

    Our pages send no referrer, and with that policy a browser's `Origin` is `null` for our own form too
    (https://fetch.spec.whatwg.org/#append-a-request-origin-header): `Sec-Fetch-Site` decides there.
    """
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin", "null")
    ours = {headers.get("host", ""), _host_of(address or "")} - {""}
    return origin == "null" or _host_of(origin) in ours


def _host_of(address: str) -> str:
    """Return the host of an address, with its port; empty where it is none."""
    try:
        return urlsplit(address).netloc
    except ValueError:  # brackets that hold no IPv6 address, or letters that become other ones
        return ""


def signed_in_person(headers: Mapping[str, str], *, is_authenticated: bool) -> Person | None:
    """Return the person whom App Service authentication signed in; None where it is off, for then anyone may write the headers.

    https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
    """
    if not is_authenticated:
        return None
    name = clean_name(headers.get("x-ms-client-principal-name", "")) or clean_name(_claimed_name(headers))
    return Person(name, verified=True) if name else None


def named_person(fields: Mapping[str, str]) -> Person | None:
    """Return the person who is named in a form, or None where there is no name."""
    name = clean_name(fields.get("name", ""))
    return Person(name) if name else None


def clean_name(text: str) -> str:
    """Return a name on one line and cut; empty where no letter or digit is in it."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", visible(text[: 4 * MOST_NAME])).split())[:MOST_NAME].strip()
    return name if any(map(str.isalnum, name)) else ""


def _claimed_name(headers: Mapping[str, str]) -> str:
    """Return the name among the claims, in the form of `X-MS-CLIENT-PRINCIPAL`."""
    try:
        principal: Any = json.loads(base64.b64decode(headers.get("x-ms-client-principal", "")))
        types = {principal.get("name_typ"), "preferred_username", "name"}
        claims = [claim["val"] for claim in principal["claims"] if claim["typ"] in types]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return str(claims[0]) if claims else ""
