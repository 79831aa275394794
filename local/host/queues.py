"""Feed a queue's messages to its function: at least once, five attempts, then poison.

A message of a poison queue has no other place to go: where its function fails it stays, hidden until the host's lease ends.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from azure.core.exceptions import HttpResponseError
from azure.functions.queue import QueueMessage as GivenMessage
from azure.storage.queue import QueueClient, QueueMessage, StorageErrorCode

from local.host.call import Invocation, Observer, call
from local.host.index import Function
from local.host.options import QueueOptions
from local.host.polling import Polling
from local.host.worker import Worker
from shared.cloud.storage.account import Storage

_POISON = "-poison"
# 404 where another host has finished it, 400 where one has taken it.
_NOT_OURS = {StorageErrorCode.MESSAGE_NOT_FOUND, StorageErrorCode.POP_RECEIPT_MISMATCH}


class Feeder:
    """Takes messages of one queue."""

    def __init__(
        self,
        function: Function,
        queue: str,
        storage: Storage,
        *,
        options: QueueOptions,
        lease: timedelta,
        worker: Worker,
    ) -> None:
        self.name = queue
        self._function = function
        self._storage = storage
        self._options = options
        self._lease = lease
        self._worker = worker
        self._has_poison_queue = not queue.endswith(_POISON)
        self._polling = Polling(options.most_idle, random.random)
        self._lock = Lock()
        self._under_way = 0

    def feed(self, observe: Observer, pause: timedelta) -> int:
        """Handle one batch, one message after the other, and return its size; one that fails is hidden for the pause."""
        messages = self._take()
        for message in messages:
            self._handle(message, observe, pause)
        return len(messages)

    def poll(self, now: datetime, observe: Observer, begin: Callable[[Callable[[], None]], None]) -> int:
        """Begin to handle a batch, if the queue is due and most of the last one is done; return its size."""
        if self._under_way > self._options.batch // 2 or not self._polling.is_due(now):
            return 0
        messages = self._take()
        self._polling.note(len(messages), now)
        for message in messages:
            self._count(1)
            begin(partial(self._handle_beside_others, message, observe))
        return len(messages)

    def _handle_beside_others(self, message: QueueMessage, observe: Observer) -> None:
        try:
            self._handle(message, observe, self._options.pause)
        finally:
            self._count(-1)

    def _count(self, messages: int) -> None:
        with self._lock:
            self._under_way += messages

    def _take(self) -> list[QueueMessage]:
        size = min(32, self._options.batch)  # the service gives no more at once
        lease = int(self._lease.total_seconds())
        queue = self._storage.queue(self.name)
        return list(
            queue.receive_messages(max_messages=size, messages_per_page=size, visibility_timeout=lease)
        )

    def _handle(self, message: QueueMessage, observe: Observer, pause: timedelta) -> None:
        queue = self._storage.queue(self.name)
        attempt = message.dequeue_count or 1
        if self._has_poison_queue and attempt > self._options.attempts:  # a host died on its last attempt
            self._bury(queue, message)
            return
        invocation = call(
            self._worker,
            self._function,
            _function_message(message),
            f"message {message.id} of {self.name}, attempt {attempt}",
        )
        self._settle(queue, message, invocation, pause)
        observe(invocation)

    def _settle(
        self, queue: QueueClient, message: QueueMessage, invocation: Invocation, pause: timedelta
    ) -> None:
        with _unless_lost():
            if invocation.succeeded:
                queue.delete_message(message)
            elif not self._has_poison_queue:
                return
            elif (message.dequeue_count or 1) >= self._options.attempts:
                self._bury(queue, message)
            else:
                queue.update_message(message, visibility_timeout=int(pause.total_seconds()))

    def _bury(self, queue: QueueClient, message: QueueMessage) -> None:
        self._storage.queue(f"{self.name}{_POISON}").send_message(message.content, time_to_live=-1)
        with _unless_lost():
            queue.delete_message(message)


@contextmanager
def _unless_lost() -> Iterator[None]:
    """Leave a message alone whose lease ran out: another host has it."""
    try:
        yield
    except HttpResponseError as error:
        if getattr(error, "error_code", None) not in _NOT_OURS:  # set by the SDK, but not declared
            raise


def _function_message(message: QueueMessage) -> GivenMessage:
    return GivenMessage(
        id=message.id,
        body=str(message.content).encode(),
        dequeue_count=message.dequeue_count,
        insertion_time=message.inserted_on,
        expiration_time=message.expires_on,
        time_next_visible=message.next_visible_on,
        pop_receipt=message.pop_receipt,
    )
