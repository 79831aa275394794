"""An outbox kept in memory, and a channel that remembers what was posted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.errors import LinekeeperError
from shared.notices.outbox import Notice


class FakeOutbox:
    """The contract of `Outbox`, in dictionaries."""

    def __init__(self) -> None:
        self.kept: dict[str, Notice] = {}
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []

    def get(self, key: str) -> Notice | None:
        return self.kept.get(key)

    def text(self, notice: Notice) -> str:
        return self.texts[notice.document]

    def add(self, notice: Notice, text: str) -> None:
        self.texts.setdefault(notice.document, text)
        self.kept.setdefault(notice.key, notice)

    def ask_for_delivery(self, key: str) -> None:
        self.asked.append(key)

    def mark_delivered(self, key: str, at: datetime) -> None:
        if key in self.kept and self.kept[key].delivered_at is None:
            self.kept[key] = replace(self.kept[key], delivered_at=at)

    def pending(self) -> Sequence[Notice]:
        waiting = (notice for notice in self.kept.values() if notice.delivered_at is None)
        return sorted(waiting, key=lambda notice: (notice.at, notice.key))


class FakeChannel:
    """Remembers what was posted; refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.posted: list[Mapping[str, Any]] = []
        self.refusals = refusals

    def __call__(self, message: Mapping[str, Any]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise LinekeeperError("Teams answered 429; expected 2xx", permanent=False)
        self.posted.append(message)
