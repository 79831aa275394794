"""Read fields of JSON that anybody may have sent: each reader takes any value, never raises, and returns what is usable."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shared.incidents.lifecycle.timeline import short
from shared.redaction import redact

_MAX_LINK_LENGTH = 2_000
_MAX_WORD_LENGTH = 15


def mapping(value: object) -> Mapping[str, object]:
    """Return the fields of a JSON object; any other value has none."""
    return value if isinstance(value, dict) else {}


def items(value: object, most: int = 100) -> list[object]:
    """Return at most `most` items of a list; any other value has none."""
    return value[:most] if isinstance(value, list) else []


def text(value: object, most: int = 200) -> str:
    """Return a text or a number as one redacted line of at most `most` characters; any other value gives an empty text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
    if isinstance(value, int | float):
        return str(value)[:most]
    if not isinstance(value, str):
        return ""
    # Redaction is most of the time that an alert takes; a word this short cannot be a secret.
    is_word = len(value) <= min(most, _MAX_WORD_LENGTH) and value.isascii() and value.isalnum()
    return value if is_word else short(value, most)


def pairs(value: object, most: int = 20) -> dict[str, str]:
    """Return `[{"name": .., "value": ..}]` as a mapping of at most `most` names, `_ResourceId` first."""
    entries = [mapping(item) for item in items(value, 500)]
    cells = [(text(entry.get("name"), 60), entry.get("value")) for entry in entries]
    ordered = sorted((pair for pair in cells if pair[0]), key=lambda pair: not is_resource_id(pair[0]))
    return {name: text(content, 500) for name, content in ordered[:most]}


def texts(value: object, most: int = 50) -> dict[str, str]:
    """Return the fields of a JSON object that are texts or numbers, `most` at most."""
    listed = list(mapping(value).items())[:most]
    return {text(name, 60): text(field, 500) for name, field in listed if text(field)}


def is_resource_id(name: str) -> bool:
    """Tell whether a dimension is `_ResourceId`, which names the resource of a row."""
    return name.lower() == "_resourceid"


def moment_of(value: object) -> datetime | None:
    """Return an ISO 8601 time in UTC; None for any other value, and for years before 2000 or after 2099."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 2000 <= moment.year < 2100 else None


def link(*candidates: object) -> str | None:
    """Return the first address that may stand on a card: HTTPS, at most 2,000 characters, and without a secret."""
    return next(
        (candidate for candidate in candidates if isinstance(candidate, str) and _may_stand(candidate)), None
    )


def _may_stand(address: str) -> bool:
    plain = address.startswith("https://") and address.isascii() and address.isprintable()
    is_short = len(address) <= _MAX_LINK_LENGTH
    return plain and is_short and " " not in address and redact(address) == address
