"""What a log store is asked, what it answers, and the ways in which it does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from shared.errors import LinekeeperError


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """The rows of a query, each by column; `partial` says what was cut, in the service's words."""

    rows: tuple[Mapping[str, object], ...]
    partial: str | None = None


class Failure(StrEnum):
    """Why a query did not answer."""

    MISSING_TABLE = "missing table"
    PERMISSION = "missing permission"
    THROTTLED = "throttled"
    OUT_OF_TIME = "out of time"
    REFUSED = "refused as wrong"
    UNREACHABLE = "not reachable"


class QueryError(LinekeeperError):
    """A query that did not answer; `table` is set when a table is missing."""

    def __init__(self, failure: Failure, message: str, *, table: str | None = None) -> None:
        permanent = failure in (Failure.MISSING_TABLE, Failure.PERMISSION, Failure.REFUSED)
        super().__init__(message, permanent=permanent)
        self.failure = failure
        self.table = table


class Logs(Protocol):
    """A place that answers KQL."""

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Run one complete text, retries included, and return its rows; an empty answer is not an error.

        Safe to call from several threads. Never takes much longer than `within`.

        Raises:
            QueryError: it did not answer, and why.
        """
        ...
