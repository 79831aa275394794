"""Run the queries of a diagnosis: at most four at a time, all within one time budget."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.metrics import Metrics
from shared.queries.prelude import complete, tables_of
from shared.queries.scope import Scope

# Azure runs five queries per caller and queues the rest
# (azure-monitor-docs, includes/azure-monitor-limits-log-queries.md); one is left for people.
AT_ONCE = 4
BUDGET = timedelta(seconds=90)

Outcome = LogAnswer | QueryError


@dataclass(slots=True)
class Run:
    """One diagnosis' worth of queries; `missing` names the tables that the workspace never received.

    `metrics` are those of the resource in `region`; None where they cannot be asked.
    """

    logs: Logs
    scope: Scope
    budget: timedelta = BUDGET
    elapsed: Callable[[], float] = time.monotonic
    missing: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    metrics: Metrics | None = None
    region: str | None = None
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the budget."""
        self.deadline = self.elapsed() + self.budget.total_seconds()

    def text_of(self, check: str) -> str:
        """Return a check's complete text as it is sent now, with stand-ins for the tables known to be missing."""
        return complete(check, self.scope, absent=self.missing)

    def ask_all(self, checks: Sequence[str]) -> Mapping[str, Outcome]:
        """Run checks and return each one's outcome by its text; one that is late is `out of time`."""
        wanted = list(dict.fromkeys(checks))
        self._find_missing(wanted)
        executor = ThreadPoolExecutor(max_workers=AT_ONCE)
        futures = {check: executor.submit(self._ask, self.text_of(check)) for check in wanted}
        wait(futures.values(), timeout=max(0.0, self._left()))
        executor.shutdown(wait=False, cancel_futures=True)
        return {check: _outcome(future) for check, future in futures.items()}

    def _find_missing(self, checks: Sequence[str]) -> None:
        """Find out which tables the workspace never received: it refuses a text that names one, one at a time."""
        unknown = {table for check in checks for table in tables_of(check)} - self.missing - self.present
        while unknown:
            outcome = self._ask(_touch(unknown))
            missing = outcome.table if isinstance(outcome, QueryError) else None
            if missing not in unknown:
                break
            unknown.remove(missing)
            self.missing.add(missing)
        self.present |= unknown

    def _ask(self, text: str) -> Outcome:
        if self._left() <= 0:
            return _late()
        try:
            return self.logs.query(text, timedelta(seconds=self._left()))
        except QueryError as error:
            return error

    def left(self) -> timedelta:
        """Return the time that is left, at least a second."""
        return timedelta(seconds=max(1.0, self._left()))

    def _left(self) -> float:
        return self.deadline - self.elapsed()


def _touch(names: Iterable[str]) -> str:
    """Write the cheapest query that names tables: no row is read."""
    return "union " + ", ".join(f"({name} | take 0 | summarize Rows = count())" for name in sorted(names))


def _outcome(future: Future[Outcome]) -> Outcome:
    return future.result() if future.done() and not future.cancelled() else _late()


def _late() -> QueryError:
    return QueryError(Failure.OUT_OF_TIME, "no answer within the time of the diagnosis")
