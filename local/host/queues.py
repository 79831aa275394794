"""Feed a queue's messages to its function: at least once, five attempts, then poison.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#poison-messages
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from azure.core.exceptions import HttpResponseError
from azure.functions.queue import QueueMessage as GivenMessage
from azure.storage.queue import QueueClient, QueueMessage, StorageErrorCode

from local.host.call import Invocation, Observer, call
from local.host.index import Function
from local.host.options import QueueOptions
from shared.cloud.storage.account import Storage

# 404 where another host has finished it, 400 where one has taken it.
_NOT_OURS = {StorageErrorCode.MESSAGE_NOT_FOUND, StorageErrorCode.POP_RECEIPT_MISMATCH}


class Feeder:
    """Takes messages of one queue, one after the other."""

    def __init__(
        self, function: Function, queue: str, storage: Storage, options: QueueOptions, lease: timedelta
    ) -> None:
        self.name = queue
        self._function = function
        self._storage = storage
        self._options = options
        self._lease = lease

    def feed(self, observe: Observer, pause: timedelta) -> int:
        """Take one batch and return its size; a message that fails is hidden for the pause."""
        queue = self._storage.queue(self.name)
        size = min(32, self._options.batch)  # the service gives no more at once
        lease = int(self._lease.total_seconds())
        messages = list(
            queue.receive_messages(max_messages=size, messages_per_page=size, visibility_timeout=lease)
        )
        for message in messages:
            self._handle(queue, message, observe, pause)
        return len(messages)

    def _handle(self, queue: QueueClient, message: QueueMessage, observe: Observer, pause: timedelta) -> None:
        attempt = message.dequeue_count or 1
        if attempt > self._options.attempts:  # a host died on its last attempt
            self._bury(queue, message)
            return
        invocation = call(
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
            elif (message.dequeue_count or 1) >= self._options.attempts:
                self._bury(queue, message)
            else:
                queue.update_message(message, visibility_timeout=int(pause.total_seconds()))

    def _bury(self, queue: QueueClient, message: QueueMessage) -> None:
        self._storage.queue(f"{self.name}-poison").send_message(message.content, time_to_live=-1)
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
