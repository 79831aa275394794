"""Handle stored things one by one: what goes wrong with one of them ends no other."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from shared.errors import LinekeeperError
from shared.races import LostRaceError
from shared.redaction import redact, visible

# What code raises that meets data it does not expect: another version, another type, a number out of range.
DATA_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
_MOST_IN_A_ROW = 3
_MOST_LETTERS = 300

_log = logging.getLogger(__name__)


class Troubles(Protocol):
    """What could not be handled, by loop. Every call is safe to repeat."""

    def note(self, loop: str, failures: Mapping[str, str]) -> None:
        """Keep what failed in a run of a loop, with the reasons, in place of what failed in its run before."""
        ...


class LoggedTroubles:
    """Keeps nothing: that an item failed stands in the log."""

    def note(self, loop: str, failures: Mapping[str, str]) -> None:
        """Do nothing more."""


class Isolation:
    """One run of a loop over stored things.

    An error of data is the item's own. Other errors may be those of a service: when three items in a row end with
    one, the third is raised, for every further item would only wait for it.
    """

    def __init__(self, loop: str, troubles: Troubles | None = None) -> None:
        self._loop = loop
        self._troubles = troubles or LoggedTroubles()
        self._failures: dict[str, str] = {}
        self._in_a_row = 0

    @contextmanager
    def item(self, name: str, passing: type[Exception] | tuple[()] = ()) -> Iterator[None]:
        """Handle one item; an error ends it, and is noted under this name. Errors that are `passing` are raised."""
        try:
            yield
        except MemoryError:
            raise  # not of an item
        except passing:
            raise
        except LostRaceError:
            self._in_a_row = 0  # another instance handles it
        except Exception as error:
            is_of_data = isinstance(error, DATA_ERRORS) or (
                isinstance(error, LinekeeperError) and error.permanent
            )
            self._in_a_row = 0 if is_of_data else self._in_a_row + 1
            if self._in_a_row >= _MOST_IN_A_ROW:
                raise
            _log.exception("%s: %s could not be handled", self._loop, name)
            self._failures[name] = reason_of(error)
        else:
            self._in_a_row = 0

    def end(self) -> None:
        """Note what failed in this run, and forget what no longer does."""
        self._troubles.note(self._loop, self._failures)


def reason_of(error: Exception) -> str:
    """Say what an error was, in one redacted line."""
    text = error.message if isinstance(error, LinekeeperError) else f"{type(error).__name__}: {error}"
    return " ".join(visible(redact(text[: 4 * _MOST_LETTERS])).split())[:_MOST_LETTERS]
