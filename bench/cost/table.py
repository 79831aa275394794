"""Print what a month costs three kinds of users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.table import Table

from bench.cost.counts import Counts
from bench.cost.log_rows import bytes_of_a_connect
from bench.cost.month import Line, lines_of, month_of, own_logs_gb, resource_logs_gb, rules_of, total
from bench.cost.play import played
from bench.cost.prices import Price, read_prices
from bench.cost.sizes import SIZES, Size
from bench.cost.world import world

MEMORY_GB = 2.0  # `instanceMemoryMB` of infra/bicep/modules/app.bicep
# What logs and metrics hold: refused connects, aborts, errors of upstream, handshakes and closes. No rule can ask for the
# others: the canary's tries, and the two that events tell.
SIGNALS_OF_RULES = 5
_DAY = 24.0
_INCIDENT_HOURS = 3.0  # an hour of refused clients, the looks after it, and the half hour until it is closed
_INCIDENT_AT = timedelta(minutes=20)
_ONCE_A_DAY = ("review_configuration",)


@dataclass(frozen=True, slots=True)
class Month:
    """What a month costs one kind of user."""

    size: Size
    lines: Sequence[Line]
    resource_logs: Line
    rules: float


def measure(hours: float) -> Table:
    """Replay so many hours of a quiet day for each size, and an incident; a day is as many of them as fill it."""
    prices, incident = read_prices(), incident_counts()
    return table_of([month_for(size, quiet_day(size.resources, hours), incident, prices) for size in SIZES])


def quiet_day(resources: int, hours: float) -> Counts:
    """Return the counts of a day without an incident."""
    with world(resources, hours) as quiet:
        day = played(quiet).times(_DAY / hours)
    if hours >= _DAY:
        return day
    with world(resources, 0) as moment:
        return day.plus(played(moment, _ONCE_A_DAY))


def incident_counts() -> Counts:
    """Return what an incident adds to the hours in which it happens."""
    with world(1, _INCIDENT_HOURS, _INCIDENT_AT) as bad:
        during = played(bad)
    with world(1, _INCIDENT_HOURS) as quiet:
        return during.plus(played(quiet), sign=-1)


def month_for(size: Size, quiet: Counts, incident: Counts, prices: Mapping[str, Price]) -> Month:
    """Work out one column of the table."""
    counts = month_of(quiet, incident, size.incidents)
    logs, own = resource_logs_gb(size, bytes_of_a_connect()), own_logs_gb(counts)
    return Month(
        size,
        tuple(lines_of(counts, MEMORY_GB, prices)),
        Line("GB of resource logs", logs, prices["log_gb"].of_more(logs, own)),
        rules_of(SIGNALS_OF_RULES, size.resources, prices),
    )


def table_of(months: Sequence[Month]) -> Table:
    """Lay months side by side; all have the same lines."""
    table = Table(
        title="A month in US dollars, by counted calls",
        box=None,
        title_justify="left",
        caption="The prices stand in bench/cost/prices.yaml with where and when each was read; none was verified. Free grants "
        "are taken off; other apps of a subscription may use them up. What a line counts stands before its price.",
        caption_justify="left",
    )
    table.add_column("")
    for month in months:
        size = month.size
        table.add_column(f"{size.name}: {size.resources} / {size.connections:,}", justify="right")
    for lines in zip(*(month.lines for month in months), strict=True):
        table.add_row(lines[0].name, *map(_cell, lines))
    sums = [total(month.lines) for month in months]
    table.add_row("Linekeeper", *(f"{usd:,.2f}" for usd in sums), style="bold")
    table.add_row("a scheduled query rule per signal", *(f"{month.rules:,.2f}" for month in months))
    table.add_row("both need: resource logs", *(_cell(month.resource_logs) for month in months))
    return table


def _cell(line: Line) -> str:
    amount = f"{line.amount:,.0f}" if line.amount >= _WHOLE else f"{line.amount:,.3f}"
    return f"{amount}  {'?' if line.usd is None else f'{line.usd:,.2f}'}"


_WHOLE = 100  # from here on an amount is told without decimals
