"""Work out a month from counted days and prices."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bench.cost.counts import KINDS, Counts
from bench.cost.prices import Price
from bench.cost.sizes import Size

DAYS = 30
_GIGABYTE = 10**9  # as logs are charged


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that costs; `usd` is None where its price is not known."""

    name: str
    amount: float
    usd: float | None


def month_of(quiet: Counts, incident: Counts, incidents: int) -> Counts:
    """Return the counts of a month of quiet days, with what so many incidents add."""
    return quiet.times(DAYS).plus(incident.times(incidents))


def lines_of(month: Counts, memory_gb: float, prices: Mapping[str, Price]) -> Iterator[Line]:
    """Yield what the app costs in a month; what is stored grows through it, so that half of it counts on average."""
    yield _line("executions", sum(month.executions.values()), prices["executions"])
    yield _line("GB-seconds", month.billed_seconds * memory_gb, prices["gb_seconds"])
    for kind in KINDS:
        yield _line(f"operations: {kind}", month.storage[kind], prices[kind.partition(",")[0]])
    yield _line("GB stored", sum(month.stored_bytes.values()) / 2 / _GIGABYTE, prices["stored_gb"])
    yield _line("GB of its own logs", own_logs_gb(month), prices["log_gb"])
    yield _line("metric calls", month.asked["metric calls"], prices["metric calls"])


def own_logs_gb(month: Counts) -> float:
    """Return what the app and its host log in a month."""
    return sum(month.log_bytes.values()) / _GIGABYTE


def rules_of(signals: int, resources: int, prices: Mapping[str, Price]) -> float:
    """Return what a scheduled query rule for each signal costs, once a minute, with a time series for each resource."""
    rule, series = prices["rule"].of(1), prices["series"].of(resources - 1)
    return signals * ((rule or 0) + (series or 0))


def resource_logs_gb(size: Size, bytes_per_connect: float) -> float:
    """Return the resource logs of a month that the connects of clients write."""
    return size.connections * size.connects * bytes_per_connect * DAYS / _GIGABYTE


def total(lines: Iterable[Line]) -> float:
    """Return the sum of what is known."""
    return sum(line.usd for line in lines if line.usd is not None)


def _line(name: str, amount: float, price: Price) -> Line:
    return Line(name, amount, price.of(amount))
