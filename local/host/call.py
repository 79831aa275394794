"""Call a function once, and return the outcome with its duration."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import azure.functions as func

from local.host.index import Function
from local.host.worker import Worker

_log = logging.getLogger("local.host")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function, and its outcome.

    Attributes:
        reason: what triggered it.
        error: what it raised; None if it succeeded.
    """

    function: str
    reason: str
    seconds: float
    answer: Any = None
    error: Exception | None = None

    @property
    def succeeded(self) -> bool:
        """Tell whether it raised nothing."""
        return self.error is None


Observer = Callable[[Invocation], None]


def call(worker: Worker, function: Function, argument: object, reason: str) -> Invocation:
    """Call a function and wait for it; what it raises is logged, and does not stop the host."""
    start = time.perf_counter()
    answer, failure = None, None
    try:
        code = partial(function.code, **{function.text("name"): argument})
        answer = _checked(function, worker.run(function.name, code))
    except Exception as error:  # noqa: BLE001  # a host outlives whatever its functions raise
        failure = error
    invocation = Invocation(function.name, reason, time.perf_counter() - start, answer, failure)
    if failure:
        _log.error("Executed 'Functions.%s' (Failed, %s)", function.name, reason, exc_info=failure)
    else:
        _log.info(
            "Executed 'Functions.%s' (Succeeded, %s, %.0f ms)",
            function.name,
            reason,
            invocation.seconds * 1e3,
        )
    return invocation


def _checked(function: Function, answer: object) -> object:
    """Return what a function returned.

    Raises:
        TypeError: the Python worker cannot hand it on.
    """
    if function.kind == "httpTrigger":
        if not isinstance(answer, (func.HttpResponse, str)):
            raise TypeError(
                f"function {function.name!r} returned {type(answer).__name__}; expected an HttpResponse"
            )
    elif answer is not None:
        raise TypeError(f"function {function.name!r} without a $return binding returned a non-None value")
    return answer
