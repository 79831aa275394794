"""Run several queries, at most four at a time, all within one time budget."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta

from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.metrics import Metrics
from shared.queries.prelude import complete, tables_of
from shared.queries.scope import Scope, Window

# Azure runs five queries per caller and queues the rest
# (azure-monitor-docs, includes/azure-monitor-limits-log-queries.md); one is left for people.
AT_ONCE = 4
BUDGET = timedelta(seconds=90)  # of a whole diagnosis

Outcome = LogAnswer | QueryError


@dataclass(slots=True)
class Run:
    """The queries of one diagnosis, or of one poll: one scope and one time budget, which starts at once."""

    logs: Logs
    scope: Scope
    budget: timedelta = BUDGET
    elapsed: Callable[[], float] = time.monotonic  # seconds
    missing: set[str] = field(default_factory=set)  # tables that the workspace never received
    present: set[str] = field(default_factory=set)  # tables that it has
    metrics: Metrics | None = None  # None where metrics cannot be asked
    region: str | None = None  # of the resource; None where it is unknown
    observe: Callable[[int, int], None] | None = None  # is told how many checks are done, and of how many
    breach: Window | None = None  # what its rows must cover; None where that is the whole window
    deadline: float = field(init=False)  # on the clock of `elapsed`
    _asked: int = field(init=False, default=0)
    _answered: int = field(init=False, default=0)
    _counting: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start the budget."""
        self.deadline = self.elapsed() + self.budget.total_seconds()

    def text_of(self, check: str) -> str:
        """Return a check's complete text as it is sent now, with stand-ins for the missing tables."""
        return complete(check, self.scope, absent=self.missing)

    def ask_all(self, checks: Sequence[str]) -> Mapping[str, Outcome]:
        """Run checks and return the outcome of each by its text; one that is late is an error, `Failure.OUT_OF_TIME`."""
        texts = list(dict.fromkeys(checks))
        self._find_missing(texts)
        executor = ThreadPoolExecutor(max_workers=AT_ONCE)
        self._asked += len(texts)
        futures = {check: executor.submit(self._ask, self.text_of(check)) for check in texts}
        for future in futures.values():
            future.add_done_callback(self._count)
        wait(futures.values(), timeout=max(0.0, self._remaining_seconds()))
        executor.shutdown(wait=False, cancel_futures=True)
        return {check: _outcome(future) for check, future in futures.items()}

    def _count(self, _answered: Future[Outcome]) -> None:
        with self._counting:
            self._answered += 1
            if self.observe:
                self.observe(self._answered, self._asked)

    def _find_missing(self, checks: Sequence[str]) -> None:
        """Find out which tables the workspace never received: it refuses a text that names some, one at a time."""
        unknown = {table for check in checks for table in tables_of(check)} - self.missing - self.present
        while unknown:
            outcome = self._ask(_existence_query(unknown))
            missing = outcome.table if isinstance(outcome, QueryError) else None
            if missing not in unknown:
                break
            unknown.remove(missing)
            self.missing.add(missing)
        self.present |= unknown

    def _ask(self, text: str) -> Outcome:
        if self._remaining_seconds() <= 0:
            return _out_of_time()
        try:
            return self.logs.query(text, timedelta(seconds=self._remaining_seconds()))
        except QueryError as error:
            return error

    def remaining(self) -> timedelta:
        """Return the rest of the budget, at least a second."""
        return timedelta(seconds=max(1.0, self._remaining_seconds()))

    def _remaining_seconds(self) -> float:
        return self.deadline - self.elapsed()


def _existence_query(names: Iterable[str]) -> str:
    """Write a query that names tables and reads no row."""
    return "union " + ", ".join(f"({name} | take 0 | summarize Rows = count())" for name in sorted(names))


def _outcome(future: Future[Outcome]) -> Outcome:
    return future.result() if future.done() and not future.cancelled() else _out_of_time()


def _out_of_time() -> QueryError:
    return QueryError(Failure.OUT_OF_TIME, "no answer within the time of the diagnosis")
