"""Count past days of a workspace, as the watch would have: whole buckets, a day at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from shared.configuration.resources import WatchedResource
from shared.queries.logs import LogAnswer, QueryError
from shared.queries.run import Run
from shared.queries.scope import Window
from shared.signals.catalogue import FAMILIES
from shared.signals.counts import Count
from shared.signals.metrics.poll import OVERLAP, poll_metrics
from shared.signals.owners import owners_by_workspace
from shared.signals.signal import bucket_of
from shared.signals.tally import tally

MOST_DAYS = 90
MOST_RESOURCES = 20
MOST_ROWS = 1_000_000  # of all answers; a row is a reason of 5 minutes, whatever the traffic
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Recount:
    """What was counted, and what could not be."""

    counts: list[Count] = field(default_factory=list)
    queries: int = 0
    rows: int = 0
    failures: list[str] = field(default_factory=list)  # one sentence for each day and family
    has_metrics: bool = False
    answers: int = 0  # families of a day that were answered whole

    @property
    def is_blind(self) -> bool:
        """Tell whether nothing was answered: then nothing is known, and not that nothing happened."""
        return bool(self.failures) and not self.answers


def days_of(window: Window) -> Iterator[Window]:
    """Cut a window into days, the last of which may be short; each starts on a bucket's edge."""
    start = bucket_of(window.start)
    while start < window.end:
        end = min(start + _DAY, window.end)
        yield Window(start, end)
        start = end


def recount(run: Run, resources: Sequence[WatchedResource], window: Window) -> Recount:
    """Count every bucket of a window; a day that is not answered whole is left out and said."""
    result = Recount(has_metrics=run.metrics is not None)
    for day in days_of(window):
        if result.rows >= MOST_ROWS:
            result.failures.append(f"{day.start:%Y-%m-%d} and later: {MOST_ROWS:,} rows were read already")
            break
        _count_logs(result, run, resources, day)
        _count_metrics(result, run, resources, day)
    return result


def _count_logs(result: Recount, run: Run, resources: Sequence[WatchedResource], day: Window) -> None:
    for owners in owners_by_workspace(resources):
        families = owners.families(FAMILIES)
        texts = {family.id: family.text() for family in families}
        # A budget for each day: one that takes long ends no other.
        asked = Run(run.logs, owners.scope(day), run.budget, missing=run.missing, present=run.present)
        outcomes = asked.ask_all(list(texts.values()))
        result.queries += len(texts)
        for family in families:
            outcome = outcomes[texts[family.id]]
            if isinstance(outcome, QueryError) or outcome.partial:
                result.failures.append(f"{day.start:%Y-%m-%d}, {family.id}: {_why(outcome)}")
                continue
            result.answers += 1
            result.rows += len(outcome.rows)
            result.counts += tally(outcome.rows, partial(owners.of, family), day.end)


def _count_metrics(result: Recount, run: Run, resources: Sequence[WatchedResource], day: Window) -> None:
    if run.metrics is None:
        return
    marks = {resource.id: day.start + OVERLAP for resource in resources}
    regions = {resource.id: run.region for resource in resources if run.region}
    counts, failures = poll_metrics(resources, run.metrics, day.end, marks, regions)
    result.counts += [count for count in counts if day.start <= count.bucket < day.end]
    result.failures += [f"{day.start:%Y-%m-%d}, metrics: {failure.why}" for failure in failures]


def _why(outcome: LogAnswer | QueryError) -> str:
    return (
        outcome.message if isinstance(outcome, QueryError) else f"only a part was answered: {outcome.partial}"
    )


def newest_row(run: Run) -> datetime | None:
    """Return the time of the newest row of the tables that signals are read in; None where they are empty."""
    tables = sorted({table for family in FAMILIES for table in family.tables})
    legs = ",\n".join(f"({table} | summarize At = max(TimeGenerated))" for table in tables)
    text = f"union\n{legs}\n| summarize At = max(At)"
    outcome = run.ask_all([text])[text]
    if isinstance(outcome, QueryError):
        raise outcome
    at = outcome.rows[0]["At"] if outcome.rows else None
    return at if isinstance(at, datetime) else None
