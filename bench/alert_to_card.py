"""How long it takes from an alert to its card on a host whose queues were idle: each is looked into as the host does it.

A host of Azure Functions waits longer between two looks the longer a queue was empty, up to `maxPollingInterval`.
"""

import json
import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.table import Table

from bench.alert_app import LOBBIES, NOON, AlertApp, alert, alert_app
from local.host.options import read_options

GOAL_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_SEVERITIES = (1, 2, 3)  # in turn
_LOOK_SECONDS = 0.02  # between two questions whether a queue or a timer is due
_IDLE_SECONDS = (5.0, 8.0)  # between two alerts: by then every queue is looked into as seldom as it may be
_MILLISECOND = timedelta(milliseconds=1)
_APART = timedelta(days=2)  # on the app's clock, so that each alert begins an incident of its own


def measure(alerts: int) -> Table:
    """Send alerts to an idle host, one after the other, and return the seconds to the card of each as a table."""
    seconds = seconds_to_cards(alerts)
    idle = read_options().queues.most_idle.total_seconds()
    table = Table(
        title=f"From an alert to its card, {alerts} alerts on an idle host",
        box=None,
        title_justify="left",
        caption=f"From the request to `receive_alert` to the card at Teams' stand-in, Sev1 to Sev3 in turn. Each queue was "
        f"empty for {_IDLE_SECONDS[0]:g} to {_IDLE_SECONDS[1]:g} s before, so that the host looked into it every {idle:g} s at "
        "most. What Azure adds to start an instance from zero is not in it.",
        caption_justify="left",
    )
    table.add_column("")
    table.add_column("seconds", justify="right")
    ordered = sorted(seconds)
    table.add_row("median", f"{statistics.median(ordered):.1f}")
    table.add_row("95th percentile", f"{percentile(ordered, 0.95):.1f}")
    table.add_row("longest", f"{ordered[-1]:.1f}")
    table.add_row("goal at the 95th percentile", f"{GOAL_SECONDS:.1f}")
    return table


def percentile(ordered: list[float], share: float) -> float:
    """Return the least value that at least this share of the ordered values does not exceed."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def seconds_to_cards(alerts: int, idle: tuple[float, float] = _IDLE_SECONDS) -> list[float]:
    """Return the seconds from each alert to its card; the first alert makes tables and does not count."""
    dice = random.Random(alerts)  # noqa: S311  pauses that can be repeated
    lobbies = [f"{LOBBIES}{number:04}" for number in range(alerts + 1)]
    with alert_app(lobbies=lobbies) as app, _running(app):
        _seconds_to_card(app, 0, lobbies[0])
        seconds = []
        for number, lobby in enumerate(lobbies[1:], start=1):
            time.sleep(dice.uniform(*idle))
            seconds.append(_seconds_to_card(app, number, lobby))
        return seconds


def _seconds_to_card(app: AlertApp, number: int, lobby: str) -> float:
    app.clock.moment = NOON + number * _APART
    severity = _SEVERITIES[number % len(_SEVERITIES)]
    body = alert(number * (_APART // _MILLISECOND), fired=True, lobby=lobby, severity=severity)
    began = time.perf_counter()
    statuses, _ = app.post("alerts", [body])
    assert statuses == [202]
    while not any(lobby.rpartition("/")[2] in json.dumps(card) for card in app.channel.cards):
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise TimeoutError(f"no card of alert {number} within {_PATIENCE_SECONDS:g} s")
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - began


@contextmanager
def _running(app: AlertApp) -> Iterator[None]:
    """Let the host look into its queues and fire the timers of notices until the block ends."""
    over = threading.Event()
    loop = threading.Thread(target=_run, args=(app, over), daemon=True)
    loop.start()
    try:
        yield
    finally:
        over.set()
        loop.join()
        app.host.wait()


def _run(app: AlertApp, over: threading.Event) -> None:
    began = time.perf_counter()
    fired = 0
    while not over.wait(_LOOK_SECONDS):
        elapsed = time.perf_counter() - began
        # The host's own clock is real: a queue that was idle is due late in real time.
        app.host.poll(NOON + timedelta(seconds=elapsed))
        if elapsed // 15 > fired:
            fired += 1
            app.host.start("send_due_notices")
