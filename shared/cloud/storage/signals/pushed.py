"""Ask through a Storage Queue that what was pushed is judged at once."""

from collections.abc import Callable

from azure.storage.queue import QueueClient

from shared.cloud.storage.unavailable import storage_answers
from shared.events.pushed import PushedAsk

_KEPT_SECONDS = 300  # by then the watch has looked several times


class QueueAsks:
    """Implements `shared.events.pushed.PushedAsks`."""

    def __init__(self, queue: Callable[[], QueueClient]) -> None:
        """Take what returns the queue, which is asked for when it is needed."""
        self._queue = queue

    def ask(self, ask: PushedAsk) -> None:
        """Ask for a look."""
        with storage_answers():
            self._queue().send_message(ask.text(), time_to_live=_KEPT_SECONDS)
