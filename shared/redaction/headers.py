"""Credentials of HTTP: `Authorization` with any scheme, a scheme without its header, and cookies."""

import re
from collections.abc import Iterator

from shared.redaction.values import GUID, cannot_be_secret, is_mixed, is_phrase, is_random

Span = tuple[int, int, str]

CREDENTIALS = "[redacted credentials]"
_NOTE = re.compile(r"\[redacted [a-z]{1,20}\]")
_OPENING = re.compile(r"\\{0,7}[\"']?")
# Schemes whose credentials are a list of names and values, up to the end of the header.
_LISTS = "digest|oauth|hawk|aws4-hmac-sha256|hmac-sha256|sharedaccesssignature|hmac|signature|mac|edgegrid|eg1-hmac-sha256|acs-hmac-sha256|mutual|scram-sha-256"
_SINGLE = "bearer|basic|negotiate|ntlm|sharedkey(?:lite)?|token|apikey|api-key|key|bot|geniekey|splunk|ssws|dpop|kerberos|pop|private|custom|zoho-oauthtoken|klaviyo-api-key|discogs|secret|app|x-api-key|wsse|function|client-key"
_HEADER = re.compile(
    rf"""(?ix)
    (?: (?P<list> {_LISTS} ) (?: [ \t]{{1,4}} | %20 ) (?P<listed> [^\r\n<>]{{1,4000}}+ )
      | (?P<scheme> {_SINGLE} ) (?: [ \t]{{1,4}} | %20 | \+ | :[ ]? ) (?P<value> [^\s"'<>,;\\]++ )
      | (?P<raw> [^\s"'<>,;\\]++ ) (?: [ \t]{{1,4}} (?P<second> [^\s"'<>,;\\]++ ) )? )
    """
)
# `realm="lobby"`, `error=invalid_token`: what a server says about credentials.
_CHALLENGE = re.compile(r"[A-Za-z][\w-]{1,40}=(?!=|$)")
_BARE_SCHEMES = ("bearer", "basic", "negotiate", "ntlm", "shared", "hmac-", "apikey", "ssws", "dpop", "genie")
_BARE_SCHEME = re.compile(
    r"(?i)(?<![\w-])(?:bearer|basic|negotiate|ntlm|sharedkey(?:lite)?|sharedaccesssignature|hmac-sha256|apikey|ssws|dpop|geniekey)"
    r"""(?:\s{1,4}|%20|\+)["']?(?P<value>[^\s"'<>,;\\]{8,}+)"""
)
_COOKIES = re.compile(r"[^\r\n\"'\\=]{0,200}=[^\r\n\"'\\]*+")
_COOKIE_ATTRIBUTE = re.compile(
    r"(?i)\s*(?:path|domain|expires|max-age|samesite|secure|httponly|priority|partitioned)\s*(?:=[^;]*)?"
)


def authorization(text: str, place: int) -> Span | None:
    """Return the credentials of an `Authorization` header whose value begins at a place."""
    opening = _OPENING.match(text, place)
    match = _HEADER.match(text, opening.end() if opening else place)
    if not match or _NOTE.match(text, match.end("list") + 1 if match["list"] else match.start()):
        return None
    if match["list"]:
        return _listed(text, match)
    if match["scheme"]:
        return (
            (match.start("value"), match.end("value"), CREDENTIALS)
            if _is_credential(match["value"])
            else None
        )
    return _raw(match)


def _listed(text: str, match: re.Match[str]) -> Span | None:
    listed = match["listed"]
    if "=" not in listed and ":" not in listed:
        return None
    if re.match(r"(?i)(?:realm|error|scope)\w*=", listed) and "response=" not in listed:
        return None
    start = match.start("listed")
    # The header may itself be a text in quotation marks.
    quote = text[match.start() - 1 : match.start()]
    end = text.find(quote, start, match.end()) if quote in {'"', "'"} else -1
    end = end if end >= 0 else match.end()
    return start, start + len(text[start:end].rstrip("\\\"'})] ")), CREDENTIALS


def _raw(match: re.Match[str]) -> Span | None:
    raw, second = match["raw"], match["second"]
    if (
        second
        and not cannot_be_secret(second)
        and (is_random(second) or second.endswith("=") or _looks_secret(second))
        and raw.isascii()
        and re.fullmatch(r"[A-Za-z][\w-]{1,30}", raw)
    ):
        return match.start("second"), match.end("second"), CREDENTIALS
    return (match.start("raw"), match.end("raw"), CREDENTIALS) if _looks_secret(raw) else None


def _looks_secret(value: str) -> bool:
    return len(value) > 200 or (
        not cannot_be_secret(value)
        and (
            is_random(value)
            or (not is_phrase(value) and ((is_mixed(value) and len(value) >= 6) or len(value) >= 16))
        )
    )


def _is_credential(value: str) -> bool:
    return not (
        _CHALLENGE.match(value)
        or (re.fullmatch(r"[a-z_]{3,30}=", value) is not None)
        or cannot_be_secret(value)
        or _NOTE.match(value)
        or len(value) < 4
    )


def bare_schemes(text: str) -> Iterator[Span]:
    """Yield credentials whose scheme stands without its header; "Bearer authentication" is prose."""
    lowered = text.lower()
    if not any(scheme in lowered for scheme in _BARE_SCHEMES):
        return
    for match in _BARE_SCHEME.finditer(text):
        value = match["value"].rstrip(".:)]}")
        if _NOTE.match(match["value"]) or not _is_credential(value) or is_phrase(value):
            continue
        turns = len(re.findall(r"[a-z][A-Z]", value[:400]))
        if is_mixed(value) or len(value) >= 20 or value.endswith("=") or turns > 2 or GUID.fullmatch(value):
            yield match.start("value"), match.start("value") + len(value), CREDENTIALS


def cookies(text: str, place: int) -> Span | None:
    """Return the cookies of a header whose value begins at a place; attributes alone are none."""
    opening = _OPENING.match(text, place)
    match = _COOKIES.match(text, opening.end() if opening else place)
    if not match or _NOTE.match(match[0]):
        return None
    if all(_COOKIE_ATTRIBUTE.fullmatch(part) for part in match[0].split(";") if "=" in part):
        return None
    return match.start(), match.start() + len(match[0].rstrip()), "[redacted cookie]"
