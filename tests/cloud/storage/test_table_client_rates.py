"""Every process tells its rate in a row of its own, and rows of processes that are gone are removed."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.app.names import Table
from shared.cloud.storage.account import Storage
from shared.cloud.storage.tokens.client_rates import TableClientRates
from shared.errors import LinekeeperError
from shared.settings import Settings
from shared.tokens.client_rates import ProcessRate

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"


def rates_of(storage: Storage) -> TableClientRates:
    return TableClientRates(lambda: storage.table(Table.CLIENT_RATES))


def test_each_process_sees_what_the_others_told(storage: Storage) -> None:
    rates = rates_of(storage)
    first, second = ProcessRate("one", 2.5, NOON), ProcessRate("two", 40.0, NOON)
    rates.exchange(LOBBY, first)

    assert {first, second} == set(rates.exchange(LOBBY, second))
    assert [first] == list(rates.exchange("trading", first))


def test_a_process_has_one_row_however_often_it_tells(storage: Storage) -> None:
    rates = rates_of(storage)
    for minute in range(5):
        latest = ProcessRate("one", float(minute), NOON + timedelta(minutes=minute))
        told = rates.exchange(LOBBY, latest)

    assert [latest] == list(told)


def test_a_day_after_its_process_a_row_is_gone_and_not_all_at_once(storage: Storage) -> None:
    rates = rates_of(storage)
    for n in range(25):
        rates.exchange(LOBBY, ProcessRate(f"gone-{n}", 1.0, NOON))
    now = ProcessRate("one", 2.0, NOON + timedelta(days=1))

    assert [now] == list(rates.exchange(LOBBY, now))
    assert 6 == len(list(storage.table(Table.CLIENT_RATES).list_entities()))
    rates.exchange(LOBBY, now)
    assert 1 == len(list(storage.table(Table.CLIENT_RATES).list_entities()))


def test_storage_that_does_not_answer_is_an_error_that_may_be_tried_again() -> None:
    settings = Settings.from_environment(
        {
            "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YQ==;"
            "TableEndpoint=https://127.0.0.1:9;QueueEndpoint=https://127.0.0.1:9;BlobEndpoint=https://127.0.0.1:9"
        }
    )
    rates = rates_of(Storage.from_settings(settings, fail_fast=True))

    with pytest.raises(LinekeeperError, match="storage does not answer") as raised:
        rates.exchange(LOBBY, ProcessRate("one", 1.0, NOON))
    assert not raised.value.permanent
