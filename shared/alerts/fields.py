"""Read JSON that a stranger sent: every reader takes any value and returns what can be used of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shared.incidents.lifecycle.timeline import short
from shared.redaction import redact

_MOST_LINK = 2_000
_WORD = 15


def mapping(value: object) -> Mapping[str, object]:
    """Return an object's fields; of anything else none."""
    return value if isinstance(value, dict) else {}


def items(value: object, most: int = 100) -> list[object]:
    """Return the first items of a list; of anything else none."""
    return value[:most] if isinstance(value, list) else []


def text(value: object, most: int = 200) -> str:
    """Return a text or a number as text, redacted, cut and on one line; of anything else nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, int | float):
        return str(value)[:most]
    if not isinstance(value, str):
        return ""
    # Redaction is most of the time that an alert takes; a word this short is not a secret by itself.
    is_word = len(value) <= min(most, _WORD) and value.isascii() and value.isalnum()
    return value if is_word else short(value, most)


def pairs(value: object, most: int = 20) -> dict[str, str]:
    """Return `[{"name": .., "value": ..}]` as a mapping, `_ResourceId` before anything else."""
    found = [(text(mapping(one).get("name"), 60), mapping(one).get("value")) for one in items(value, 500)]
    named = sorted(
        ((name, given) for name, given in found if name), key=lambda one: not is_resource_id(one[0])
    )
    return {name: text(given, 500) for name, given in named[:most]}


def texts(value: object, most: int = 50) -> dict[str, str]:
    """Return the fields of an object that are texts or numbers."""
    listed = list(mapping(value).items())[:most]
    return {text(name, 60): text(given, 500) for name, given in listed if text(given)}


def is_resource_id(name: str) -> bool:
    """Tell whether a dimension is the one that names the resource of a row."""
    return name.lower() == "_resourceid"


def moment_of(value: object) -> datetime | None:
    """Return a time in UTC; None for what is none, or lies far from any alert's."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if 2000 <= found.year < 2100 else None


def link(*candidates: object) -> str | None:
    """Return the first address that may stand on a card: HTTPS, short enough, and without a secret."""
    return next((one for one in candidates if isinstance(one, str) and _may_stand(one)), None)


def _may_stand(address: str) -> bool:
    plain = address.startswith("https://") and address.isascii() and address.isprintable()
    return plain and len(address) <= _MOST_LINK and " " not in address and redact(address) == address
