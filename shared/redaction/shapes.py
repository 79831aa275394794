"""Secrets that are known by their shape alone: vendors' tokens, keys, JWTs, PEM blocks, webhooks, credentials in addresses."""

import base64
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.redaction.names import kind_of
from shared.redaction.values import cannot_be_secret, is_hex, is_mixed, is_number, is_phrase, is_random

Span = tuple[int, int, str]

_FILE = Path(__file__).with_name("shapes.toml")


@dataclass(frozen=True, slots=True)
class VendorShape:
    """How the secrets of a vendor start, and what follows."""

    starts: tuple[str, ...]
    pattern: re.Pattern[str]
    needs: str

    def spans(self, text: str) -> Iterator[Span]:
        """Yield the secrets of this shape; the starts are looked for first."""
        if self.needs in text and any(start in text for start in self.starts):
            for match in self.pattern.finditer(text):
                yield match.start(), match.end(), "[redacted token]"


def _shapes() -> tuple[VendorShape, ...]:
    return tuple(_shape(entry) for entry in tomllib.loads(_FILE.read_text(encoding="utf-8"))["shape"])


def _shape(entry: dict[str, object]) -> VendorShape:
    starts = tuple(map(str, entry["starts"])) if isinstance(entry["starts"], list) else ()
    pattern = (
        rf"(?<![A-Za-z0-9]){entry.get('before', '')}(?:{'|'.join(map(re.escape, starts))}){entry['then']}"
    )
    return VendorShape(starts, re.compile(pattern), str(entry.get("needs", "")))


_SHAPES = _shapes()

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-(?!----)){0,12000}+-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\sA-Za-z0-9+/=\\:,]*+)"
)
# RFC 7519 over RFC 7515: the header is the base64url text of a JSON object, so it begins with `ey` or, with blanks, `ew`.
_JWT = re.compile(r"(?<![A-Za-z0-9+/])e[yw][A-Za-z0-9_-]{6,}+(?:\.[A-Za-z0-9_%=-]*+)*+")
_JOSE = re.compile(rb'"(?:alg|typ|kid|enc|x5t|x5c|cty|zip|jku|jwk|crit|epk|iss|sub|aud|exp)"')
_USERINFO = re.compile(
    r"""(?<=://)(?P<user>[^\s/?#"'<>:@]{0,200}+(?:@[^\s/?#"'<>:@]{1,100}+(?=:))?)(?P<password>:[^\s/?#"'<>]{0,400})?@(?!sha\d)"""
)
_BARE_USERINFO = re.compile(
    r"""(?<![\w/:@.+-])(?P<scheme>[A-Za-z][\w.+-]{1,60}):(?P<password>[^\s/?#"'<>:@]{5,200})@(?=[\w-]+[.:][\w-])"""
)
_CONTACTS = frozenset(
    {
        "sip",
        "sips",
        "mailto",
        "xmpp",
        "acct",
        "tel",
        "im",
        "msteams",
        "cc",
        "to",
        "from",
        "bcc",
        "user",
        "by",
        "upn",
        "docker",
        "npm",
    }
)
_ORACLE = re.compile(r"(?i)jdbc:oracle:\w{2,5}:(?P<value>[^\s/@]{1,80}/[^\s@]{1,80})@")

_ENTRA_SECRET = re.compile(
    r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{10,}+|[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{10,}+"
)
_KEY_MARKS = ("JQQJ9", "AzFu", "AzSe", "AzCa", "AZDO", "+A")
_ANNOTATED_KEY = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{6,}+(?:==)?"  # SEC101/200
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{40,48}Az(?:Fu|Se|Ca)[A-Za-z0-9_-]{5,}+={0,2}"  # a Functions host, AI Search, Redis
    r"|(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])"  # Azure DevOps
    r"|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{30,80}\+(?:ASt|ASb|AEh|AIo|ACR|ARm|AMC)[A-Za-z0-9+/]{5,}+={0,2}"
)
_DEVOPS = re.compile(r"(?<![A-Za-z0-9])(?=[a-z]{0,51}[2-7])[a-z2-7]{52}(?![A-Za-z0-9])")
_RUN = re.compile(r"(?<![A-Za-z0-9+/_%.-])[A-Za-z0-9+/_-]{24,}+={0,2}(?![A-Za-z0-9=])")
_UNPADDED = frozenset({43, 86})  # 32 and 64 bytes
_SUBRESOURCE = re.compile(r"sha\d{3}-")
_NAME_BEFORE = re.compile(r"([A-Za-z][\w.-]{0,60})[\"']?\s{0,3}[:=]?\s{0,3}[\"']?$")
_HARMLESS_BEFORE = re.compile(
    r"(?i)(?:id|ids|etag|hash|digest|checksum|md5|sha\d*|thumbprint|fingerprint|x5t|nonce|accept|websocket-key|connection|group|trace|cursor|continuation|continuationtoken|version|row|partition)$"
)

