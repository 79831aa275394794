"""Show what objectives would have opened, and what other settings change."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.backtest.past import Difference, PastIncident
from local.backtest.recount import Recount
from local.output.results import safe
from shared.configuration.objectives import ObjectiveSettings
from shared.incidents.report.durations import in_words
from shared.incidents.wording import moment, number, span
from shared.objectives.baseline import LEARNED_FROM, Span, baselines_of_week
from shared.objectives.rules import allowed_ratio
from shared.queries.scope import Window

_MOST_LISTED = 20  # incidents of one change
_MOST_FAILURES = 10


def show_backtest(
    console: Console,
    incidents: Sequence[PastIncident],
    differences: Sequence[tuple[str, Difference]],
    counted: Recount,
    *,
    window: Window,
    objectives: Mapping[str, ObjectiveSettings],
) -> None:
    """Print the incidents, what is usual beside what is promised, and what each change would have added or spared."""
    console.print(f"{span(window)}: {_headline(incidents, counted)}")
    if incidents:
        console.print(incident_table(incidents))
    normals = normal_table(counted, incidents, window, objectives)
    if normals.row_count:
        console.print()
        console.print(normals)
    if differences and not counted.is_blind:
        console.print()
        console.print(difference_table(differences))
        for name, difference in differences:
            _list(console, f"{name} would have added", difference.added)
            _list(console, f"{name} would have spared", difference.spared)
    console.print()
    console.print(_footer(counted))
    for failure in counted.failures[:_MOST_FAILURES]:
        console.print(Text(f"Not counted: {safe(failure)}"))
    if len(counted.failures) > _MOST_FAILURES:
        console.print(f"Not counted either: {len(counted.failures) - _MOST_FAILURES} more.")


def incident_table(incidents: Sequence[PastIncident]) -> Table:
    """Return the incidents as a table, oldest first."""
    table = _table(
        "Seen at", "Sev", "Resource", "Symptom", "Lasted", "Bad", "Worst 5 min", "Came back", "Broken by"
    )
    for each in incidents:
        table.add_row(
            moment(each.seen_at),
            str(each.severity),
            safe(each.resource.rsplit("/", 1)[-1]),
            each.symptom,
            in_words(each.last_bad - each.onset),
            f"{number(each.bad)} of {number(each.total)}",
            f"{each.peak_ratio:.0%}",
            str(each.returns or ""),
            f"{', '.join(each.signals)}: {each.rule}",
        )
    return table


def normal_table(
    counted: Recount,
    incidents: Sequence[PastIncident],
    window: Window,
    objectives: Mapping[str, ObjectiveSettings],
) -> Table:
    """Return what is usual for each signal beside what is promised, without the time of incidents."""
    table = _table(
        "Signal", "Resource", "The objective allows", "Usual", "In the worst hour of the week", "Learned from"
    )
    pairs = sorted({(count.resource, count.signal) for count in counted.counts})
    for resource, signal in pairs:
        series = [count for count in counted.counts if (count.resource, count.signal) == (resource, signal)]
        first = min(count.bucket for count in series)
        apart = [Span(each.onset, each.last_bad) for each in incidents if each.resource == resource]
        week = baselines_of_week(series, first, window.end, apart)
        shares = [normal.share.median for normal in week.values() if normal.share]
        settings = objectives.get(signal)
        if not shares or settings is None:
            continue
        counted_for = min(window.end - first, LEARNED_FROM)
        learning = "" if counted_for == LEARNED_FROM else ": still learning"
        table.add_row(
            signal,
            safe(resource.rsplit("/", 1)[-1]),
            _percent(float(allowed_ratio(settings))),
            _percent(median(shares)),
            _percent(max(shares)),
            f"{counted_for / timedelta(days=1):.1f} of {LEARNED_FROM.days} days{learning}",
        )
    return table


def difference_table(differences: Sequence[tuple[str, Difference]]) -> Table:
    """Return what each change makes of the past."""
    table = _table("Changed setting", "Incidents", "Added", "Spared", "Seen sooner", "Seen later")
    for name, each in differences:
        counts = (len(each.incidents), len(each.added), len(each.spared), each.sooner, each.later)
        table.add_row(safe(name), *map(str, counts))
    return table


def _list(console: Console, heading: str, incidents: Sequence[PastIncident]) -> None:
    if not incidents:
        return
    console.print()
    console.print(Text(f"{safe(heading)}:"))
    console.print(incident_table(incidents[:_MOST_LISTED]))
    if len(incidents) > _MOST_LISTED:
        console.print(f"and {len(incidents) - _MOST_LISTED} more.")


def _headline(incidents: Sequence[PastIncident], counted: Recount) -> str:
    if counted.is_blind:
        return "nothing could be counted, so nothing is known."
    least = "at least " if counted.failures else ""
    return f"these objectives would have opened {least}{_incidents(len(incidents))}."


def _footer(counted: Recount) -> str:
    metrics = (
        ""
        if counted.has_metrics
        else " Platform metrics were not asked, so `handshakes` and `closes` open nothing here."
    )
    return (
        f"{counted.queries} queries, {counted.rows:,} rows.{metrics} Causes and users are not known in a backtest; "
        "with them an incident may be more severe."
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _incidents(count: int) -> str:
    return "1 incident" if count == 1 else f"{count} incidents"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
