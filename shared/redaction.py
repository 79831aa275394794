"""Make text safe to show: secrets are removed, markup from strangers is defused, users become hashes.

Every pattern decides with a bounded lookaround where it starts, and consumes what it has read. So the time is linear
in the length of the text, however hostile it is.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

# ruff's S105 sees passwords in patterns that look for them; none of these strings is a secret.

_NOTE = re.compile(r"\[redacted [a-z]{1,20}\]")

# Workflows and connector addresses carry their own permission: the whole address is the secret.
_WEBHOOK_HOSTS = (".logic.azure.com", ".environment.api.powerplatform.com", "webhook.office.com")
_ADDRESS = re.compile(
    r"""(?i)(?:https?(?::|%3A)(?:/|%2F){2})?(?:[^\s"'<>/@]{1,200}@)?"""
    r"""[a-z0-9.%_-]++(?::\d+)?(?:/[^\s"'<>]*+)?"""
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\sA-Za-z0-9+/=\\:,]*+(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)
# RFC 7519 over RFC 7515: the header is the base64url text of a JSON object, so it begins with `eyJ`.
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{6,}+(?:\.[A-Za-z0-9_%=-]*+|%2[Ee][A-Za-z0-9_%=-]*+)*+")
_USERINFO = re.compile(r"""(?<=://)[^\s/?#"'<>]{1,400}@""")
_HEADER_SCHEME = re.compile(
    r"""(?i)(?P<head>authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?"""
    r"""(?:bearer|basic|negotiate|digest|sharedkey(?:lite)?|sharedaccesssignature|hmac-sha256)\s{1,4})"""
    r"""(?P<value>(?:\[redacted [a-z]{1,20}\]|[^\s"'<>])++)"""
)
_SCHEME = re.compile(
    r"(?i)\b(?P<head>(?:bearer|basic|negotiate|sharedkey(?:lite)?|sharedaccesssignature|hmac-sha256)"
    r"""(?:\s{1,4}|%20|\+))(?P<value>[^\s"'<>,;]{8,}+)"""
)
_COOKIE = re.compile(
    r"""(?i)(?P<head>\b(?:set-)?cookie\\?["']?\s{0,4}:\s{0,4}\\?["']?)(?P<value>[^\r\n"']++)"""
)

# What follows is not a value where a regular expression goes on, as KQL extracts with `access_token=([^&]+)` or
# `access_token=[A-Za-z]+`, nor where a code span ends: `?code=`.
_NAMED = re.compile(
    r"""(?ix)
    (?P<name>
        (?P<password> password | passwd | passphrase | (?<![a-z0-9]) pwd )
      | (?P<header> (?:x-)? functions-key | aeg-sas-key | (?:ocp-apim-)? subscription-key )
      | (?P<strong> token | secret | client[_-]?assertion | shared[_-]?access[_-]?signature
            | (?: access | account | shared[_-]?access | primary | secondary | api | master | storage )[_-]?key\d?
            | (?: (?<![a-z0-9]) | (?<=%26) | (?<=%3f) ) (?: sig | signature | authorization ) )
      | (?P<weak> (?: (?<![a-z0-9]) | (?<=%26) | (?<=%3f) ) (?: code | key ) )
    )
    (?P<sep> \\{0,3} ["']? \s{0,4} (?: [:=] | %(?:25)?3D | %(?:25)?3A ) \s{0,4} )
    (?: (?P<open> \\{0,3} ["'] ) (?P<quoted> (?! [\s,;|)\]}] ) [^"'\r\n]++ )
      | (?P<bare> (?! \([\[?.] | \[(?:[\^\\]|[a-z0-9]-) | `(?:\W|$) ) (?: \[redacted\ [a-z]{1,20}\] | [^\s"'<>&;,\\] | ,(?=[^\s"']) | \\(?!["']) )++ ) )
    """
)
_KEYS = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{42,}+={1,2}(?![A-Za-z0-9=])"  # 32 or 64 random bytes in base64
    r"|(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{6,}+(?:==)?"  # Azure's annotated keys (SEC101/200)
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5,}+(?:==)?"  # keys of a Functions host
)
_ENTRA_SECRET = re.compile(r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{10,}+")
_ENTRA_REFRESH = re.compile(r"(?<![A-Za-z0-9.])[01]\.A[A-Za-z0-9_-]{40,}+(?:\.[A-Za-z0-9_-]*+)*+")


def redact(text: str) -> str:
    """Replace every secret of a known shape by a note such as `[redacted token]`; all other text stays as it is."""
    if any(host in text.lower() for host in _WEBHOOK_HOSTS):
        text = _ADDRESS.sub(_without_webhook, text)
    text = _PEM.sub("[redacted key]", text)
    text = _JWT.sub("[redacted token]", text)
    text = _USERINFO.sub("[redacted credentials]@", text)
    text = _HEADER_SCHEME.sub(_without_header, text)
    text = _SCHEME.sub(_without_credentials, text)
    text = _COOKIE.sub(_without_cookie, text)
    text = _NAMED.sub(_without_value, text)
    text = _ENTRA_SECRET.sub("[redacted secret]", text)
    text = _ENTRA_REFRESH.sub("[redacted token]", text)
    return _KEYS.sub("[redacted key]", text)


def _without_webhook(match: re.Match[str]) -> str:
    address = match[0].lower()
    return "[redacted webhook]" if any(host in address for host in _WEBHOOK_HOSTS) else match[0]


def _without_credentials(match: re.Match[str]) -> str:
    # "Bearer authentication" is prose, "Bearer aGVsbG8..." is not.
    turns = len(re.findall(r"[a-z][A-Z]", match["value"][:400]))
    random = any(letter.isdigit() or letter == "=" for letter in match["value"]) or turns > 1
    return f"{match['head']}[redacted credentials]" if random else match[0]


def _without_header(match: re.Match[str]) -> str:
    return match[0] if _NOTE.fullmatch(match["value"]) else f"{match['head']}[redacted credentials]"


def _without_cookie(match: re.Match[str]) -> str:
    return f"{match['head']}[redacted cookie]" if "=" in match["value"] else match[0]


def _without_value(match: re.Match[str]) -> str:
    value = match["quoted"] or match["bare"]
    if _NOTE.fullmatch(value) or not _is_secret(match, value):
        return match[0]
    return f"{match['name']}{match['sep']}{match['open'] or ''}[redacted {_what(match)}]"


def _is_secret(match: re.Match[str], value: str) -> bool:
    """Tell a secret from prose: `token: expired` is prose, `token=expired` and `token: 9f3kd02ax` are not."""
    if match["password"] or match["header"]:
        return True
    sep = match["sep"]
    tight = sep in {"=", "%3D", "%3d", "%253D", "%253d"}
    if match["weak"]:
        before = match.string[max(0, match.start() - 3) : match.start()].lower()
        in_query = before.endswith(("?", "&", "%3f", "%26"))
        return tight and (in_query or (len(value) >= 20 and _mixed(value)))
    in_json = match["quoted"] is not None and sep.lstrip("\\")[:1] in {'"', "'"}
    return tight or in_json or (len(value) >= 8 and _mixed(value))


def _mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _what(match: re.Match[str]) -> str:
    name = match["name"].lower()
    if match["password"]:
        return "password"
    kinds = {"key": "key", "sig": "signature", "secret": "secret", "code": "code", "auth": "credentials"}
    return next((kind for part, kind in kinds.items() if part in name), "token")


# ---- text from strangers --------------------------------------------------------------------------

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# All but blanks: a terminal obeys them, and a text hides behind them.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LIVE = re.compile(
    r"[\\`*~<>@]|&(?=#?\w)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\](?=[\[(:@])"
    r"|(?i:http(?=s?://)|ftp(?=://)|www\.)"
)
_BLOCK_START = re.compile(
    r"^(?:(?P<bullet>[-+](?=[\s-]|$)|#{1,6}(?=\s|$))|(?P<number>\d{1,9})(?=[.)](?:\s|$)))"
)
_DEFUSED = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    "@": "(at)",
    "]": "] ",
    "www.": "www[.]",
    "ftp": "fxp",
    "http": "hxxp",
}


