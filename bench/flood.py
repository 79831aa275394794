"""Measure what a flood of alerts that fit no resource does to one that does: when its card comes, and what all of it costs."""

import time
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from rich.table import Table

from bench.alert_app import LOBBY, NOON, AlertApp, alert, alert_app
from local.host.call import Invocation
from local.replay.stage import StageClock

_TICK = timedelta(seconds=15)  # of the timer that asks for what is due
_LONGEST = timedelta(minutes=10)
_STRANGER = LOBBY.replace("lobby-prod", "not-watched")
_TITLE = "lobby-prod"


class RunningClock(StageClock):
    """The time of the machine since it was made, from noon on, and what was skipped of waiting."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self._began = time.perf_counter()

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment + timedelta(seconds=time.perf_counter() - self._began)


class Flood(NamedTuple):
    """The measurements of one flood."""

    answers: Counter[int]
    seconds_until_card: float | None  # of the Sev0, since it was posted; None where it never came
    cards: int
    deliveries: int
    notices: int


def measure(alerts: int) -> Table:
    """Run the floods, of one rule and of as many rules as alerts, and return their measurements as a table."""
    table = Table(
        title=f"{alerts:,} alerts that fit no resource, then one Sev0 that does",
        box=None,
        title_justify="left",
        caption="Seconds are those of this machine, on which Azurite, Teams, the host and the callers run too, and those that "
        "a timer of 15 seconds waits. Teams takes 20 cards of us in five minutes.",
        caption_justify="left",
    )
    for column in (
        "rules",
        "seconds until the Sev0's card",
        "notices written",
        "cards until then",
        "delivery calls",
    ):
        table.add_column(column, justify="right")
    for rules in (1, alerts):
        clock = RunningClock()
        with alert_app(clock=clock) as app:
            flood = run_flood(app, clock, alerts, rules)
        waited = "never" if flood.seconds_until_card is None else f"{flood.seconds_until_card:,.0f}"
        figures = (flood.notices, flood.cards, flood.deliveries)
        table.add_row(f"{rules:,}", waited, *(f"{figure:,}" for figure in figures))
    return table


def run_flood(app: AlertApp, clock: RunningClock, alerts: int, rules: int) -> Flood:
    """Post a flood and one Sev0 after it, and wait until its card is there."""
    calls, told_at = Counter[str](), list[datetime]()

    def note(invocation: Invocation) -> None:
        calls.update([invocation.function])
        if not told_at and _is_told(app):
            told_at.append(clock.now())

    app.calls.append(note)
    bodies = (
        alert(n, fired=True, lobby=_STRANGER, rule=f"rule-{n % rules}", severity=3 + n % 2)
        for n in range(alerts)
    )
    answers, _ = app.post("alerts", bodies)
    posted_at = clock.now()
    last, _ = app.post("alerts", [alert(alerts, fired=True, severity=0)])
    while not told_at and clock.now() - posted_at < _LONGEST:
        app.drain()
        if not told_at:
            clock.moment += _TICK
            app.host.fire("send_due_notices")
    waited = (told_at[0] - posted_at).total_seconds() if told_at else None
    return Flood(
        Counter([*answers, *last]), waited, len(app.channel.cards), calls["deliver_notice"], app.notices()
    )


def _is_told(app: AlertApp) -> bool:
    return any(_TITLE in str(card.get("fallbackText", "")) for card in app.channel.cards)
