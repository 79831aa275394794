"""How many alerts a second `receive_alert` takes, beside handlers behind the same host in one run.

One of them does one durable write to a queue and nothing else: nobody who keeps what he accepts does less.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from rich.table import Table

from bench.alert_app import CALLERS, AlertApp, alert, alert_app

_TURNS = 4  # of all in turn, so that a busy moment hits all
_HANDLERS = {"does nothing": "nothing", "one write to a queue": "one-write", "receive_alert": "alerts"}
_GOAL = "one write to a queue"


def measure(requests: int) -> Table:
    """Post the same alerts to all, so many to each."""
    table = Table(
        title=f"Requests a second, {CALLERS} callers at a time",
        box=None,
        title_justify="left",
        caption="An alert of at most 40 KB travels in its message, which is written before it is answered; Azurite stands for "
        "storage, and its process, the host and the callers share this machine.",
        caption_justify="left",
    )
    for column in ("handler", "requests", "per second", "ratio"):
        table.add_column(column, justify="left" if column == "handler" else "right")
    with alert_app() as app:
        measured = rates(app, requests)
    for name, rate in measured.items():
        table.add_row(name, f"{requests:,}", f"{rate:,.0f}", f"{rate / measured[_GOAL]:.2f}")
    return table


def rates(app: AlertApp, requests: int) -> Mapping[str, float]:
    """Return how many a second each handler answers."""
    fresh = (alert(number, fired=True) for number in range(requests + 2 * CALLERS))
    for path in _HANDLERS.values():  # tables are made, connections opened, modules imported
        app.post(path, list(islice(fresh, CALLERS // 2)))
    seconds = dict.fromkeys(_HANDLERS, 0.0)
    for bodies in _parts(fresh, requests // _TURNS):
        for name, path in _HANDLERS.items():
            statuses, took = app.post(path, bodies)
            assert {202} == set(statuses)
            seconds[name] += took
    return {name: requests / took for name, took in seconds.items()}


def _parts(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while len(part := list(islice(bodies, size))) == size:
        yield part
