"""Where a value that stands behind a name begins and ends."""

import re
from dataclasses import dataclass

from shared.redaction.names import SecretKind

_MOST_QUOTED = 4000  # letters; a longer value ends with its word
_LINE_END = re.compile(r"[\r\n]")
_WORD_END = re.compile(r"[^\s\"']*+")
NOTE = re.compile(r"\[redacted [a-z]{1,20}\]")
_BARE = re.compile(
    r"""(?x)
    (?! \([\[?.] | \[(?:[\^\\]|[A-Za-z0-9]-) | `(?:\W|$) | ["'`] )
    (?: \[redacted\ [a-z]{1,20}\] | [^\s"'<>&;,\\`] | ,(?=[^\s"',;])(?![\w.-]{1,40}[=:]) | \\(?![nrtux"'\\]) )++
    """
)
_REST_OF_PASSWORD = re.compile(r"&(?![\w.\[\]-]{1,60}=|(?:amp|quot|lt|gt|apos|\#\w{1,6});)[^\s\"'<>&;,\\`]++")
_OPENING = re.compile(r"\\{0,7}[\"']")
_BRACES = re.compile(r"\{(?![\w.]*\})([^{}\r\n]{2,200})\}(?=;)")  # ODBC
_CODE = re.compile(r"`([^\s`]{1,200})`")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value and how it stands behind its name."""

    text: str
    start: int
    end: int
    quoted: bool
    tight: bool  # `name=value`, or a name and a value in quotation marks
    in_query: bool = False
    alone: bool = False  # nothing but the name stands before it on its line, and nothing behind it


def value_at(
    text: str, place: int, *, tight: bool = False, kind: SecretKind | None = None
) -> NamedValue | None:
    """Return the value that begins at a place: in quotation marks of any depth, or up to what ends it."""
    opening = _OPENING.match(text, place)
    if opening:
        start, end = opening.end(), _closing(text, opening)
        return NamedValue(text[start:end], start, end, quoted=True, tight=tight) if end > start else None
    if text.startswith("`", place) and (code := _CODE.match(text, place)):
        return NamedValue(code[1], code.start(1), code.end(1), quoted=True, tight=tight)
    if kind is SecretKind.PASSWORD and (braces := _BRACES.match(text, place)):
        return NamedValue(braces[1], braces.start(1), braces.end(1), quoted=True, tight=tight)
    bare = _BARE.match(text, place)
    if not bare:
        return None
    end = bare.end()
    if kind is SecretKind.PASSWORD and (rest := _REST_OF_PASSWORD.match(text, end)):
        end = rest.end()
    value = text[place:end]
    shorter = value.rstrip(".,:")
    for pair in ("()", "[]", "{}"):
        if shorter.endswith(pair[1]) and pair[0] not in shorter and not NOTE.search(shorter):
            shorter = shorter.rstrip(pair[1])
    return NamedValue(shorter, place, place + len(shorter), quoted=False, tight=tight) if shorter else None


def _closing(text: str, opening: re.Match[str]) -> int:
    """Return where a value in quotation marks ends: at a mark of the same depth, or with its line."""
    mark, depth, start = opening[0][-1], len(opening[0]) - 1, opening.end()
    line_end = _LINE_END.search(text, start, start + _MOST_QUOTED)
    last = line_end.start() if line_end else min(len(text), start + _MOST_QUOTED)
    place = start
    while (place := text.find(mark, place, last)) >= 0:
        slashes = 0
        while slashes < 9 and place - slashes > start and text[place - slashes - 1] == "\\":
            slashes += 1
        if slashes <= depth or (depth == 0 and slashes % 2 == 0):
            return place - slashes
        place += 1
    return last if line_end else _WORD_END.match(text, last).end()  # type: ignore[union-attr] # it matches nothing too
