"""Secrets in prose and in commands: `the password is ...`, `--password ...`."""

import re
from collections.abc import Iterator

from shared.redaction.judge import Span, judged
from shared.redaction.names import SecretKind, kind_of, word_before
from shared.redaction.values import GUID, cannot_be_secret, is_mixed, is_number, is_phrase, is_random
from shared.redaction.values_at import value_at

_OPTION = re.compile(
    r"""(?x)
    (?<![\w.-]) (?P<name> --?[A-Za-z][\w-]{1,60}+ ) (?: [ \t]{1,8} (?: \\?\r?\n [ \t]{0,20} )? ) (?= (?P<value> [^\s-] ) )
    """
)
_SHORT_OPTION = re.compile(
    r"""(?x)
    (?<![\w.-]) (?: (?P<user> -u | --user ) [ =] ["']? [^\s"':/]{1,80} : | -p[ ]{0,2} | -a[ ] | --pass[ =] ) (?P<value> [^\s"'<>]{4,200} )
    """
)
_TOLD = ("pass", "pwd", "secret", "token", "key", "credential", "identified", "securestring")
_SAID = re.compile(
    r"""(?ix)
    (?<![\w-]) (?P<name> password | passwd | passphrase | passcode | pwd | pass | secret | token | key | credentials? | (?:api|access|account|client|shared|primary|storage)[ _-]?(?:key|secret|token) )
    (?: [ ] (?: for | of | to ) [ ] ["']? [\w.@-]{1,60}+ ["']? )?
    (?P<verb> [ ]{1,3} (?: (?: (?:is|was|has[ ]been|been|got) [ ] )? (?:now[ ])? (?: changed | set | reset | rotated | updated ) [ ] to | is | was | are | now | became | equals | as ) [ ]? (?: now [ ] | still [ ] )? :? [ ]{0,2} | [ ]{1,3} (?=["'][^\s"']{4}) | [ ]{1,3} \(? (?=[\w$!@\#%^&*+-]{6}) | (?: [ ]{1,20} \| [ ]{1,20} | [ ]{0,8} \t [ \t]{0,8} ) (?=[\w$!@\#%^&*+-]{6}) )
    (?P<open> ["'`]? )
    (?P<value> [^\s"'`<>;,]{3,400}+ )
    """
)
_IDENTIFIED = re.compile(
    r"""(?i)(?:identified by|with password|-asplaintext|securestring(?: -string)?) +["'](?P<value>[^"'\r\n]{2,200})["']"""
)
_LOGIN = re.compile(
    r"(?i)(?<![\w-])(?:login|user|username|account) {1,3}\S{1,60} {1,3}(?:password|passwd|pass) {1,3}(?P<value>[^\s\"']{4,200})"
)


def option_secrets(text: str) -> Iterator[Span]:
    for match in _OPTION.finditer(text):
        kind = kind_of(match["name"])
        if kind and (value := value_at(text, match.end(), tight=True, kind=kind)):
            is_word = (
                value.text.isalpha()
                and value.text.islower()
                and (len(value.text) < 5 or kind not in {SecretKind.PASSWORD, SecretKind.SECRET})
            )
            if not is_word:
                yield from judged(kind, value)
    for match in _SHORT_OPTION.finditer(text):
        given = match["value"]
        is_secret = match["user"] or (is_mixed(given) and not re.search(r"[:/\\~\[(]", given))
        if is_secret and not (cannot_be_secret(given) or is_number(given)):
            yield match.start("value"), match.end("value"), SecretKind.PASSWORD.note


def said_secrets(text: str) -> Iterator[Span]:
    """Yield the secrets that a sentence, a row of a table, or a statement of SQL tells."""
    lowered = text.lower()
    if not any(name in lowered for name in _TOLD):
        return
    for match in _SAID.finditer(text):
        value = match["value"].rstrip(".,:!?)")
        kind = kind_of(match["name"], word_before(text, match.start()))
        usable = not (cannot_be_secret(value) or is_number(value) or "=" in value[:-2])
        if kind and usable and _is_told(kind, match, value):
            start = match.start("value")
            if "[redacted" not in text[start - 1 : match.end()]:
                yield start, start + len(value), kind.note
    if "pass" not in lowered and "identified" not in lowered and "securestring" not in lowered:
        return
    for match in (*_IDENTIFIED.finditer(text), *_LOGIN.finditer(text)):
        value = match["value"]
        if not cannot_be_secret(value) and (is_mixed(value) or match.re is _IDENTIFIED):
            yield match.start("value"), match.end("value"), SecretKind.PASSWORD.note


def _is_told(kind: SecretKind, match: re.Match[str], value: str) -> bool:
    """Tell whether what stands behind a name is its value, and not the next word of a sentence."""
    if is_random(value):
        return True
    with_verb, quoted = any(map(str.isalpha, match["verb"])), bool(match["open"])
    mixed = is_mixed(value) and len(value) >= 6
    if kind is SecretKind.PASSWORD:
        is_word = match["name"].lower() in {"pass", "pwd"} and is_phrase(value) and not (with_verb or quoted)
        return quoted or (mixed and not is_word)
    return with_verb and mixed and not is_phrase(value) and not GUID.fullmatch(value)
