"""Secrets that a name stands before: `password=...`, JSON, YAML, XML, options of commands, prose."""

import re
from collections.abc import Iterator

from shared.redaction.headers import authorization, cookies
from shared.redaction.judge import Span, judged
from shared.redaction.names import SecretKind, kind_of, word_before
from shared.redaction.prose import option_secrets, said_secrets
from shared.redaction.values_at import NamedValue, value_at

_NAME = r"(?<![\w.$-])[\w.$-]++"
_ASSIGNED = re.compile(
    rf"""(?x)
    (?P<name> {_NAME} )
    (?P<quote> \\{{0,7}} ["'`]? \]? \)? )
    (?P<sep> [ \t]{{0,20}} (?: => | -> | := | ={{1,3}} (?!\n) | : (?: [ ]? (?: str | [sS]tring | SecureString | Optional\[str\] | any ) [ ]? = )? ) (?!//)
        (?: [ \t]{{0,20}} (?: [|>][+-]? )? (?: \r?\n [ \t]{{1,20}} (?![\w-]{{1,60}}[ ]?[:=]|-[ ]) )? )? [ \t]{{0,20}} (?: [Nnrbfu@$] (?=["']) )? (?: \[ \s{{0,20}} (?=\\{{0,7}}["']) )? )
    """
)
_TAG = re.compile(
    r"""(?x)
    < (?P<name> [A-Za-z][\w:.-]{1,80}+ ) (?: \s [^<>]{0,300}+ )? > (?: \s{0,20} <!\[CDATA\[ )? \s{0,40} (?P<value> [^<>]{1,2000}? ) \s{0,40} (?: \]\]> )? (?= < | $ )
    """
)
_VALUED_TAG = re.compile(
    r"""<(?P<name>[A-Za-z][\w:.-]{1,80}+)\s(?:[^<>]{0,200}?\s)?value\s{0,4}=\s{0,4}["'](?P<value>[^"'<>]{1,2000})["']"""
)
_LISTED_ELEMENT = re.compile(
    r"<key>(?P<name>[^<>]{2,80})</key>\s{0,40}<string>(?P<value>[^<>]{1,2000})</string>"
)
_LISTED = re.compile(
    r"""(?x) [\[({] \s{0,4} \\{0,3}["'] (?P<name> [\w.-]{2,80}+ ) \\{0,3}["'] \s{0,4} , \s{0,4} (?=\\{0,3}["'])"""
)
_NAMED_BY = frozenset(
    {
        "name",
        "key",
        "id",
        "header",
        "variable",
        "title",
        "field",
        "parameter",
        "option",
        "property",
        "setting",
        "settingname",
        "n",
        "k",
        "attribute",
        "envvar",
    }
)
_VALUED_BY = r"(?:value|val|content|data|text|default|defaultvalue|v|secret)"
_THEN_VALUE = re.compile(
    rf"""(?ix)
    [^{{}}]{{0,200}}? (?<![\w.$-]) (?P<name> {_VALUED_BY} ) (?: \\{{0,7}}["']? [ \t]{{0,8}} (?: => | [:=] ) [ \t]{{0,8}} | [^<>]{{0,40}} > \s{{0,20}} )
    """
)
_THEN_ELEMENT = re.compile(
    r"(?i)[^<>{}]{0,80}>\s{0,40}(?:<(?:value|string|val)\b[^<>]{0,40}>\s{0,20})?(?=[^<\s])"
)
_THEN_NAME = re.compile(
    r"""(?ix)
    [^{}\[\]]{0,160}? (?<![\w.$-]) (?: name | key | id | header | variable ) \\{0,7}["']? [ \t]{0,4} [:=] [ \t]{0,4} \\{0,7}["']? (?P<name> [\w.:-]{2,80}+ )
    """
)
_ENDS_LINE = re.compile(r"""[ \t]{0,20}["'},;]{0,20}[ \t]{0,20}(?:\#.{0,200})?(?:[\r\n]|$)""")
_TO_SEMICOLON = re.compile(r"""[^;"'\r\n<>]{0,120}(?=;)""")


