"""All triggers share the threads of one worker, and a function that takes too long takes the worker with it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import azure.functions as func
import pytest

from local.host import Host, Invocation, functions_of
from local.host.options import Options, thread_count
from shared.cloud.storage.account import Storage

SOON = 0.2  # seconds in which something that can begin has begun
PATIENCE = 20


class Kitchen:
    """A small app whose cooks wait until the gas is on."""

    def __init__(self) -> None:
        self.gas, self.cooking, self.served = Event(), Event(), Event()
        self.calls: list[Invocation] = []
        app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

        @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
        def cook(timer: func.TimerRequest) -> None:
            self.cooking.set()
            self.gas.wait(PATIENCE)

        @app.queue_trigger(arg_name="message", queue_name="orders", connection="AzureWebJobsStorage")
        def take_order(message: func.QueueMessage) -> None:
            self.cooking.set()
            self.gas.wait(PATIENCE)

        @app.route(route="soup")
        def soup(req: func.HttpRequest) -> str:
            self.served.set()
            return "soup"

        self.functions = functions_of(app)

    def opened(self, storage: Storage, *, cooks: int, limit: timedelta = timedelta(minutes=5)) -> Host:
        settings = {"PYTHON_THREADPOOL_THREAD_COUNT": str(cooks)}
        options = Options(time_limit=limit)
        return Host(
            self.functions, storage=storage, settings=settings, options=options, observe=self.calls.append
        )


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    kitchen = Kitchen()
    yield kitchen
    kitchen.gas.set()


def test_a_timer_that_waits_holds_a_request_up_where_there_is_one_thread(
    kitchen: Kitchen, storage: Storage
) -> None:
    host = kitchen.opened(storage, cooks=1)
    with ThreadPoolExecutor(1) as guests:
        host.start("cook")
        kitchen.cooking.wait(PATIENCE)
        answer = guests.submit(host.request, "GET", "/api/soup")

        assert not kitchen.served.wait(SOON)
        kitchen.gas.set()
        assert b"soup" == answer.result(PATIENCE).get_body()


def test_a_second_thread_serves_beside_it(kitchen: Kitchen, storage: Storage) -> None:
    host = kitchen.opened(storage, cooks=2)
    host.start("cook")
    kitchen.cooking.wait(PATIENCE)

    assert 200 == host.request("GET", "/api/soup").status_code


def test_a_timer_does_not_begin_while_it_still_runs(kitchen: Kitchen, storage: Storage) -> None:
    host = kitchen.opened(storage, cooks=4)

    assert [True, False] == [host.start("cook"), host.start("cook")]
    kitchen.gas.set()
    host.wait()
    assert host.start("cook")


def test_a_function_that_takes_too_long_fails(kitchen: Kitchen, storage: Storage) -> None:
    host = kitchen.opened(storage, cooks=1, limit=timedelta(seconds=0.2))

    cooked = host.fire("cook")

    assert not cooked.succeeded
    assert "Timeout value of 0:00:00.200000 exceeded by function 'Functions.cook'" in str(cooked.error)
    assert 200 == host.request("GET", "/api/soup").status_code  # by the worker that took its place


def test_what_runs_or_waits_beside_it_fails_too(kitchen: Kitchen, storage: Storage) -> None:
    host = kitchen.opened(storage, cooks=1, limit=timedelta(seconds=1))
    with ThreadPoolExecutor(1) as guests:
        host.start("cook")
        kitchen.cooking.wait(PATIENCE)
        answer = guests.submit(host.request, "GET", "/api/soup")

        assert 500 == answer.result(PATIENCE).status_code
    host.wait()
    blamed = {re.findall(r"Functions\.\w+", str(one.error))[0] for one in kitchen.calls}
    assert (2, 1) == (len(kitchen.calls), len(blamed))  # both for the time of one of them
    assert not kitchen.served.is_set()


def test_a_message_whose_function_took_too_long_is_tried_again(kitchen: Kitchen, storage: Storage) -> None:
    storage.queue("orders").send_message("soup")
    host = kitchen.opened(storage, cooks=1, limit=timedelta(seconds=0.2))

    assert 1 == host.feed(pause=timedelta(0))
    kitchen.gas.set()
    assert [1, 0] == [host.drain(), host.drain()]


@pytest.mark.parametrize("told", ["", "many", "0", "-3"])
def test_without_a_number_the_threads_follow_the_cores(told: str) -> None:
    assert 5 <= thread_count({"PYTHON_THREADPOOL_THREAD_COUNT": told}) <= 32