def visible(text: str) -> str:
    """Return a text without control and invisible characters (zero width, line separators, direction marks), behind which something may hide."""
    return _LONE_SURROGATE.sub("\ufffd", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def escape_markdown(text: str) -> str:
    r"""Return a text on one line in which neither Teams nor a forge reads markup, links, mentions or HTML.

    Brackets are parted rather than escaped: the parser of Teams on phones reads a link in `\[a\](b)`,
    none in `[a] (b)` (LinkParser in MarkDownBlockParser.cpp, microsoft/AdaptiveCards).
    """
    line = _BLANK.sub(" ", visible(text)).strip()
    line = _LIVE.sub(lambda match: _DEFUSED.get(match[0].lower(), "\\" + match[0]), line)
    return _BLOCK_START.sub(lambda match: "\\" + match[0] if match["bullet"] else match[0] + "\\", line)


# ---- users ----------------------------------------------------------------------------------------

_ADDRESS_PSEUDONYM = re.compile(r"address-[0-9a-f]{8}|\[address\]")
_PSEUDONYM = re.compile(r"user-[0-9a-f]{8}|\[user id\]")
# Raw ids of ACS: `8:acs:<resource>_<user>`, `4:<phone number>`, `28:<bot>`, `48:<anonymous>`
_RAW_ID = re.compile(
    r"(?<![\w:])(?:8:[a-z-]{2,16}:[\w.@+-]+|(?:28|48):[a-z:-]{0,16}[0-9a-fA-F][\w-]{15,}|4:\+?\d{6,15})"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})++")