# What each alternative below holds: to look for these costs next to nothing.
_WEBHOOK_HOSTS = (
    "logic.azure",
    "api.power",
    "flow.microsoft",
    "office",
    "hooks.",
    "discord",
    "chat.google",
    "ifttt",
    "azure-auto",
    "telegram",
    "hook.",
    "webhook",
    "mattermost",
    "opsgenie",
    "pagerduty",
)
_WEBHOOK = re.compile(
    r"""(?ix)
    (?: logic\.azure\.(?:com|us|cn) | api\.power(?:platform|automate)\.(?:com|us|cn) | flow\.microsoft\.(?:com|us|cn) | flow\.microsoft\.us
      | webhook\.office(?:365)?\.com | outlook\.office(?:365)?\.com | hooks\.slack(?:-gov)?\.com | discord(?:app)?\.com | chat\.googleapis\.com
      | hooks\.zapier\.com | maker\.ifttt\.com | azure-automation\.(?:net|us|cn) | api\.telegram\.org | hook\.(?:eu|us)\d\.make\.com | webhook\.site | mattermost\.[\w.-]{1,60} | api\.opsgenie\.com | events\.pagerduty\.com )
    (?: :\d{1,5} )? (?P<path> [/?] [^\s"'<>]*+ )
    """
)
_WEBHOOK_PATH = re.compile(
    r"(?i)/workflows/|/triggers/|/invoke|[?&]sig=|/automations/|/webhook|/services/|/hooks?/|/spaces/.{0,80}[?&](?:key|token)=|/with/key/|[?&]token=|^/bot\d|/integration/[0-9a-f]{20}"
)
_HOST_BEFORE = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]{1,10}://(?:[^\s\"'<>/@]{1,200}@)?)?[a-z0-9._-]*$")


def shaped_secrets(text: str) -> Iterator[Span]:
    """Yield the secrets in a view that are known by their shape."""
    for shape in _SHAPES:
        yield from shape.spans(text)
    if "PRIVATE KEY" in text:
        yield from ((match.start(), match.end(), "[redacted key]") for match in _PEM.finditer(text))
    yield from _jwts(text)
    if "@" in text:
        yield from _userinfo(text)
    if "Q~" in text:
        yield from (
            (match.start(), match.end(), "[redacted secret]") for match in _ENTRA_SECRET.finditer(text)
        )
    lowered = text.lower()
    if any(host in lowered for host in _WEBHOOK_HOSTS):
        yield from webhooks(text)
    if any(mark in text for mark in _KEY_MARKS):
        yield from ((match.start(), match.end(), "[redacted key]") for match in _ANNOTATED_KEY.finditer(text))
    yield from ((match.start(), match.end(), "[redacted key]") for match in _DEVOPS.finditer(text))
    yield from _keys(text)


def webhooks(text: str) -> Iterator[Span]:
    """Yield the addresses that carry their own permission: the whole address is the secret."""
    for match in _WEBHOOK.finditer(text):
        if _WEBHOOK_PATH.search(match["path"]):
            host = _HOST_BEFORE.search(text[max(0, match.start() - 300) : match.start()])
            yield match.start() - (len(host[0]) if host else 0), match.end(), "[redacted webhook]"


def _jwts(text: str) -> Iterator[Span]:
    if "ey" not in text and "ew" not in text:
        return
    for match in _JWT.finditer(text):
        parts = match[0].split(".", 2)
        if _is_jose(parts[0]) or (
            len(parts) > 1 and parts[0].startswith("eyJ") and len(parts[0]) >= 16 and len(parts[1]) >= 16
        ):
            yield match.start(), match.end(), "[redacted token]"


def _is_jose(header: str) -> bool:
    if len(header) < 16:
        return False
    start = header[: min(len(header), 400) // 4 * 4]
    return _JOSE.search(base64.urlsafe_b64decode(start)) is not None


def _userinfo(text: str) -> Iterator[Span]:
    for match in _USERINFO.finditer(text):
        password = (match["password"] or "")[1:]
        alone = match["user"]
        if password:
            secret = not (cannot_be_secret(password) or (is_number(password) and len(password) < 6))
        else:
            secret = len(alone) >= 16 and is_random(alone)
        if secret and "[redacted" not in match[0]:
            yield match.start(), match.end() - 1, "[redacted credentials]"
    for match in _BARE_USERINFO.finditer(text):
        password = match["password"]
        if match["scheme"].lower() not in _CONTACTS and is_mixed(password) and not is_phrase(password):
            yield match.start(), match.end() - 1, "[redacted credentials]"
    for match in _ORACLE.finditer(text) if "jdbc" in text else ():
        yield match.start("value"), match.end("value"), "[redacted credentials]"


def _keys(text: str) -> Iterator[Span]:
    for match in _RUN.finditer(text):
        run = match[0]
        if _may_be_key(run) and not _is_harmless(text, match.start()):
            yield match.start(), match.end(), "[redacted key]"


def _may_be_key(run: str) -> bool:
    if _SUBRESOURCE.match(run) or is_hex(run):
        return False
    bare = run.rstrip("=")
    padded = len(run) > len(bare)
    one_alphabet = not (set(bare) & set("+/") and set(bare) & set("-_"))
    if inner := _decoded_text(bare):
        from shared.redaction.removal import redact_once  # noqa: PLC0415 - a text in base64 is looked through like any other

        return redact_once(inner) != inner
    if padded:
        return len(bare) >= 42 and one_alphabet
    return len(bare) in _UNPADDED and one_alphabet and is_random(bare)


def _decoded_text(run: str) -> str | None:
    """Return the text that a run of base64 stands for, or None where it stands for no text."""
    try:
        data = base64.b64decode(
            run[:8000] + "=" * (-len(run[:8000]) % 4),
            altchars=b"-_" if set(run) & set("-_") else None,
            validate=True,
        )
        text = data.decode("ascii")
    except ValueError:
        return None
    return (
        text
        if len(text) >= 8 and all(letter.isprintable() or letter in "\r\n\t" for letter in text)
        else None
    )


def _is_harmless(text: str, start: int) -> bool:
    before = _NAME_BEFORE.search(text[max(0, start - 70) : start])
    if before is None:
        return False
    name = before[1]
    return _HARMLESS_BEFORE.search(name) is not None and kind_of(name) is None
