"""Measure a storm of alerts about one resource: the incidents, cards and rows that it makes, memory and time."""

import json
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

from bench.alert_app import LOBBY, NOON, OTHER, AlertApp, alert, alert_app
from shared.app import stores
from shared.app.runtime import current
from shared.cloud.storage.account import Storage
from shared.cloud.storage.incidents.rows import incident_row
from shared.incidents.incident import Incident

_OCCURRENCES, _RESOLVED = 0.3, 0.1  # of all that comes; the rest is what Azure sends again


class Storm(NamedTuple):
    """The measurements of a storm."""

    answers: Counter[int]
    received_per_second: float
    handled: int
    seconds_until_quiet: float
    peak_megabytes: float  # more than before, of this process
    incidents: Sequence[Incident]
    row_bytes: int  # of the largest incident
    cards: int
    queries: int
    given_up: int


def measure(alerts: int) -> Table:
    """Run one storm, and return its measurements as a table."""
    with alert_app() as app:
        storm = run_storm(app, alerts)
    table = Table(
        title=f"A burst of {alerts:,} alerts of one rule on one resource",
        box=None,
        title_justify="left",
        caption="Three in ten are another occurrence, one in ten is the end of one, the others come again. Azurite, Teams, "
        "the workspace, the host and the callers share this machine; memory is that of all but Azurite.",
        caption_justify="left",
    )
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("received a second, each answered 202", f"{storm.received_per_second:,.0f}")
    table.add_row("handled, duplicates left out", f"{storm.handled:,}")
    table.add_row("seconds from the first until all is handled and told", f"{storm.seconds_until_quiet:,.0f}")
    table.add_row("peak memory, MB more than before", f"{storm.peak_megabytes:,.0f}")
    table.add_row("incidents", f"{len(storm.incidents)}")
    table.add_row("its row, bytes", f"{storm.row_bytes:,}")
    table.add_row("cards", f"{storm.cards}")
    table.add_row("queries of the workspace", f"{storm.queries}")
    table.add_row("messages given up", f"{storm.given_up}")
    return table


def storm_of(alerts: int) -> list[tuple[int, bool]]:
    """Return the alerts in the order in which they come: the occurrence, and whether it fires."""
    dice = random.Random(alerts)  # noqa: S311  a storm that can be repeated
    fired = [(number, True) for number in range(int(alerts * _OCCURRENCES))]
    ended = [(number, False) for number, _ in dice.sample(fired, int(alerts * _RESOLVED))]
    alerts_of_storm = [*fired, *ended]
    alerts_of_storm += dice.choices(alerts_of_storm, k=alerts - len(alerts_of_storm))
    dice.shuffle(alerts_of_storm)
    return alerts_of_storm


def run_storm(app: AlertApp, alerts: int) -> Storm:
    """Post a storm of alerts, and wait until every message is handled."""
    # The first alert makes tables, imports modules and warms the parser, and does not count.
    app.post("alerts", [alert(0, fired=True, lobby=OTHER)])
    app.drain()
    coming = storm_of(alerts)
    cards_before, before, queries, began = (
        len(app.channel.cards),
        _peak(),
        len(app.azure.traffic.queries),
        time.perf_counter(),
    )
    answers, took = app.post("alerts", (alert(number, fired=fired) for number, fired in coming))
    app.drain()
    app.host.fire("track_incidents")
    app.host.fire("send_due_notices")
    app.drain()
    quiet = time.perf_counter() - began
    storage = current().storage
    incidents = stores.incidents(storage).of_resource(LOBBY, NOON)
    return Storm(
        Counter(answers),
        alerts / took,
        len(set(coming)),
        quiet,
        _peak() - before,
        incidents,
        max(len(json.dumps(incident_row(incident)).encode()) for incident in incidents),
        len(app.channel.cards) - cards_before,
        len(app.azure.traffic.queries) - queries,
        sum(_waiting(storage, f"{name}-poison") for name in ("alerts", "notices", "work")),
    )


def _waiting(storage: Storage, queue: str) -> int:
    properties = storage.queue(queue).get_queue_properties()
    return int(properties.approximate_message_count or 0)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
