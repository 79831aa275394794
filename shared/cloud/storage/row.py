"""Write values that Table Storage has no type for: times as texts that sort, and lists as JSON."""

import json
from datetime import UTC, datetime
from typing import Any

StorageRow = dict[str, Any]


def text_of(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do: always with fractions."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def text_or_none(moment: datetime | None) -> str | None:
    """Write a moment, or nothing."""
    return text_of(moment) if moment else None


def time_or_none(text: str | None) -> datetime | None:
    """Read a moment that `text_of` wrote, or nothing."""
    return datetime.fromisoformat(text) if text else None


def json_text(value: object) -> str:
    """Write a value as JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