def pseudonym(user_id: str, salt: str) -> str:
    """Return a short salted hash that stands for a user (`user-9f3cd02a`), or `[user id]` without a salt."""
    if _PSEUDONYM.fullmatch(user_id):
        return user_id
    if not salt:
        return "[user id]"
    return "user-" + hmac.new(salt.encode(), user_id.encode(errors="replace"), hashlib.sha256).hexdigest()[:8]


def listed_ids(value: str) -> list[str]:
    """Return the ids in a column's value: those of a JSON list, or the value itself."""
    try:
        document = json.loads(value) if value.startswith("[") else None
    except (ValueError, RecursionError):  # not JSON, or a hostile nest of brackets
        document = None
    return [str(user_id) for user_id in document] if isinstance(document, list) else [value]


@dataclass(frozen=True, slots=True)
class UserIds:
    """How user ids are shown: as salted hashes, or as they are (`SHOW_USER_IDS`)."""

    salt: str = ""
    show: bool = False

    def name(self, user_id: str) -> str:
        """Return the text to show for a user, or for each user of a JSON list."""
        return (
            user_id
            if self.show
            else ", ".join(pseudonym(listed, self.salt) for listed in listed_ids(user_id))
        )

    def address(self, address: str) -> str:
        """Return the text to show for the address that a person came from."""
        if self.show or _ADDRESS_PSEUDONYM.fullmatch(address):
            return address
        return pseudonym(address, self.salt).replace("user", "address", 1) if self.salt else "[address]"

    def hide_in(self, text: str, ids: Iterable[str] = ()) -> str:
        """Return a text with the given ids hidden, and with every ACS raw id and mail address hidden."""
        if self.show:
            return text
        # Longest first: an id may be the beginning of another.
        for user_id in sorted(
            (user_id for user_id in ids if user_id and user_id in text), key=len, reverse=True
        ):
            text = re.sub(
                rf"(?<![\w@.-]){re.escape(user_id)}(?![\w@-])", lambda match: self.name(match[0]), text
            )
        text = _RAW_ID.sub(lambda match: self.name(match[0]), text)
        return _MAIL.sub(lambda match: self.name(match[0]), text)
