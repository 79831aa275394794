"""The host looks into an empty queue ever more rarely, and a message that comes meanwhile wakes nobody."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import azure.functions as func
from hypothesis import given, settings
from hypothesis import strategies as st

from local.host import Host, functions_of
from local.host.options import Options, QueueOptions
from local.host.polling import LEAST, Polling
from shared.cloud.storage.account import Storage

NINE = datetime(2026, 11, 12, 9, tzinfo=UTC)
TWO_SECONDS = timedelta(seconds=2)


def looks(polling: Polling, now: datetime, number: int) -> list[datetime]:
    """Return when an empty queue is looked into, to a tenth of a millisecond."""
    moments: list[datetime] = []
    while len(moments) < number:
        if polling.is_due(now):
            moments.append(now)
            polling.note(0, now)
        now += timedelta(milliseconds=5)
    return moments


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.sampled_from([1, 2, 5]))
def test_an_empty_queue_is_looked_into_ever_more_rarely_up_to_a_limit(chance: float, seconds: int) -> None:
    most = timedelta(seconds=seconds)

    delays = [later - earlier for earlier, later in pairwise(looks(Polling(most, lambda: chance), NINE, 12))]

    assert LEAST == delays[0]
    assert sorted(delays) == delays
    assert most == delays[-1]


def test_after_a_message_the_queue_is_looked_into_at_once() -> None:
    polling = Polling(TWO_SECONDS, lambda: 0.5)
    last = looks(polling, NINE, 9)[-1]
    assert not polling.is_due(last + timedelta(seconds=1))

    polling.note(3, last + TWO_SECONDS)

    assert polling.is_due(last + TWO_SECONDS)


def test_a_message_that_comes_to_an_idle_queue_waits_for_the_next_look(storage: Storage) -> None:
    app, heard = func.FunctionApp(), []

    @app.queue_trigger(arg_name="message", queue_name="calls", connection="AzureWebJobsStorage")
    def connect(message: func.QueueMessage) -> None:
        heard.append(message.get_body().decode())

    options = Options(queues=QueueOptions(most_idle=timedelta(minutes=1)))
    host = Host(functions_of(app), storage=storage, settings={}, options=options)
    looks_made = [moment for moment in minutes_of(NINE) if host.poll(moment) == 0]
    storage.queue("calls").send_message("hello")

    assert [0, 0] == [host.poll(looks_made[-1]), host.poll(looks_made[-1] + timedelta(seconds=50))]
    assert 1 == host.poll(looks_made[-1] + timedelta(minutes=1))
    host.wait()
    assert ["hello"] == heard


def minutes_of(start: datetime) -> list[datetime]:
    return [start + timedelta(minutes=minute) for minute in range(15)]
