"""How long each kind of stored thing is kept, and when what is older is deleted."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.clock import is_astray
from shared.errors import InputError
from shared.incidents.ports import Watermarks
from shared.isolation import Isolation, Troubles

MARK = "retention of what is stored"
_EVERY = timedelta(hours=1)
_MOST_DAYS = 3_650

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptKind:
    """One kind: the setting that says for how many days it is kept, and the days without it."""

    name: str
    setting: str
    days: int


KINDS = (
    KeptKind("alerts", "KEEP_ALERTS_DAYS", 90),
    KeptKind("notices", "KEEP_NOTICES_DAYS", 30),
    KeptKind("decisions", "KEEP_DECISIONS_DAYS", 90),
    KeptKind("diagnoses", "KEEP_DIAGNOSES_DAYS", 90),
    KeptKind("reports", "KEEP_REPORTS_DAYS", 400),
    KeptKind("dead letters", "KEEP_DEAD_LETTERS_DAYS", 90),
    KeptKind("quarantine", "KEEP_QUARANTINE_DAYS", 90),
    KeptKind("incidents", "KEEP_INCIDENTS_DAYS", 400),
)


class Old(Protocol):
    """What is stored of one kind."""

    def forget(self, before: datetime) -> bool:
        """Delete some of what is older than a moment; tell whether that was all. Safe to repeat."""
        ...


def days_kept(kind: KeptKind, text: str) -> int:
    """Return for how many days a kind is kept by what its setting says.

    Raises:
        InputError: that is no number of days.
    """
    if not text.strip():
        return kind.days
    if not (text.strip().isascii() and text.strip().isdigit() and 1 <= int(text) <= _MOST_DAYS):
        raise InputError(
            f"setting {kind.setting}", f"it is {text!r}", f"a number of days from 1 to {_MOST_DAYS}"
        )
    return int(text)


def delete_old(
    stored: Mapping[str, Old], texts: Mapping[str, str], marks: Watermarks, troubles: Troubles, now: datetime
) -> bool:
    """Delete what is older than its kind is kept, once an hour; tell whether anything was looked at.

    `texts` are what the settings say, by kind. Each kind goes in bounded steps: where something is left, the next call
    goes on at once, and not after an hour.
    """
    mark = marks.get(MARK)
    if mark is not None and now - mark < _EVERY and not is_astray(mark, now):
        return False
    isolation = Isolation("retention", troubles)
    is_all = True
    for kind in KINDS:
        with isolation.item(kind.name):
            is_all &= stored[kind.name].forget(now - timedelta(days=_days_or_default(kind, texts[kind.name])))
    isolation.end()
    if is_all:
        marks.advance(MARK, now)
    return True


def _days_or_default(kind: KeptKind, text: str) -> int:
    try:
        return days_kept(kind, text)
    except InputError as error:
        _log.error("%s; %d days count", error.message, kind.days)  # readiness says it too
        return kind.days
