"""A store whose every write comes second gives up after a while and says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableErrorCode, TableTransactionError

from shared.cloud.storage.notices.groups import TableGroups
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.shared_cards import TableSharedCards
from shared.cloud.storage.signals.counts import TableCounts
from shared.cloud.storage.watermarks import TableWatermarks
from shared.notices.routing.group import REGION, GroupScope
from shared.notices.routing.shared_card import SharedCard, SharedCardKind
from shared.races import LostRaceError
from shared.signals.counts import Count

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
LOBBY = "/subscriptions/1/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
MOST_WRITES = 50


class SecondTable:
    """A table in which others make a row before each of our writes and remove it before each of our reads."""

    def __init__(self) -> None:
        self.writes = 0

    def query_entities(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def get_entity(self, *_: Any) -> Any:
        raise ResourceNotFoundError

    def create_entity(self, _: Any) -> Any:
        self._count()
        raise ResourceExistsError

    def update_entity(self, *_: Any, **__: Any) -> Any:
        raise ResourceNotFoundError

    def submit_transaction(self, _: Any) -> Any:
        self._count()
        error = TableTransactionError()
        error.error_code = TableErrorCode.ENTITY_ALREADY_EXISTS
        raise error

    def _count(self) -> None:
        self.writes += 1
        assert self.writes <= MOST_WRITES, "it goes on and on"


@pytest.mark.parametrize(
    ("write", "what"),
    [
        pytest.param(
            lambda table: TableGroups(table).join(GroupScope(REGION, "westeurope"), "lobby.drops.1", NINE),
            "group ",
            id="an incident joins a group",
        ),
        pytest.param(
            lambda table: TableLanes(table).touch("feed~default", "default", NINE),
            "lane feed~default",
            id="a notice is added to a lane",
        ),
        pytest.param(
            lambda table: TableSharedCards(table).open(
                SharedCard(SharedCardKind.GROUP, "west~1", "default", "westeurope", NINE, NINE)
            ),
            "shared card",
            id="a shared card is opened",
        ),
        pytest.param(
            lambda table: TableWatermarks(table).advance("trading-floor", NINE),
            "the mark of workspace trading-floor",
            id="a mark is moved forward",
        ),
        pytest.param(
            lambda table: TableCounts(table).replace([Count(LOBBY, "drops", NINE, 1, 10, NINE)]),
            "the counts of .*lobby",
            id="counts are kept",
        ),
    ],
)
def test_who_loses_every_race_gives_up(write: Callable[[Any], object], what: str) -> None:
    table = SecondTable()

    with pytest.raises(LostRaceError, match=f"^{what}.* was changed by another instance"):
        write(table)
    assert table.writes > 1
