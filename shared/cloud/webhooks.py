"""Post signed JSON to receivers of a team's own kind, by the Standard Webhooks specification 1.0.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from requests import Request, RequestException

from shared.clock import Clock
from shared.cloud.posting import post_once, without_setting
from shared.configuration.receivers import Receiver
from shared.errors import LinekeeperError
from shared.notices.delivery.post import PostAnswer, PostOutcome

_IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_MEANINGS = {
    400: "it does not take the payload",
    401: "it does not accept the signature: compare its key with the setting's",
    403: "it does not accept the signature: compare its key with the setting's",
    404: "nothing answers at its address",
    410: "it is gone",
    413: "the payload is too large",
} | dict.fromkeys((301, 302, 303, 307, 308), "it redirects, and no redirect is followed")
_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)  # of the specification
# What Azure answers every machine from: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_AZURE = ipaddress.IPv4Address("168.63.129.16")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # to IPv4 (RFC 6052, section 2.1)
_ADDRESS = "expected an https address without a user"
_KEY = f"expected `{_PREFIX}` and 24 to 64 random bytes in base64; two keys with a space between them while they are changed"
# A host that is a number in another writing than an address's own, such as 0xa9fea9fe or 2852039166.
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


class WebhookSettingError(LinekeeperError):
    """A setting of a receiver holds no address or no key; the text holds neither."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class SignedWebhooks:
    """Posts payloads to receivers; implements `shared.notices.delivery.post.Post`.

    Neither an address nor a key stands in an answer, log or repr.
    """

    def __init__(self, value_of: Callable[[str], str | None], clock: Clock) -> None:
        """Take what returns the value of a setting."""
        self._value_of = value_of
        self._clock = clock

    def __call__(self, receiver: Receiver, message: Mapping[str, Any]) -> PostAnswer:
        """Post a payload to a receiver; whatever becomes of it is the answer, never an error."""
        address, key = self._value_of(receiver.setting), self._value_of(receiver.key_setting)
        if not address or not key:
            return without_setting(receiver, receiver.key_setting if address else receiver.setting)
        try:
            check_address(receiver.setting, address)
            keys = signing_keys(receiver.key_setting, key)
        except WebhookSettingError as error:
            return PostAnswer(PostOutcome.REFUSED, str(error))
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(str(message["id"]), self._clock.now(), body, keys)
        return post_once(address.strip(), body, headers, who="the receiver", meanings=_MEANINGS)


def signed_headers(message: str, now: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Return the headers that prove a body: its id, when it is sent, and its signature with each key."""
    seconds = str(int(now.timestamp()))
    signed = b".".join((message.encode(), seconds.encode(), body))
    return {
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def signing_keys(setting: str, text: str) -> list[bytes]:
    """Return the keys that a setting holds.

    Raises:
        WebhookSettingError: one of them is no key.
    """
    return [_key(setting, word) for word in text.split()]


def check_address(setting: str, address: str) -> None:
    """Make sure that an address leads to a server of a team's own over TLS, and not into the machine's own network.

    A name is not looked up: what answers there needs a certificate for it.

    Raises:
        WebhookSettingError: it does not.
    """
    try:
        # As it is sent: two readers of an address do not agree where its host ends.
        parts = urlsplit(Request("POST", address.strip()).prepare().url or "")
        host = (parts.hostname or "").rstrip(".")
    except (ValueError, RequestException) as error:
        raise WebhookSettingError(f"the setting {setting} does not hold an address; {_ADDRESS}") from error
    is_named = urlsplit(address.strip()).username is None and parts.username is None
    if parts.scheme != "https" or not host or not is_named:
        raise WebhookSettingError(f"the setting {setting} does not hold such an address; {_ADDRESS}")
    _check_host(setting, host)


def _check_host(setting: str, host: str) -> None:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise WebhookSettingError(
                f"the setting {setting} names its host as a number; {_ADDRESS}"
            ) from None
        return
    if any(_is_of_the_machine(one) for one in (number, *_within(number))):
        raise WebhookSettingError(
            f"the setting {setting} leads to an address of the machine's own network; {_ADDRESS}"
        )


def _within(number: _IpAddress) -> Iterator[_IpAddress]:
    """Yield the IPv4 addresses to which an IPv6 address may lead."""
    if isinstance(number, ipaddress.IPv6Address):
        inner = (number.ipv4_mapped, number.sixtofour)
        yield from (one for one in inner if one is not None)
        if number in _TRANSLATED:
            yield ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)


def _is_of_the_machine(number: _IpAddress) -> bool:
    return number.is_link_local or number.is_multicast or number.is_unspecified or number == _AZURE


def _key(setting: str, word: str) -> bytes:
    if not word.startswith(_PREFIX):  # by which it is known, and redacted, wherever it stands
        raise WebhookSettingError(f"the setting {setting} does not hold a signing key; {_KEY}")
    try:
        key = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookSettingError(f"the setting {setting} does not hold a signing key; {_KEY}") from error
    if len(key) not in _KEY_BYTES:
        raise WebhookSettingError(f"the setting {setting} holds a key of {len(key)} bytes; {_KEY}")
    return key


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
