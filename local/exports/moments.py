"""Read the times that people and case files write."""

from datetime import UTC, datetime

from shared.errors import InputError


def moment(where: str, text: str) -> datetime:
    """Read an ISO 8601 time; one without a zone is UTC.

    Raises:
        InputError: the text is not an ISO time.
    """
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(where, f"{text!r} is not a time", "ISO 8601 such as 2026-11-20T03:00:00Z") from error
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
