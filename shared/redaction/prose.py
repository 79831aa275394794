"""Secrets in prose and in commands: `the password is ...`, `--password ...`."""

import re
from collections.abc import Iterator

from shared.redaction.judge import Span, judged
from shared.redaction.names import Kind, kind_of, word_before
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
_SAID = re.compile(
    r"""(?ix)
    (?<![\w-]) (?P<name> password | passwd | passphrase | passcode | pwd | pass | secret | token | key | credentials? | (?:api|access|account|client|shared|primary|storage)[ _-]?(?:key|secret|token) )
    (?: [ ] (?: for | of | to ) [ ] ["']? [\w.@-]{1,60}+ ["']? )?
    (?P<verb> [ ]{1,3} (?: is | was | are | changed[ ]to | set[ ]to | now | reset[ ]to | became | equals | as ) [ ]? (?: now [ ] | still [ ] )? :? [ ]{0,2} | [ ]{1,3} (?=["'][^\s"']{4}) | [ ]{1,3} (?=[\w$!@\#%^&*+-]{6}) )
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
                and (len(value.text) < 5 or kind not in {Kind.PASSWORD, Kind.SECRET})
            )
            if not is_word:
                yield from judged(kind, value)
    for match in _SHORT_OPTION.finditer(text):
        given = match["value"]
        is_secret = match["user"] or (is_mixed(given) and not re.search(r"[:/\\~]", given))
        if is_secret and not (cannot_be_secret(given) or is_number(given)):
            yield match.start("value"), match.end("value"), Kind.PASSWORD.note


def said_secrets(text: str) -> Iterator[Span]:
    for match in _SAID.finditer(text):
        value = match["value"].rstrip(".,:!?)")
        kind = kind_of(match["name"], word_before(text, match.start()))
        told = not match["verb"].isspace()
        if (
            kind is None
            or cannot_be_secret(value)
            or is_number(value)
            or "=" in value[:-2]
            or "[redacted" in text[match.start("value") - 1 : match.end()]
        ):
            continue
        good = is_mixed(value) and len(value) >= 6 and (told or not is_phrase(value) or bool(match["open"]))
        if (
            (kind is Kind.PASSWORD and (good or (told and bool(match["open"]))))
            or is_random(value)
            or (told and good and not is_phrase(value) and not GUID.fullmatch(value))
        ):
            yield match.start("value"), match.start("value") + len(value), kind.note
    for match in (*_IDENTIFIED.finditer(text), *_LOGIN.finditer(text)):
        value = match["value"]
        if not cannot_be_secret(value) and (is_mixed(value) or match.re is _IDENTIFIED):
            yield match.start("value"), match.end("value"), Kind.PASSWORD.note
