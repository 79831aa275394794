"""An executor that does at once what it is given: in a simulated host no thread begins another."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class InlineExecutor(Executor):
    """Stands where the product has a pool of threads."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what a pool takes."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Call a function now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*given, **named))
        except Exception as error:  # noqa: BLE001  # as a pool does; the death of a host goes on
            future.set_exception(error)
        return future
