"""What a name says about its value: `DB_PASS` is a password, `PartitionKey` is no key."""

import re
from enum import Enum, auto
from functools import lru_cache

from shared.redaction.values import WORDS


class SecretKind(Enum):
    """What stands behind a name."""

    PASSWORD = auto()
    SECRET = auto()
    HEADER = auto()  # a header that holds nothing but a key, however short
    KEY = auto()
    LOOSE_KEY = auto()  # `key` alone, or after a word that nobody knows
    TOKEN = auto()
    SIGNATURE = auto()
    CODE = auto()
    CREDENTIALS = auto()
    SESSION = auto()
    AUTHORIZATION = auto()
    COOKIES = auto()

    @property
    def note(self) -> str:
        """The note that stands in the place of a value."""
        word = {
            SecretKind.HEADER: "key",
            SecretKind.LOOSE_KEY: "key",
            SecretKind.AUTHORIZATION: "credentials",
            SecretKind.SESSION: "cookie",
            SecretKind.COOKIES: "cookie",
        }.get(self, self.name.lower())
        return f"[redacted {word}]"


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A last word that changes nothing: `password2`, `token_value`, `API_KEY_PROD`.
_AFTER = frozenset(
    [
        "value",
        "text",
        "plain",
        "plaintext",
        "old",
        "new",
        "current",
        "prev",
        "previous",
        "prod",
        "production",
        "dev",
        "test",
        "staging",
        "env",
        "base64",
        "b64",
        "raw",
        "str",
        "string",
        "one",
        "two",
        "main",
        "default",
        "header",
    ]
)
_PASSWORDS = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "pswd",
    "passwrd",
    "userpwd",
    "dbpwd",
)
_PASS_WORDS = frozenset({"pass", "pw", "pwd", "psw", "pword", "pin", "otp", "passcode", "mdp"})
_GLUED_PASS = re.compile(
    r"(?:db|user|admin|my|sql|mysql|smtp|ftp|root|ldap|redis|pg|postgres|mail|email|proxy|key|store|keystore|truststore|ssh|require|require|master|auth|ssl|wifi|rabbitmq|mongo|app)(?:pass|pw|pwd)$"
)
_HEADER_NAMES = re.compile(
    r"(?:functionskey|aegsaskey|ocpapimsubscriptionkey|subscriptionkey|xapikey|xvaulttoken|requirepass|masterauth)$"
)
_SECRETS = (
    "secret",
    "clientassertion",
    "secretvalue",
    "secrettext",
    "secretkey",
    "secretaccesskey",
    "sharedaccesssignature",
    "privatekey",
)
_KEYS = re.compile(
    r"(?:access|account|sharedaccess|shared|primary|secondary|api|master|storage|encryption|signing|subscription|functions?|host|secret|sas|auth|license|security|symmetric|webhook|gateway|service|app|client|admin|storageaccount)key$"
)
_TOKENS = ("token", "jwt", "sastoken", "idtoken", "accesstoken")
_TOKEN_WORDS = frozenset({"token", "jwt", "pat", "bearer", "sas"})
_SIGNATURES = frozenset({"sig", "signature", "hmac"})
_CREDENTIALS = frozenset({"credential", "credentials", "creds", "cred", "auth"})
_SESSIONS = re.compile(
    r"(?:sess(?:ion)?(?:id|key|cookie)?|sid|phpsessid|jsessionid|aspnetsessionid|aspsessionid\w*|aspxauth|aspnetcorecookies\w*|aspnetcoreantiforgery\w*|"
    r"identity|appserviceauthsession|arraffinity(?:samesite)?|xsrftoken|csrftoken|requestverificationtoken|fedauth\d?|estsauth\w*|rtfa|cookies?|connectsid|authcookie)$"
)


_BEFORE = re.compile(r"(?:(?<=\s)|(?<=[\"'(])|^)([A-Za-z]{2,20})[ ]$")


def word_before(text: str, start: int) -> str:
    """Return the word before a name in prose: `partition` of `partition key`."""
    if text[max(0, start - 1) : start] != " ":
        return ""
    before = _BEFORE.search(text[max(0, start - 24) : start])
    return before[1] if before else ""


@lru_cache(maxsize=8192)
def kind_of(name: str, before: str = "") -> SecretKind | None:
    """Return what a name says that its value is; `before` is the word before the name in prose, as in `partition key`."""
    words = [word.lower() for word in _WORDS.findall(name[-80:])]
    if before:
        words.insert(0, before.lower())
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _AFTER):
        words.pop()
    if not words:
        return None
    # A variable of an environment is written in capitals: nobody names a place in a list like that.
    return _kind_of_words(words, "".join(words), name.isupper() and "_" in name)


def _kind_of_words(words: list[str], flat: str, is_variable: bool) -> SecretKind | None:
    last = words[-1]
    if flat.endswith("authorization"):
        return SecretKind.AUTHORIZATION
    if flat in {"cookie", "setcookie", "cookies", "xcookie"}:
        return SecretKind.COOKIES
    if flat.endswith(_PASSWORDS) or last in _PASS_WORDS or _GLUED_PASS.search(flat):
        return SecretKind.PASSWORD
    if _HEADER_NAMES.search(flat):
        return SecretKind.HEADER
    if flat.endswith(_SECRETS) or last == "salt":
        return SecretKind.SECRET
    return _kind_of_key(words, flat, is_variable) or _kind_of_token(words, flat)


def _kind_of_key(words: list[str], flat: str, is_variable: bool) -> SecretKind | None:
    if not flat.endswith("key"):
        return None
    last = words[-1]
    before = words[-2] if last == "key" and len(words) > 1 else last.removesuffix("key")
    if before in WORDS["harmless_keys"] or flat.endswith("publickey"):
        return None
    if before in WORDS["opening_keys"] or _KEYS.search(flat) or (is_variable and len(words) > 1):
        return SecretKind.KEY
    return SecretKind.LOOSE_KEY if last == "key" else None


def _kind_of_token(words: list[str], flat: str) -> SecretKind | None:
    last = words[-1]
    if flat.endswith("publickeytoken"):
        return None
    if flat.endswith(_TOKENS) or last in _TOKEN_WORDS:
        before = words[-2] if last in _TOKEN_WORDS and len(words) > 1 else last.removesuffix("token")
        return None if before in WORDS["harmless_tokens"] else SecretKind.TOKEN
    if last in _SIGNATURES or flat.endswith(("signature", "hmac")):
        return SecretKind.SIGNATURE
    if last == "code" and (len(words) == 1 or words[-2] in {"authorization", "auth", "function", "device"}):
        return SecretKind.CODE
    if last in _CREDENTIALS:
        return SecretKind.CREDENTIALS
    return SecretKind.SESSION if _SESSIONS.search(flat) else None
