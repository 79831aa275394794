"""What a value looks like: random, a placeholder, a number, or words about a secret."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

_DATA = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
WORDS = {name: frozenset(text.split()) for name, text in _DATA.items()}

GUID = re.compile(r"(?i)[{(]?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[})]?")
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]{1,8}|\d[\d.,:_-]*(?:e[+-]?\d{1,3})?)\s?(?:%|[a-zA-Z]{1,3})?")
_PLACEHOLDER = re.compile(
    r"""(?x)
      [*\u2022\u25cf.x_X-]+ | [*x]{2,} .{0,4} | .{0,4} [*]{3,} .{0,4}
    | < .* >? | \[ .* | \{\{ .* | \$\{? [A-Za-z_({] .* | \$\( .* | % [A-Za-z_]\w* %? | \{? @ [A-Za-z_(].* | \( [A-Za-z_][\w.]* [\[(] .* | \#\{ .* | \{ [A-Za-z_.]* (?: :[^}]* )? \} | \{\d{1,2}\}
    | (?: os\.environ | process\.env | env\.|env: | getenv | vars?\. | secrets?\. | parameters\( | variables\( | self\. | args\. | config\. | settings\. | this\. | options\. | req(?:uest)?\. ) .*
    | [A-Za-z_][\w.]* (?: [\[(] [\w.(\[]* | \( .* \) ;? | \[ .* \] )
    | (?i: your | my | the | some | insert | enter | replace | put | an? ) [-_ ] .* (?i: key | token | secret | password | here | value | pass )s?
    | (?i: redacted | removed | hidden | masked | filtered | omitted ) .{0,12}
    """
)
_PATH = re.compile(r"(?:/|\./|\.\./|~/|[A-Za-z]:[\\/]|\\\\)[\w .$@~+\\/-]*")
_ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]{1,20}://")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_CODE_OF_AN_ERROR = re.compile(r"[A-Za-z]{1,10}[-_]?\d{1,8}")
_NO_NAME = re.compile(
    r"\d[A-Za-z]+\d|(?<![A-Za-z])[A-Za-z]{1,3}\d+[A-Za-z]|[A-Za-z]\d+[A-Za-z]{1,3}(?![A-Za-z])"
)
_VOWEL = re.compile(r"(?i)[aeiouy]")
_HARD = re.compile(r"(?i)[^aeiouy]{5}")


def is_random(text: str) -> bool:
    """Tell letters at random from words: digits among letters, and many changes from one kind of letter to another."""
    if len(text) < 12:
        return False
    kinds = [_kind(letter) for letter in text]
    changes = sum(kind != following for kind, following in pairwise(kinds))
    if not any(map(str.isdigit, text)):
        return changes >= 0.42 * (len(text) - 1) and not _is_words(text)
    return changes >= 0.3 * (len(text) - 1) and not _is_words(text)


def is_mixed(value: str) -> bool:
    """Tell whether a value has letters and digits, or marks among letters, as a password has."""
    return any(map(str.isalpha, value)) and any(map(str.isdigit, value))


def is_hex(value: str) -> bool:
    """Tell whether a value is a key in hexadecimal digits."""
    return len(value) >= 32 and re.fullmatch(r"[0-9a-fA-F]+", value) is not None


def is_number(value: str) -> bool:
    """Tell whether a value is a number, a time or a date."""
    return _NUMBER.fullmatch(value) is not None


def cannot_be_secret(value: str) -> bool:
    """Tell whether nobody could use a value: a placeholder, words about a secret, a path, an address."""
    return (
        not value
        or _PLACEHOLDER.fullmatch(value) is not None
        or is_about(value)
        or (_PATH.fullmatch(value) is not None and not is_random(value.rpartition("/")[2]))
        or _ADDRESS.match(value) is not None
    )


def is_about(value: str) -> bool:
    """Tell whether a value says something about a secret: `expired`, `not-configured-2024`, `401Unauthorized`, a sentence."""
    lowered = value.lower().strip(" .!?:,;()")
    if lowered in WORDS["about"]:
        return True
    if re.search(r"[^\w\s./,:'!?()-]", lowered) or "_" in lowered[:1]:
        return False
    parts = [part.lower() for part in _PARTS.findall(value)]
    words = [part for part in parts if not part.isdigit()]
    if not words or (" " not in value and _NO_NAME.search(value)):
        return False
    known = sum(word in WORDS["about"] for word in words)
    if len(words) >= 3 and " " in value and any(word in WORDS["sentence"] for word in value.lower().split()):
        return True
    return (
        known > 0
        and all(
            part in WORDS["about"] or (part.isdigit() and len(part) <= 4) or len(part) <= 3 for part in parts
        )
        and len(parts) <= 3 * known + 1
    )


def is_phrase(value: str) -> bool:
    """Tell whether a value is a name made of words and numbers: `lobby1`, `page2`, `rotated-by-ops1`, `AADSTS50058`."""
    if _CODE_OF_AN_ERROR.fullmatch(value) and _is_words(value):
        return True
    return re.fullmatch(r"[\w .:/~-]+", value) is not None and _is_words(value)


def _is_words(value: str) -> bool:
    parts = _PARTS.findall(value)
    words = [part for part in parts if not part.isdigit()]
    long = sum(len(word) for word in words)
    if _NO_NAME.search(value):
        return False  # `lobby1` is a name, `abc123def456` and `abc123def` are none
    return bool(words) and long >= 3.2 * len(words) - 1 and all(map(_is_word, parts))


def _is_word(part: str) -> bool:
    if part.isdigit():
        return len(part) <= 8
    if part.isupper():
        return len(part) <= 12
    return part.lower() in WORDS["about"] or (
        len(part) <= 14 and _VOWEL.search(part) is not None and not _HARD.search(part)
    )


def _kind(letter: str) -> int:
    if letter.islower():
        return 0
    if letter.isupper():
        return 1
    return 2 if letter.isdigit() else 3
