"""The port to a log store: its answers, and the errors when it does not answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from shared.errors import LinekeeperError


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """The answer to a query."""

    rows: tuple[Mapping[str, object], ...]  # values by column
    partial: str | None = None  # what was cut, in the service's words; None when the answer is whole


class Failure(StrEnum):
    """Why a query was not answered."""

    MISSING_TABLE = "missing table"
    PERMISSION = "missing permission"
    THROTTLED = "throttled"
    OUT_OF_TIME = "out of time"
    REFUSED = "refused as wrong"
    UNREACHABLE = "not reachable"


class QueryError(LinekeeperError):
    """A query that was not answered; `table` names the missing table, if one is missing.

    A missing table, a missing permission and a wrong query are permanent: the same query fails again.
    """

    def __init__(self, failure: Failure, message: str, *, table: str | None = None) -> None:
        permanent = failure in (Failure.MISSING_TABLE, Failure.PERMISSION, Failure.REFUSED)
        super().__init__(message, permanent=permanent)
        self.failure = failure
        self.table = table


class Logs(Protocol):
    """A store that answers KQL, such as a Log Analytics workspace."""

    def query(self, text: str, within: timedelta) -> LogAnswer:
        """Run one complete text, prelude included, with retries; an answer without rows is not an error.

        Safe to call from several threads. Never takes much longer than `within`, retries included.

        Raises:
            QueryError: it was not answered; `failure` says why.
        """
        ...
