"""Write conditionally beside other instances: who loses a race reads again and decides again."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from shared.errors import LinekeeperError

_T = TypeVar("_T")


class LostRaceError(LinekeeperError):
    """Another instance wrote first; read again and decide again."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was changed by another instance", permanent=False)


def until_won(step: Callable[[], _T], *, tries: int) -> _T:
    """Call a step until it does not lose a race, at most `tries` times, and return what it returns.

    The step reads, decides and writes. Whoever wins has got on, so the next try follows at once.

    Raises:
        LostRaceError: the step lost every race; this is the last one.
    """
    for _ in range(tries - 1):
        with suppress(LostRaceError):
            return step()
    return step()
