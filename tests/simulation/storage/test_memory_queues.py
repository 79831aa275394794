"""Queues in memory answer as Azurite's do, with the SDK and without: each test runs on all three."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.cloud.storage.account import Storage
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage
from tests.simulation.storage.refused import refusal


def test_a_queue_that_is_made_again_stays(account: Storage) -> None:
    account.queue("notices").send_message("hello")

    assert ["hello"] == [m.content for m in Storage(account._services).queue("notices").peek_messages()]


def test_a_message_is_hidden_while_it_is_taken_and_counted(queue: Any) -> None:
    queue.send_message('{"alert": "<1> & ü"}', time_to_live=-1)
    first = next(iter(queue.receive_messages(visibility_timeout=60)))

    assert ('{"alert": "<1> & ü"}', 1) == (first.content, first.dequeue_count)
    assert [] == list(queue.receive_messages())
    assert [] == list(queue.peek_messages())
    assert 1 == queue.get_queue_properties().approximate_message_count


def test_a_message_that_is_shown_again_has_another_receipt(queue: Any) -> None:
    queue.send_message("hello")
    first = next(iter(queue.receive_messages(visibility_timeout=60)))
    queue.update_message(first, visibility_timeout=0)
    second = next(iter(queue.receive_messages(visibility_timeout=60)))

    assert (2, first.id) == (second.dequeue_count, second.id)
    assert ("HttpResponseError", 400, "PopReceiptMismatch") == refusal(
        lambda: queue.delete_message(first.id, first.pop_receipt)
    )
    queue.delete_message(second)
    assert ("ResourceNotFoundError", 404, "MessageNotFound") == refusal(lambda: queue.delete_message(second))
    assert ("ResourceNotFoundError", 404, "MessageNotFound") == refusal(
        lambda: queue.update_message(second, visibility_timeout=0)
    )


def test_an_update_may_change_the_text(queue: Any) -> None:
    queue.send_message("before")
    message = next(iter(queue.receive_messages(visibility_timeout=60)))
    queue.update_message(message, content="after", visibility_timeout=0)

    assert ["after"] == [message.content for message in queue.receive_messages()]


def test_a_message_that_is_sent_hidden_is_not_there_yet(queue: Any) -> None:
    queue.send_message("later", visibility_timeout=60)
    queue.send_message("now")

    assert ["now"] == [message.content for message in queue.receive_messages()]


def test_messages_are_taken_in_order_and_no_more_than_wanted(queue: Any) -> None:
    for text in "abc":
        queue.send_message(text)
    batch = next(queue.receive_messages(messages_per_page=2, max_messages=2).by_page())

    assert ["a", "b"] == [message.content for message in batch]
    queue.clear_messages()
    assert 0 == queue.get_queue_properties().approximate_message_count


def test_a_message_of_more_than_64_kb_is_refused(queue: Any) -> None:
    queue.send_message("x" * 65_536)

    assert 413 == refusal(lambda: queue.send_message("x" * 65_537))[1]


def test_a_queue_that_is_not_there_takes_nothing(account: Storage) -> None:
    nowhere = account._services.queues.get_queue_client("nowhere")

    assert ("ResourceNotFoundError", 404, "QueueNotFound") == refusal(lambda: nowhere.send_message("x"))


class MovedClock:
    """A clock that a test moves."""

    moment = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def test_in_memory_what_was_hidden_is_there_again_when_its_time_has_passed() -> None:
    clock = MovedClock()
    storage = memory_storage(MemoryTransport(MemoryAccount(clock.now)))
    queue, container = storage.queue("work"), storage.container("locks")
    queue.send_message("hello")
    queue.send_message("short", time_to_live=20)
    taken = next(iter(queue.receive_messages(visibility_timeout=30)))
    container.upload_blob("lock", b"")
    container.get_blob_client("lock").acquire_lease(15)
    clock.moment += timedelta(seconds=31)

    assert [("hello", 2)] == [(m.content, m.dequeue_count) for m in queue.receive_messages()]
    assert taken.dequeue_count == 1
    container.get_blob_client("lock").acquire_lease(15)
