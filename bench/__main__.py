"""Run the benchmarks and print their tables: `make bench`."""

import argparse
import sys
from collections.abc import Callable, Mapping

from rich.console import RenderableType

from bench import (
    alert_storm,
    alert_to_card,
    cold_start,
    come_back,
    flood,
    receive,
    time_to_card,
    token_rates,
    watch_run,
    whole_diagnosis,
)
from bench.card import tables as card
from bench.cost import table as cost
from local.output.console import console_for


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10**5, 10**6, 10**7], help="connectivity rows"
    )
    parser.add_argument("--starts", type=int, default=9, help="cold starts of each kind")
    parser.add_argument("--seeds", type=int, default=100, help="simulated faults of each kind")
    parser.add_argument("--requests", type=int, default=2000, help="requests that each handler receives")
    parser.add_argument("--alerts", type=int, default=10_000, help="alerts of the storm")
    parser.add_argument("--idle-alerts", type=int, default=40, help="alerts, each to an idle host")
    parser.add_argument("--unfit", type=int, default=1_000, help="alerts that fit no resource, of the flood")
    parser.add_argument("--clients", type=int, default=100_000, help="clients that come back at once")
    parser.add_argument(
        "--hours", type=float, default=1, help="hours of a quiet day that are replayed for its cost"
    )
    parser.add_argument("--only", nargs="+", choices=list(_PARTS), default=list(_PARTS), help="these parts")
    options = parser.parse_args()
    console = console_for(sys.stdout)
    for part in options.only:
        console.print(_PARTS[part](options))
        console.print()


_PARTS: Mapping[str, Callable[[argparse.Namespace], RenderableType]] = {
    "diagnosis": lambda options: whole_diagnosis.measure(options.rows),
    "start": lambda options: cold_start.measure(options.starts),
    "card": lambda options: card.measure(options.seeds),
    "cause": lambda options: time_to_card.measure(options.seeds),
    "watch": lambda _: watch_run.measure(),
    "receive": lambda options: receive.measure(options.requests),
    "alert": lambda options: alert_to_card.measure(options.idle_alerts),
    "flood": lambda options: flood.measure(options.unfit),
    "storm": lambda options: alert_storm.measure(options.alerts),
    "tokens": lambda options: token_rates.measure(options.requests),
    "cost": lambda options: cost.measure(options.hours),
    "return": lambda options: come_back.measure(options.clients),
}


if __name__ == "__main__":
    main()