def named_secrets(text: str) -> Iterator[Span]:
    """Yield the secrets in a view whose names say what they are."""
    place = 0
    while match := _ASSIGNED.search(text, place):
        span = _assigned(text, match)
        # Of a text such as `hub=token:lobby1` the value is looked at as a name too.
        place = max(span[1], match.end()) if span else match.end()
        if span:
            yield span
    if "-" in text:
        yield from option_secrets(text)
    if "<" in text:
        yield from _elements(text)
    yield from said_secrets(text)
    for match in _LISTED.finditer(text):
        if kind := kind_of(match["name"]):
            yield from judged(kind, value_at(text, match.end(), tight=True))


def _assigned(text: str, match: re.Match[str]) -> Span | None:
    name, start = match["name"], match.start()
    short = name.strip("-$.").lower()
    kind = kind_of(name, word_before(text, start))
    if short in _NAMED_BY and (span := _named_elsewhere(text, match)):
        return span
    if kind is None:
        return _named_behind(text, match) if short in {"value", "val"} else None
    if kind is SecretKind.AUTHORIZATION:
        return authorization(text, match.end())
    if kind is SecretKind.COOKIES and ":" in match["sep"]:
        return cookies(text, match.end())
    return next(judged(kind, _value_of(text, match, kind)), None)


def _value_of(text: str, match: re.Match[str], kind: SecretKind) -> NamedValue | None:
    start, sep = match.start(), match["sep"]
    quoted_name = bool(match["quote"].strip("\\"))
    value = value_at(text, match.end(), kind=kind)
    if value is None:
        return None
    before = text[max(0, start - 1) : start]
    end = value.end
    if (
        before == ";"
        and not value.quoted
        and kind is SecretKind.PASSWORD
        and (more := _TO_SEMICOLON.match(text, end))
    ):
        end = more.end()
    line_start = text.rfind("\n", max(0, start - 80), start) + 1
    leads = not text[line_start:start].strip(" \t-\"'{,") if line_start or start < 80 else False
    ends = _ENDS_LINE.match(text, end)
    return NamedValue(
        text[value.start : end],
        value.start,
        end,
        quoted=value.quoted,
        tight=sep in {"=", ":=", "==", "==="} or (quoted_name and value.quoted),
        in_query=before in {"?", "&"} and sep == "=",
        alone=leads and ends is not None,
    )


def _named_elsewhere(text: str, match: re.Match[str]) -> Span | None:
    """Return the secret of `{"name": "password", "value": "..."}`, of YAML or an XML element of the same form."""
    name = value_at(text, match.end())
    kind = kind_of(name.text) if name and len(name.text) <= 80 else None
    if name is None or kind is None:
        return None
    then = _THEN_VALUE.match(text, name.end) or _THEN_ELEMENT.match(text, name.end)
    if then is None:
        return None
    if kind is SecretKind.AUTHORIZATION:
        return authorization(text, then.end())
    value = (
        _element_at(text, then.end())
        if then[0].rstrip().endswith(">")
        else value_at(text, then.end(), tight=True, kind=kind)
    )
    return next(judged(kind, value), None)


def _named_behind(text: str, match: re.Match[str]) -> Span | None:
    value = value_at(text, match.end(), tight=True)
    then = _THEN_NAME.match(text, value.end) if value and len(value.text) <= 2000 else None
    kind = kind_of(then["name"]) if then else None
    return next(judged(kind, value), None) if kind else None


def _element_at(text: str, place: int) -> NamedValue | None:
    content = re.compile(r"[^<>\r\n]{1,2000}").match(text, place)
    return NamedValue(content[0], place, content.end(), quoted=True, tight=True) if content else None


def _elements(text: str) -> Iterator[Span]:
    for match in (*_TAG.finditer(text), *_VALUED_TAG.finditer(text), *_LISTED_ELEMENT.finditer(text)):
        if kind := kind_of(match["name"].rpartition(":")[2]):
            value = NamedValue(
                match["value"], match.start("value"), match.end("value"), quoted=True, tight=True
            )
            yield from judged(kind, value)
