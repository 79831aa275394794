"""Keep an incident's timeline within what a row of Table Storage holds, and say what was left out."""

import re
from datetime import UTC, datetime

from shared.incidents.incident import Entry
from shared.redaction import redact, visible

# A string property holds 64 KiB of UTF-16 (32,768 units) and our rows 60 KB: 20,000 units leave room for the rest.
# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
MOST_ENTRIES = 150
MOST_UNITS = 20_000
MOST_TEXT = 300
_KEPT_FIRST = 10  # how it began is never folded
_OVERHEAD = 64  # units of an entry's time, its names in JSON and its quotes
_LEFT_OUT = re.compile(r"(\d+) entries since (\S+)")
FOLDED = "folded"


def added(timeline: tuple[Entry, ...], at: datetime, what: str, text: str = "") -> tuple[Entry, ...]:
    """Return the timeline with one more entry, its middle folded into one line where it is too long."""
    grown = (*timeline, Entry(at, short(what, 60), short(text)))
    while len(grown) > _KEPT_FIRST + 2 and (len(grown) > MOST_ENTRIES or _units(grown) > MOST_UNITS):
        grown = _folded(grown)
    return grown


def short(text: str, most: int = MOST_TEXT) -> str:
    """Return a text redacted, on one line, and cut to as many characters."""
    # Cut before redacting too: the sample of a log row may be large. A secret cut in two is redacted in its first part.
    line = " ".join(visible(redact(text[: 8 * most])).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _folded(timeline: tuple[Entry, ...]) -> tuple[Entry, ...]:
    first, rest = timeline[:_KEPT_FIRST], timeline[_KEPT_FIRST:]
    count, since = 0, ""
    if rest[0].what == FOLDED:
        found = _LEFT_OUT.match(rest[0].text)
        count, since = (int(found[1]), found[2]) if found else (1, "")
        rest = rest[1:]
    victim, rest = rest[0], rest[1:]
    since = since or victim.at.astimezone(UTC).isoformat(timespec="seconds")
    line = Entry(victim.at, FOLDED, f"{count + 1} entries since {since} are left out here")
    return (*first, line, *rest)


def _units(timeline: tuple[Entry, ...]) -> int:
    """Count in UTF-16, as Table Storage does; quotes and backslashes count double, for JSON."""
    texts = (entry.what + entry.text for entry in timeline)
    return sum(
        _OVERHEAD + len(text.encode("utf-16-le", "replace")) // 2 + text.count('"') + text.count("\\")
        for text in texts
    )
