"""Read what changed around a resource: properties from Resource Graph, actions from the Activity Log, each operation once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.context.change import Change
from shared.context.configuration import gap_of
from shared.context.graph_text import Value, inlined, query_of
from shared.context.history.merging import merged
from shared.context.history.rows import ReadChange, changes_of_graph, changes_of_log
from shared.context.live import Gap
from shared.context.ports import Absence, ContextSources, RawJson, SourceUnavailableError
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import Outcome, Run
from shared.queries.scope import LOOKBACK

_WITHIN = timedelta(seconds=20)  # of one question to Resource Graph
_LOG_ROLE, _GRAPH_ROLE = "Log Analytics Reader", "Reader"
_DEPLOYMENTS = "/providers/microsoft.resources/deployments/"
_NO_LOG = "the workspace holds no Activity Log; a diagnostic setting of the subscription would send it"
_FAILURES = {Failure.PERMISSION: Absence.FORBIDDEN, Failure.OUT_OF_TIME: Absence.OUT_OF_TIME}


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """What changed from a day before the window to its end, latest first, and what could not be read."""

    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_changes(run: Run, sources: ContextSources | None) -> ChangeReading:
    """Read the changes of the resource of a run, of the hosts beside it, and the deployments into its group.

    A source that does not answer is one gap; the other one is read all the same.
    """
    told, log_gaps = _of_log(run)
    detailed, graph_gaps = _of_graph(run, sources)
    return ChangeReading(merged(told, detailed), (*log_gaps, *graph_gaps))


def log_text(resource: str) -> str:
    """Return the query of the Activity Log, without its prelude."""
    group = resource.partition("/providers/")[0]
    return query_of("recent_operations", {"deployments": f"{group}{_DEPLOYMENTS}"})


def graph_text(run: Run) -> str:
    """Return the query of Resource Graph; hubs never stand in it."""
    scope = run.scope
    values: dict[str, Value] = {
        "resources": scope.resources,
        "children": f"{scope.resources[0]}/",
        "lookback_start": scope.window.start - LOOKBACK,
        "window_end": scope.window.end,
    }
    return query_of("changes", values)


def _of_log(run: Run) -> tuple[tuple[ReadChange, ...], tuple[Gap, ...]]:
    text = log_text(run.scope.resources[0])
    outcome = run.ask_all([text])[text]
    if not isinstance(outcome, LogAnswer):
        return (), (_gap(outcome),)
    row = outcome.rows[0] if outcome.rows else {}
    if not row.get("Held"):
        return (), (Gap(Absence.NOT_FOUND, _NO_LOG),)
    gaps = () if outcome.partial is None else (_part(outcome),)
    return changes_of_log(row.get("Rows")), gaps


def _gap(error: Outcome) -> Gap:
    assert isinstance(error, QueryError)
    if error.failure is Failure.MISSING_TABLE:
        return Gap(Absence.NOT_FOUND, _NO_LOG)
    absence = _FAILURES.get(error.failure, Absence.UNREACHABLE)
    role = _LOG_ROLE if absence is Absence.FORBIDDEN else None
    return Gap(absence, f"the Activity Log was not read: {error.failure}", role)


def _part(answer: LogAnswer) -> Gap:
    return Gap(Absence.UNREACHABLE, f"the Activity Log was read in part only: {answer.partial}")


def _of_graph(run: Run, sources: ContextSources | None) -> tuple[tuple[ReadChange, ...], tuple[Gap, ...]]:
    if sources is None:
        text = "old and new values were not read, because Azure Resource Graph is not connected"
        return (), (Gap(Absence.NOT_CONNECTED, text),)
    resource = run.scope.resources[0]
    subscriptions = [resource.split("/")[2]]
    try:
        rows = sources.graph.query(graph_text(run), subscriptions, _within(run))
        if not rows and not _is_seen(run, sources, subscriptions):
            text = "old and new values were not read, because Resource Graph does not show this resource"
            return (), (Gap(Absence.FORBIDDEN, text, _GRAPH_ROLE),)
    except SourceUnavailableError as error:
        return (), (gap_of(error),)
    return changes_of_graph(rows), ()


def _is_seen(run: Run, sources: ContextSources, subscriptions: Sequence[str]) -> bool:
    """Tell whether the app may read the resource: without the right Resource Graph answers no rows and no error."""
    text = inlined("resources\n| where id =~ {resource}\n| project id", {"resource": run.scope.resources[0]})
    rows: Sequence[RawJson] = sources.graph.query(text, subscriptions, _within(run))
    return bool(rows)


def _within(run: Run) -> timedelta:
    return min(_WITHIN, run.remaining())
