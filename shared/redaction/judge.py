"""Tell whether a value behind a name is a secret: by its name, by how it stands there, and by what it looks like."""

import re
from collections.abc import Iterator

from shared.redaction.names import SecretKind, kind_of
from shared.redaction.values import GUID, cannot_be_secret, is_hex, is_mixed, is_number, is_phrase, is_random
from shared.redaction.values_at import NOTE, NamedValue

Span = tuple[int, int, str]


def judged(kind: SecretKind, value: NamedValue | None) -> Iterator[Span]:
    if value and not NOTE.fullmatch(value.text) and _is_secret(kind, value):
        yield value.start, value.end, kind.note


_PASSWORDS = frozenset({SecretKind.PASSWORD, SecretKind.SECRET, SecretKind.HEADER})


def _is_secret(kind: SecretKind, value: NamedValue) -> bool:
    text = value.text.strip()
    # The name of a secret is none: `salt: userIdSalt`, `("pass", "pwd")`.
    if cannot_be_secret(text) or (text.isalpha() and kind_of(text) is not None):
        return False
    if is_number(text) and not is_hex(text):
        return kind in _PASSWORDS and value.tight and len(text) >= 6 and text.isdigit()
    if kind in _PASSWORDS:
        return _is_password(kind, value, text)
    if " " in text or len(text) > 200:
        return " " not in text
    return (
        _is_token(value, text) if kind in {SecretKind.KEY, SecretKind.TOKEN} else _is_loose(kind, value, text)
    )


def _is_password(kind: SecretKind, value: NamedValue, text: str) -> bool:
    if len(text) < 3:
        return False
    if value.tight or value.quoted or kind is SecretKind.HEADER or value.alone:
        return True
    return len(text) >= 5 and (is_mixed(text) or re.search(r"[^\w\s.:'-]", text) is not None)


def _is_token(value: NamedValue, text: str) -> bool:
    if GUID.fullmatch(text) or is_hex(text) or is_random(text):
        return True
    if value.in_query:
        return not text.isalpha() and len(text) >= 4
    if is_phrase(text) or len(text) < 6:
        return False
    if value.tight or value.quoted:
        return is_mixed(text) or len(text) >= 12
    return is_mixed(text) and len(text) >= 8


def _is_loose(kind: SecretKind, value: NamedValue, text: str) -> bool:
    """Judge names that stand before secrets and before much else."""
    random = is_random(text) or is_hex(text)
    if value.in_query and kind in {SecretKind.SIGNATURE, SecretKind.LOOSE_KEY}:
        return random or (len(text) >= 4 and not text.isalpha())
    random = random and not GUID.fullmatch(text)
    match kind:
        case SecretKind.SIGNATURE:
            return random or (_is_odd(text) and len(text) >= 8)
        case SecretKind.CODE:
            return (
                value.tight
                and len(text) >= 8
                and (random or (value.in_query and (_is_odd(text) or _is_long(text))))
            )
        case SecretKind.CREDENTIALS:
            return random or (_is_odd(text) and len(text) >= 6 and not GUID.fullmatch(text))
        case SecretKind.SESSION:
            return random or (_is_long(text) and not GUID.fullmatch(text))
        case _:
            return random and len(text) >= 20


def _is_long(text: str) -> bool:
    return len(text) >= 20 and not is_phrase(text)


def _is_odd(text: str) -> bool:
    return is_mixed(text) and not is_phrase(text)
