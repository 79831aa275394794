"""Keep an incident's timeline within what a row of Table Storage holds, and say what was left out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shared.incidents.incident import Entry, EntryKind, Fold, Incident, Milestone
from shared.redaction import redact, visible

# Our rows hold 60 KB, which are 30,000 units of UTF-16: 16,000 units leave room for the rest of an incident.
# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
MOST_ENTRIES = 150
MOST_UNITS = 16_000
MOST_TEXT = 300
_FIRST_ENTRIES = 10  # how it began is never folded
_OVERHEAD = 64  # units of an entry's time, its names in JSON and its quotes
FOLDED = "folded"


def noted(
    incident: Incident, at: datetime, what: str, text: str = "", kind: EntryKind = EntryKind.OTHER
) -> Incident:
    """Return an incident with one more entry on its timeline, the middle folded into one line where it is too long."""
    fold = incident.fold
    # The line of an earlier fold is written anew.
    entries = [entry for entry in incident.timeline if fold is None or entry != _line(fold)]
    entries.append(Entry(at, short(what, 60), short(text), kind))
    while len(entries) > _FIRST_ENTRIES + 1 and _is_too_long(_with_line(entries, fold)):
        fold = _folded(fold, entries.pop(_FIRST_ENTRIES))
    return replace(incident, timeline=tuple(_with_line(entries, fold)), fold=fold)


def noted_look(incident: Incident, at: datetime, text: str) -> Incident:
    """Return an incident with an entry for its latest diagnosis."""
    return noted(incident, at, f"look {incident.diagnosis_count}", text, EntryKind.LOOK)


def noted_notice(incident: Incident, at: datetime, milestone: Milestone, to: Sequence[str]) -> Incident:
    """Return an incident with an entry for whom a milestone was told."""
    return noted(incident, at, f"told: {milestone}", f"to {', '.join(to)}" if to else "", EntryKind.NOTICE)


def short(text: str, most: int = MOST_TEXT) -> str:
    """Return a text redacted, on one line, and cut to as many characters."""
    # Cut before redacting too: the sample of a log row may be large. A secret cut in two is redacted in its first part.
    line = " ".join(visible(redact(text[: 8 * most])).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _folded(fold: Fold | None, entry: Entry) -> Fold:
    if fold is None:
        return Fold(1, entry.at, entry.at)
    return Fold(fold.count + 1, fold.first_at, entry.at)


def _line(fold: Fold) -> Entry:
    since = fold.first_at.astimezone(UTC).isoformat(timespec="seconds")
    return Entry(fold.last_at, FOLDED, f"{fold.count} entries since {since} are left out here")


def _with_line(entries: Sequence[Entry], fold: Fold | None) -> list[Entry]:
    lines = [] if fold is None else [_line(fold)]
    return [*entries[:_FIRST_ENTRIES], *lines, *entries[_FIRST_ENTRIES:]]


def _is_too_long(entries: Sequence[Entry]) -> bool:
    return len(entries) > MOST_ENTRIES or _units(entries) > MOST_UNITS


def _units(entries: Sequence[Entry]) -> int:
    """Count in UTF-16, as Table Storage does; quotes and backslashes count double, for JSON."""
    texts = (entry.what + entry.text for entry in entries)
    return sum(
        _OVERHEAD + len(text.encode("utf-16-le", "replace")) // 2 + text.count('"') + text.count("\\")
        for text in texts
    )
