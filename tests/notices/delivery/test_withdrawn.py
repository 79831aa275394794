"""A notice that was withdrawn before its post began is not sent, though who withdrew it fell over or stood still."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.cloud.storage.documents import BlobDocuments
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.deliver import Result, deliver
from shared.notices.delivery.lane import CLAIM
from shared.notices.notice import Fate, Notice, write
from tests.notices.fake_outbox import PostRoom, StandingClock

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
END = Notice.about("alert lobby-down ended alone", "default", "announcement", NOON)
REASON = "that it fired was told after all"


class FallError(Exception):
    """The process ends here."""


class Office(PostRoom):
    """A room for deliveries over real tables."""

    def __init__(self, storage: "Storage") -> None:
        super().__init__(StandingClock(NOON))
        self.tables = TableLanes(storage.table("streams"))
        documents = BlobDocuments(storage.container("documents"))
        self.notices = WithdrawingOutbox(
            storage.table("notices"), self.tables, storage.queue("notices"), documents
        )

    def deliver(self) -> Result:
        delivery = self.delivery()
        stores = replace(delivery.stores, outbox=self.notices, lanes=self.tables)
        return deliver(END.lane, replace(delivery, stores=stores))

    def fate(self) -> tuple[Fate, str]:
        (notice,) = self.notices.of(END.lane)
        return notice.fate, notice.reason


class WithdrawingOutbox(TableOutbox):
    """An outbox in which something happens before a fate is stored."""

    first = staticmethod(lambda: None)

    def settle(self, notices: Sequence[Notice]) -> None:
        first, self.first = self.first, staticmethod(lambda: None)
        first()
        super().settle(notices)


@pytest.fixture
def office(storage: "Storage") -> Office:
    office = Office(storage)
    write(office.notices, END, lambda: message(draw_announcement("Alert resolved", "It ended.")), NOON)
    return office


def test_what_another_instance_finds_withdrawn_it_does_not_send(office: Office) -> None:
    """The instance that withdraws stands still until its claim has ended, and then goes on."""
    results: list[Result] = []

    def stand_still() -> None:
        office.clock.goes_on(CLAIM + timedelta(seconds=30))
        results.append(office.deliver())

    office.notices.first = stand_still  # type: ignore[assignment,method-assign]
    office.notices.withdraw(END, REASON, NOON)

    assert ([Result.WITHDRAWN], [], (Fate.SUPPRESSED, REASON)) == (
        results,
        office.channels.shown,
        office.fate(),
    )
    assert office.tables.get(END.lane) is None


def test_who_delivers_ends_what_fell_over_while_it_was_withdrawn(office: Office) -> None:
    def fall() -> None:
        raise FallError

    office.notices.first = fall  # type: ignore[assignment,method-assign]
    with pytest.raises(FallError):
        office.notices.withdraw(END, REASON, NOON)
    too_soon = office.deliver()
    office.clock.goes_on(CLAIM)

    assert (Result.TAKEN, Result.WITHDRAWN) == (too_soon, office.deliver())
    assert ([], (Fate.SUPPRESSED, REASON)) == (office.channels.shown, office.fate())
    assert office.tables.get(END.lane) is None
