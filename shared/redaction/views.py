"""The views of a text in which secrets are looked for: as it is, decoded, without what is invisible, and with its folded lines joined.

Each view knows where its letters stand in the text, so what is found in a view is removed from the text itself.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from shared.redaction.values import is_random

_MOST_DECODED = 4  # JSON in JSON in an address is encoded three times

_ENCODED = re.compile(
    r"""(?ix)
    \\u (?P<high>d[89ab][0-9a-f]{2}) \\u (?P<low>d[c-f][0-9a-f]{2})
  | \\ (?: u(?P<unicode>[0-9a-f]{4}) | u\{(?P<braced>[0-9a-f]{1,5})\} | x(?P<byte>[0-9a-f]{2}) | (?P<letter>[nrtbf"'\\/&=?]) )
  | % (?: u(?P<wide>[0-9a-f]{4}) | (?P<percent>[0-7][0-9a-f]) )
  | (?P<entity> & (?: \#\d{1,6} | \#x[0-9a-f]{1,5} | amp | lt | gt | quot | apos | nbsp | equals | colon | num | sol | plus | lowbar | commat ) ; )
  | \x1b \[ [0-9;]{0,20} [A-Za-z]
  | (?P<invisible> [\x00-\x08\x0b\x0c\x0e-\x1f\x7f] )
    """
)
_BLANKS = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": ""}

# Letters that look like others, marks, and what nobody sees. Letters of other scripts stay as they are.
_FOREIGN = re.compile(
    "[\u0080-\u05ff\u0610-\u061a\u064b-\u065f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1d00-\u2bff\u3000\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uff01-\uff5e\uffa0\ufff0-\uffff"
    "\U0001d400-\U0001d7ff\U000e0000-\U000e0fff]"
)
_FILLERS = {
    "\u115f",
    "\u1160",
}  # of Hangul; the others of its letters that nobody sees are decomposed to these
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u043a\u0432\u043d\u043c\u0442"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0405\u0406\u0408"
    "\u03b1\u03bf\u03c1\u03ba\u03bd\u03c5\u03b9\u03c4\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0396"
    "\u0131\u0251\u0261\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u201c\u201d\u2044\u2215\ua789\u2236",
    "aeopcxyijshdqwkbhmtABEKMHOPCTXSIJaopkvuitABEHIKMNOPTYXZiag------''\"\"//::",
)

# A run of letters that goes on in the next line, as mail, YAML and source code fold long values.
_FOLD = re.compile(
    r"""(?<![A-Za-z0-9+/_.-])(?P<run>[A-Za-z0-9+/_.-]{16,}+)(?P<fold>["']?[ \t]{0,4}[+\\]?[ \t]{0,4}\r?\n[ \t]{0,40}[+>|]?[ \t]{0,4}["']?)"""
    r"(?P<next>(?P<last>[A-Za-z0-9+/_.-]{4,}+={0,2})(?P<end>[\"';,\\]|[ \t]*(?:\r?\n|$))?)"
)
_WORD = re.compile(r"[A-Z]?[a-z]+[.]?|[A-Z]+|[0-9.]+")


@dataclass(frozen=True, slots=True)
class TextView:
    """A text in which secrets are looked for, and for each of its letters where it stands in the text that was given."""

    text: str
    # One place more than letters: the end. None where nothing was moved.
    origins: Sequence[int] | None = None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of this view stands in the text that was given."""
        return (start, end) if self.origins is None else (self.origins[start], self.origins[end])

    def without(self, parts: Sequence[tuple[int, int, str]]) -> "TextView":
        """Return a view with parts replaced."""
        before = range(len(self.text) + 1) if self.origins is None else self.origins
        texts: list[str] = []
        origins: list[int] = []
        place = 0
        for start, end, replacement in parts:
            texts += [self.text[place:start], replacement]
            origins.extend(before[place:start])
            origins.extend([before[start]] * len(replacement))
            place = end
        texts.append(self.text[place:])
        origins.extend(before[place:])
        return TextView("".join(texts), origins)


def views_of(text: str) -> Iterator[TextView]:
    """Yield the text, then each further decoding of it while there is one, then the last with its folded lines joined."""
    view = TextView(text)
    yield view
    for _ in range(_MOST_DECODED):
        parts = list(_decoded_parts(view.text))
        if not parts:
            break
        view = view.without(parts)
        yield view
    folds = list(_folds(view.text))
    if folds:
        yield view.without(folds)


def _decoded_parts(text: str) -> Iterator[tuple[int, int, str]]:
    parts = [(match.start(), match.end(), _decoded(match)) for match in _ENCODED.finditer(text)]
    if not text.isascii():
        parts += [
            (match.start(), match.end(), plain)
            for match in _FOREIGN.finditer(text)
            if (plain := _plain(match[0])) != match[0]
        ]
        parts.sort()
    yield from parts


def _decoded(match: re.Match[str]) -> str:
    if match["high"]:
        return _plain(
            chr(0x10000 + ((int(match["high"], 16) & 0x3FF) << 10) + (int(match["low"], 16) & 0x3FF))
        )
    if match["letter"]:
        return _BLANKS.get(match["letter"].lower(), match["letter"])
    if match["entity"]:
        return html.unescape(match["entity"].lower())
    number = match["unicode"] or match["braced"] or match["byte"] or match["wide"] or match["percent"]
    return _plain(chr(int(number, 16))) if number else ""


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """Return the Latin letter that a reader sees, or nothing for what nobody sees."""
    parts = unicodedata.normalize("NFKD", letter)
    seen = "".join(part for part in parts if unicodedata.category(part) not in {"Mn", "Me", "Cf"})
    return seen.translate(_LOOKALIKES) if seen not in _FILLERS else ""


def _folds(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    while match := _FOLD.search(text, place):
        if is_random(match["run"][-64:]) and _goes_on(match):
            yield match.start("fold"), match.end("fold"), ""
        place = match.start("next")


def _goes_on(match: re.Match[str]) -> bool:
    part = match["last"]
    if len(part) >= 16:
        return is_random(part[:64])
    turns = sum(letter.isupper() != following.isupper() for letter, following in pairwise(part))
    return match["end"] is not None and not _WORD.fullmatch(part) and (part.endswith("=") or turns > 1)
