"""Work that goes on beside an answer."""

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Holds what was started, since asyncio itself does not."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Start a piece of work of the running loop."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
