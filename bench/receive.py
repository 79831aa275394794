"""How many alerts a second `receive_alert` takes, beside a handler that does nothing, behind the same host in one run."""

from collections.abc import Iterator
from itertools import islice

from rich.table import Table

from bench.alert_app import CALLERS, AlertApp, alert, alert_app

_TURNS = 4  # of both in turn, so that a busy moment hits both


def measure(requests: int) -> Table:
    """Post the same alerts to both, so many to each."""
    table = Table(
        title=f"Requests a second, {CALLERS} callers at a time",
        box=None,
        title_justify="left",
        caption="Each alert is kept as a blob, a message and a row before it is answered; Azurite stands for storage, and "
        "its process, the host and the callers share this machine.",
        caption_justify="left",
    )
    for column in ("handler", "requests", "per second", "ratio"):
        table.add_column(column, justify="left" if column == "handler" else "right")
    with alert_app() as app:
        nothing, received = rates(app, requests)
    table.add_row("does nothing", f"{requests:,}", f"{nothing:,.0f}", "1.00")
    table.add_row("receive_alert", f"{requests:,}", f"{received:,.0f}", f"{received / nothing:.2f}")
    return table


def rates(app: AlertApp, requests: int) -> tuple[float, float]:
    """Return how many a second the handler that does nothing answers, and how many `receive_alert` accepts."""
    fresh = (alert(number, fired=True) for number in range(requests + 2 * CALLERS))
    for path in ("nothing", "alerts"):  # tables are made, connections opened, modules imported
        app.post(path, list(islice(fresh, CALLERS)))
    seconds = {"nothing": 0.0, "alerts": 0.0}
    for bodies in _parts(fresh, requests // _TURNS):
        for path in seconds:
            statuses, took = app.post(path, bodies)
            assert {202} == set(statuses)
            seconds[path] += took
    return requests / seconds["nothing"], requests / seconds["alerts"]


def _parts(bodies: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while part := list(islice(bodies, size)):
        yield part
