"""Say a change in one sentence: what, on what, by whom, and how long before the onset; never as a cause by itself."""

from collections.abc import Mapping
from datetime import timedelta

from shared.context.change import Change, Edit, RecentChanges

_MOST_EDITS = 2  # that one sentence names
_DONE = {
    "regeneratekey": "access key regenerated",
    "restart": "restarted",
    "write": "written",
    "delete": "deleted",
}
_MOST_LETTERS = 60  # of a value in a sentence


def top_sentence(change: Change, recent: RecentChanges, cause: str | None, titles: Mapping[str, str]) -> str:
    """Say what was changed, on what, by whom, when, and what it has to do with the symptom."""
    why = bearing(change, cause, titles)
    what = f"{what_changed(change)} on {target_name(change)}{_by(change)}, {distance(change, recent)}"
    return f"{what}; {why}." if why else f"{what}."


def what_changed(change: Change, most: int = _MOST_EDITS) -> str:
    """Say which properties were set, or which operation it was."""
    operation = change.what.partition("/")[2] or change.what
    if not change.edits:
        return operation
    named = "; ".join(map(_edit, change.edits[:most]))
    more = len(change.edits) - most
    return f"{named}{f' and {more} more' if more > 0 else ''} ({operation})"


def in_short(change: Change) -> str:
    """Say a change in a few words, as beside a mark: the first property that was set, or what was done."""
    if change.edits:
        return what_changed(change, 1)
    done = change.what.removesuffix("/action").rpartition("/")[2]
    return _DONE.get(done.lower(), done)


def target_name(change: Change) -> str:
    """Name what was changed: a resource by its name, what belongs to it below."""
    parts = change.resource.strip("/").split("/")
    return "/".join(parts[7::2]) or change.resource


def distance(change: Change, recent: RecentChanges) -> str:
    """Say how far a change lies from the onset, or from the beginning of the window."""
    moment = "it began" if recent.is_onset else "the window began"
    gap = change.before(recent.since)
    if gap is None:
        return f"{_length((change.began or change.at) - recent.since)} after {moment}"
    began = change.began or change.at
    if change.at > recent.since and began < recent.since:
        return f"under way when {moment}"
    if gap < timedelta(minutes=1):
        return f"as {moment}"
    return f"{_length(gap)} before {moment}"


def bearing(change: Change, cause: str | None, titles: Mapping[str, str]) -> str:
    """Say what a change has to do with the symptom, as far as its kind tells; "" where it tells nothing."""
    if change.is_unrelated:
        return "touches nothing that this symptom depends on"
    if change.bears_on is None:
        return ""
    if change.bears_on == cause:
        return "of the kind that the cause found needs"
    return f"of the kind behind: {titles.get(change.bears_on, change.bears_on)}"


def _edit(edit: Edit) -> str:
    if edit.old is None and edit.new is None:
        return edit.path
    if edit.old is None:
        return f"{edit.path} set to {_short(edit.new)}"
    if edit.new is None:
        return f"{edit.path} removed, was {_short(edit.old)}"
    return f"{edit.path} from {_short(edit.old)} to {_short(edit.new)}"


def _short(value: str | None) -> str:
    text = value or '""'
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _by(change: Change) -> str:
    by = f" by {change.who}" if change.who else ""
    return f"{by} from {change.address}" if change.address else by


def _length(gap: timedelta) -> str:
    minutes = round(gap / timedelta(minutes=1))
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{gap / timedelta(hours=1):.3g} hours"
