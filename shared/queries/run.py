"""Run several queries, at most four at a time, all within one time budget."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.metrics import Metrics
from shared.queries.prelude import complete, tables_of
from shared.queries.scope import Scope, Window
from shared.queries.together import answers_of, can_join, together

# Azure runs five queries per caller and queues the rest
# (azure-monitor-docs, includes/azure-monitor-limits-log-queries.md); one is left for people.
AT_ONCE = 4
BUDGET = timedelta(seconds=90)  # of a whole diagnosis
# Of the time that is left: a query of several checks that has not answered by then leaves as much for each of them alone.
_TOGETHER = 0.5

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

    def ask_all(self, checks: Sequence[str], groups: Sequence[Sequence[str]] = ()) -> Mapping[str, Outcome]:
        """Run checks and return the outcome of each by its text; one that is late is an error, `Failure.OUT_OF_TIME`.

        The checks of a group are put together into one query. What that does not answer is asked singly, so no check
        ends another, and the outcomes are the same.
        """
        texts = list(dict.fromkeys([*checks, *chain(*groups)]))
        self._find_missing(texts)
        self._asked += len(texts)
        joined = _joined(groups)
        executor = ThreadPoolExecutor(max_workers=AT_ONCE)
        asked = [executor.submit(self._ask_together, group) for group in joined]
        alone = self._submit(executor, [text for text in texts if text not in chain(*joined)])
        wait(asked, timeout=max(0.0, self._remaining_seconds() * _TOGETHER))
        answers = dict(chain(*(future.result().items() for future in asked if future.done())))
        alone |= self._submit(executor, [text for text in chain(*joined) if text not in answers])
        wait(alone.values(), timeout=max(0.0, self._remaining_seconds()))
        executor.shutdown(wait=False, cancel_futures=True)
        return answers | {text: _outcome(future) for text, future in alone.items()}

    def _submit(self, executor: Executor, texts: Iterable[str]) -> dict[str, Future[Outcome]]:
        futures = {text: executor.submit(self._ask, self.text_of(text)) for text in texts}
        for future in futures.values():
            future.add_done_callback(self._count)
        return futures

    def _ask_together(self, group: Sequence[str]) -> Mapping[str, Outcome]:
        """Return what one query answers of a group; a permission that it lacks, all of them lack."""
        outcome = self._ask(self.text_of(together(group)), _TOGETHER)
        answers: Mapping[str, Outcome] = {}
        if isinstance(outcome, LogAnswer):
            answers = answers_of(outcome, group)
        elif outcome.failure is Failure.PERMISSION:
            answers = dict.fromkeys(group, outcome)
        for _ in answers:
            self._count()
        return answers

    def _count(self, _answered: Future[Outcome] | None = None) -> None:
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

    def _ask(self, text: str, part: float = 1.0) -> Outcome:
        """Ask a text in a part of the time that is left, 0 to 1."""
        seconds = self._remaining_seconds() * part
        if seconds <= 0:
            return _out_of_time()
        try:
            return self.logs.query(text, timedelta(seconds=seconds))
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


def _joined(groups: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return what is put together of each group, each text once; as few as run at once anyway are not worth it."""
    seen: set[str] = set()
    joined = []
    for group in groups:
        texts = [text for text in dict.fromkeys(group) if text not in seen and can_join(text)]
        if len(texts) > AT_ONCE:
            joined.append(texts)
            seen.update(texts)
    return joined


def _outcome(future: Future[Outcome]) -> Outcome:
    return future.result() if future.done() and not future.cancelled() else _out_of_time()


def _out_of_time() -> QueryError:
    return QueryError(Failure.OUT_OF_TIME, "no answer within the time of the diagnosis")
