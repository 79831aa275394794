"""Run the queries of a diagnosis: at most four at a time, all within one time budget."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from shared.queries.logs import Answer, Failure, Logs, QueryError
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.queries.scope import Scope

# Azure runs five queries per caller and queues the rest
# (azure-monitor-docs, includes/azure-monitor-limits-log-queries.md); one is left for people.
AT_ONCE = 4
BUDGET = timedelta(seconds=90)

Outcome = Answer | QueryError


@dataclass(slots=True)
class Run:
    """One diagnosis' worth of queries; `missing` grows as the workspace turns out not to have a table."""

    logs: Logs
    scope: Scope
    budget: timedelta = BUDGET
    elapsed: Callable[[], float] = time.monotonic
    missing: set[str] = field(default_factory=set)
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the budget."""
        self.deadline = self.elapsed() + self.budget.total_seconds()

    def text_of(self, check: str) -> str:
        """Return a check's complete text as it is sent now, with stand-ins for the tables known to be missing."""
        return complete(check, self.scope, absent=self.missing)

    def ask_all(self, checks: Sequence[str]) -> Mapping[str, Outcome]:
        """Run checks and return each one's outcome by its text; one that is late is `out of time`."""
        executor = ThreadPoolExecutor(max_workers=AT_ONCE)
        futures = {check: executor.submit(self._ask, check) for check in dict.fromkeys(checks)}
        wait(futures.values(), timeout=max(0.0, self._left()))
        executor.shutdown(wait=False, cancel_futures=True)
        return {check: _outcome(future) for check, future in futures.items()}

    def _ask(self, check: str) -> Outcome:
        """Ask one check; each table that turns out to be missing is stood in for, and the check asked again."""
        for _ in range(len(tables())):
            if self._left() <= 0:
                return _late()
            absent = frozenset(self.missing)  # other checks add to it while this one is on its way
            try:
                return self.logs.query(
                    complete(check, self.scope, absent=absent), timedelta(seconds=self._left())
                )
            except QueryError as error:
                if error.table is None or error.table in absent:
                    return error
                self.missing.add(error.table)
        return _late()

    def _left(self) -> float:
        return self.deadline - self.elapsed()


def _outcome(future: Future[Outcome]) -> Outcome:
    return future.result() if future.done() and not future.cancelled() else _late()


def _late() -> QueryError:
    return QueryError(Failure.OUT_OF_TIME, "no answer within the time of the diagnosis")
