"""Write recent changes as plain JSON values, and read them back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.clock import iso
from shared.context.change import Change, ChangeSource, Edit, RecentChanges, Topic
from shared.context.live import Gap
from shared.context.ports import Absence


def as_document(recent: RecentChanges | None) -> dict[str, object] | None:
    """Return the changes as JSON values; they must be redacted already."""
    if recent is None:
        return None
    return {
        "since": iso(recent.since),
        "is_onset": recent.is_onset,
        "changes": [_change(change) for change in recent.changes],
        "left_out": recent.left_out,
        "gaps": [
            {"absence": str(gap.absence), "reason": gap.reason, "role": gap.role} for gap in recent.gaps
        ],
    }


def read_document(document: Mapping[str, Any] | None) -> RecentChanges | None:
    """Read what `as_document` wrote.

    Raises:
        KeyError: a field is missing.
        ValueError: a value is not one that it writes.
    """
    if document is None:
        return None
    return RecentChanges(
        since=datetime.fromisoformat(document["since"]),
        is_onset=document["is_onset"],
        changes=tuple(map(_read_change, document["changes"])),
        gaps=tuple(Gap(Absence(gap["absence"]), gap["reason"], gap["role"]) for gap in document["gaps"]),
        left_out=document["left_out"],
    )


def _change(change: Change) -> dict[str, object]:
    return {
        "at": iso(change.at),
        "began": iso(change.began) if change.began else None,
        "resource": change.resource,
        "what": change.what,
        "sources": [str(source) for source in change.sources],
        "edits": [{"path": edit.path, "old": edit.old, "new": edit.new} for edit in change.edits],
        "topics": [str(topic) for topic in change.topics],
        "who": change.who,
        "address": change.address,
        "relevance": change.relevance,
        "bears_on": change.bears_on,
    }


def _read_change(document: Mapping[str, Any]) -> Change:
    return Change(
        at=datetime.fromisoformat(document["at"]),
        resource=document["resource"],
        what=document["what"],
        sources=tuple(map(ChangeSource, document["sources"])),
        began=datetime.fromisoformat(document["began"]) if document["began"] else None,
        edits=tuple(Edit(edit["path"], edit["old"], edit["new"]) for edit in document["edits"]),
        topics=tuple(map(Topic, document["topics"])),
        who=document["who"],
        address=document["address"],
        relevance=document["relevance"],
        bears_on=document["bears_on"],
    )
