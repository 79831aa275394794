"""The host fires timers and feeds queues as Azure does: at least once, five attempts, then poison."""

import logging
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from local.azure.azurite import Azurite
from local.host import Host, Invocation, functions_of
from shared.cloud.storage.account import Storage
from shared.errors import InputError

NINE = datetime(2026, 11, 12, 9, tzinfo=UTC)


class Switchboard:
    """A small app, which writes down what it was asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.attempts: list[int] = []
        self.calls: list[Invocation] = []
        app = func.FunctionApp()

        @app.timer_trigger(arg_name="timer", schedule="%RING_SCHEDULE%")
        def ring(timer: func.TimerRequest) -> None:
            self.heard.append("late" if timer.past_due else "ring")

        @app.timer_trigger(arg_name="timer", schedule="15 */2 * * * *")
        def sweep(timer: func.TimerRequest) -> None:
            raise RuntimeError("the broom is broken")

        @app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
        def count(timer: func.TimerRequest) -> int:
            return 24

        @app.queue_trigger(arg_name="message", queue_name="calls", connection="AzureWebJobsStorage")
        def connect(message: func.QueueMessage) -> None:
            self.attempts.append(message.dequeue_count or 0)
            text = message.get_body().decode()
            if text.startswith("nobody"):
                raise LookupError(text)
            self.heard.append(text)

        @app.queue_trigger(arg_name="message", queue_name="calls-poison", connection="AzureWebJobsStorage")
        def bury(message: func.QueueMessage) -> None:
            text = message.get_body().decode()
            if text.startswith("nobody mourns"):
                self.attempts.append(message.dequeue_count or 0)
                raise LookupError(text)
            self.heard.append(f"buried {text}")

        self.functions = functions_of(app)

    def hosted(self, storage: Storage, *but: str, **settings: str) -> Host:
        functions = [function for function in self.functions if function.name not in but]
        return Host(functions, storage=storage, settings=settings, observe=self.calls.append)


@pytest.fixture
def board() -> Switchboard:
    return Switchboard()


def test_timers_are_due_in_order_after_the_first_moment_and_until_the_last(
    board: Switchboard, storage: Storage
) -> None:
    host = board.hosted(storage, RING_SCHEDULE="0 * * * * *")

    due = list(host.timers(NINE, NINE + timedelta(minutes=2)))

    expected = [("09:00:15", "sweep"), ("09:01:00", "ring"), ("09:02:00", "ring")]
    assert expected == [(f"{moment:%H:%M:%S}", name) for moment, name in due]


def test_a_function_that_a_setting_disables_is_not_called(board: Switchboard, storage: Storage) -> None:
    host = board.hosted(
        storage,
        RING_SCHEDULE="0 * * * * *",
        **{"AzureWebJobs.sweep.Disabled": "true", "AzureWebJobs.ring.Disabled": "false"},
    )

    assert {"ring"} == {name for _, name in host.timers(NINE, NINE + timedelta(minutes=3))}


def test_a_timer_learns_that_it_is_late(board: Switchboard, storage: Storage) -> None:
    host = board.hosted(storage, RING_SCHEDULE="0 * * * * *")
    host.fire("ring")
    host.fire("ring", past_due=True)

    assert ["ring", "late"] == board.heard


def test_a_function_that_raises_is_logged_and_the_host_goes_on(
    board: Switchboard, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    host = board.hosted(storage, RING_SCHEDULE="0 * * * * *")

    failed = host.fire("sweep")
    host.fire("ring")

    assert (False, ["ring"]) == (failed.succeeded, board.heard)
    assert "Executed 'Functions.sweep' (Failed" in caplog.text
    assert "the broom is broken" in caplog.text


def test_a_timer_that_returns_a_value_fails(board: Switchboard, storage: Storage) -> None:
    counted = board.hosted(storage, RING_SCHEDULE="0 * * * * *").fire("count")

    assert (False, None) == (counted.succeeded, counted.answer)
    assert "without a $return binding" in str(counted.error)


def test_a_message_whose_function_returns_a_value_is_tried_again(storage: Storage) -> None:
    app, attempts = func.FunctionApp(), []
    storage.queue("calls").send_message("hello")

    @app.queue_trigger(arg_name="message", queue_name="calls", connection="AzureWebJobsStorage")
    def answer(message: func.QueueMessage) -> str:
        attempts.append(message.dequeue_count)
        return "nobody reads this"

    Host(functions_of(app), storage=storage, settings={}).drain()

    assert [1, 2, 3, 4, 5] == attempts


def test_a_missing_setting_takes_its_own_function_only(
    board: Switchboard, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        host = board.hosted(storage)

    assert {"sweep"} == {name for _, name in host.timers(NINE, NINE + timedelta(hours=1))}
    with pytest.raises(InputError, match="the setting RING_SCHEDULE is missing"):
        host.fire("ring")


def test_a_message_that_was_handled_is_gone(board: Switchboard, storage: Storage) -> None:
    storage.queue("calls").send_message("grüße an <Daphne> & co")
    host = board.hosted(storage)

    assert [1, 0] == [host.drain(), host.drain()]
    assert ["grüße an <Daphne> & co"] == board.heard


def test_a_queue_longer_than_a_batch_is_drained(board: Switchboard, storage: Storage) -> None:
    for number in range(20):
        storage.queue("calls").send_message(str(number))

    assert 20 == board.hosted(storage).drain()
    assert {str(number) for number in range(20)} == set(board.heard)


def test_what_fails_five_times_is_poison_with_its_text(board: Switchboard, storage: Storage) -> None:
    storage.queue("calls").send_message("nobody home")

    board.hosted(storage, "bury").drain()

    poison = storage.queue("calls-poison").peek_messages()
    assert ([1, 2, 3, 4, 5], ["nobody home"]) == (board.attempts, [one.content for one in poison])
    assert 0 == storage.queue("calls").get_queue_properties().approximate_message_count


def test_poison_feeds_its_own_function(board: Switchboard, storage: Storage) -> None:
    storage.queue("calls").send_message("nobody home")

    board.hosted(storage).drain()

    assert ["buried nobody home"] == board.heard


def test_what_fails_in_a_poison_queue_stays_there_hidden(board: Switchboard, storage: Storage) -> None:
    poison = storage.queue("calls-poison")
    poison.send_message("nobody mourns", time_to_live=-1)
    host = board.hosted(storage)

    assert [1, 0] == [host.drain(), host.drain()]
    assert ([1], 1, []) == (
        board.attempts,
        poison.get_queue_properties().approximate_message_count,
        list(poison.peek_messages()),
    )


def test_what_fails_in_a_poison_queue_is_tried_for_ever_and_moved_nowhere(
    board: Switchboard, storage: Storage
) -> None:
    poison = storage.queue("calls-poison")
    poison.send_message("nobody mourns", time_to_live=-1)
    for _ in range(7):
        message = next(poison.receive_messages(visibility_timeout=60))
        poison.update_message(message, visibility_timeout=0)

    board.hosted(storage).drain()

    assert ([8], 1) == (board.attempts, poison.get_queue_properties().approximate_message_count)
    assert [] == list(storage.queue("calls-poison-poison").peek_messages())


def test_a_message_that_failed_is_hidden_for_a_while(board: Switchboard, storage: Storage) -> None:
    storage.queue("calls").send_message("nobody home")
    host = board.hosted(storage, "bury")

    assert [1, 0] == [host.feed(), host.feed()]
    assert 1 == storage.queue("calls").get_queue_properties().approximate_message_count


def test_what_killed_its_host_at_every_attempt_is_buried_unheard(
    board: Switchboard, storage: Storage
) -> None:
    storage.queue("calls").send_message("nobody survives")
    for _ in range(5):
        message = next(storage.queue("calls").receive_messages(visibility_timeout=60))
        storage.queue("calls").update_message(message, visibility_timeout=0)

    board.hosted(storage).drain()

    assert ([], ["buried nobody survives"]) == (board.attempts, board.heard)


def test_tells_its_observer_of_every_call(board: Switchboard, storage: Storage) -> None:
    storage.queue("calls").send_message("hello")
    host = board.hosted(storage)
    host.drain()
    host.fire("sweep")

    assert [("connect", True), ("sweep", False)] == [(one.function, one.succeeded) for one in board.calls]


@pytest.mark.parametrize("other_host_was_done", [False, True], ids=["is at it", "was done"])
def test_a_message_whose_lease_ran_out_is_left_to_the_host_that_took_it(
    storage: Storage, other_host_was_done: bool
) -> None:
    queue, app = storage.queue("calls"), func.FunctionApp()
    queue.send_message("a very long story")

    @app.queue_trigger(arg_name="message", queue_name="calls", connection="AzureWebJobsStorage")
    def listen(message: func.QueueMessage) -> None:
        queue.update_message(message.id, message.pop_receipt, visibility_timeout=0)  # as if time had passed
        taken = queue.receive_message()
        if other_host_was_done and taken:
            queue.delete_message(taken)

    host = Host(functions_of(app), storage=storage, settings={})

    assert 1 == host.drain()
    count = queue.get_queue_properties().approximate_message_count
    assert (0 if other_host_was_done else 1) == count


def test_without_storage_timers_still_run(board: Switchboard, azurite: Azurite) -> None:
    host = Host(board.functions, settings={"RING_SCHEDULE": "0 * * * * *"})

    assert {"connect", "bury"} == set(host.unusable)
    assert host.fire("ring").succeeded
