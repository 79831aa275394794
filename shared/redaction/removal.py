"""Remove secrets from a text: look for them in every view of it, and put a note in the place of each."""

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

from shared.redaction.headers import bare_schemes
from shared.redaction.names import SecretKind, kind_of
from shared.redaction.pairs import named_secrets
from shared.redaction.shapes import Span, shaped_secrets
from shared.redaction.views import TextView, views_of

_NOTE = re.compile(r"\[redacted [a-z]{1,20}\]")
# Names that stand before much else too: their values are judged one by one.
_UNSURE = frozenset({None, SecretKind.CODE, SecretKind.LOOSE_KEY, SecretKind.CREDENTIALS, SecretKind.SESSION})
_SHORT = 2_000  # letters
_MOST_PASSES = 4  # what a note leaves behind may only now have the shape of a secret


def redact(text: str) -> str:
    """Replace every secret of a known shape by a note such as `[redacted token]`; all other text stays as it is."""
    return _redacted_short(text) if len(text) <= _SHORT else _redacted_long(text)


def _redacted(text: str) -> str:
    for _ in range(_MOST_PASSES):
        shown = redact_once(text)
        if shown == text:
            break
        text = shown
    return text


# A text is redacted wherever it is shown: when it is stored, on a card of each size that is tried, and in the report.
_redacted_short = lru_cache(maxsize=1024)(_redacted)
_redacted_long = lru_cache(maxsize=16)(_redacted)


def redact_once(text: str) -> str:
    """Replace the secrets that are seen in one look."""
    spans = sorted((span for view in views_of(text) for span in _spans(view, text)), key=itemgetter(0))
    if not spans:
        return text
    parts: list[str] = []
    place = 0
    for start, end, note in _merged(spans):
        parts += [text[place:start], note]
        place = end
    parts.append(text[place:])
    return "".join(parts)


def names_a_secret(name: str) -> bool:
    """Tell whether a name says that its value is a secret."""
    return kind_of(name) not in _UNSURE


def _spans(view: TextView, text: str) -> Iterator[Span]:
    for finder in (named_secrets, bare_schemes, shaped_secrets):
        for start, end, note in finder(view.text):
            first, last = view.origin(start, end)
            if any(map(str.isalnum, _NOTE.sub("", text[first:last]))):
                yield first, last, note


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Yield spans of which none overlap; of two that do, the one that starts first, or was found first, names the note."""
    start, end, note = spans[0]
    for first, last, other in spans[1:]:
        if first >= end:
            yield start, end, note
            start, end, note = first, last, other
        elif last > end:
            end = last
    yield start, end, note
