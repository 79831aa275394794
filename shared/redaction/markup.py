"""Text from strangers on one line, without markup that is read and without what nobody sees."""

import re

_INVISIBLE = re.compile(
    # Those that are ignorable by default (DerivedCoreProperties.txt), without the variation selectors of emoji.
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What parts lines on some terminals only, and what goes back to the start of one to write over it.
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85]")
# A terminal obeys them, and a text hides behind them.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LIVE = re.compile(
    r"[\\`*~<>@]|&(?=#?\w)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\](?=[\[(:@])"
    r"|\{(?=\{)"  # Teams draws `{{DATE(...)}}` as a date
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
    "{": "{ ",
    "www.": "www[.]",
    "ftp": "fxp",
    "http": "hxxp",
}


def visible(text: str) -> str:
    """Return a text without control and invisible characters (zero width, line separators, direction marks), behind which something may hide."""
    if text.isascii() and text.isprintable():
        return text
    shown = _CONTROL.sub("", _INVISIBLE.sub("", _LINE_END.sub("\n", text)))
    return _LONE_SURROGATE.sub("\ufffd", shown)


def escape_markdown(text: str) -> str:
    r"""Return a text on one line in which neither Teams nor a forge reads markup, links, mentions or HTML.

    Brackets are parted rather than escaped: the parser of Teams on phones reads a link in `\[a\](b)`,
    none in `[a] (b)` (LinkParser in MarkDownBlockParser.cpp, microsoft/AdaptiveCards).
    """
    line = _BLANK.sub(" ", visible(text)).strip()
    line = _LIVE.sub(lambda match: _DEFUSED.get(match[0].lower(), "\\" + match[0]), line)
    return _BLOCK_START.sub(lambda match: "\\" + match[0] if match["bullet"] else match[0] + "\\", line)
