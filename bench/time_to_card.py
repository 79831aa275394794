"""Simulate how long a fault lasts before its cause is known, by the windows alone, beside alerts on logs and metrics.

Counts are simulated and the product's own rules judge them; no log is queried. A minute of the clock is one step. How
soon the sequential test tells, which is sooner, is measured in `bench.card`.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import quantiles
from typing import NamedTuple

from rich.table import Table

from bench.card.noise import USUAL
from bench.card.trial import quiet_threshold
from local.workspace.arrival import RESOURCE_LOGS
from shared.configuration.objectives import default_objectives
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.states import diagnosed, opened, seen_again
from shared.incidents.schedule import is_last, next_diagnosis
from shared.objectives.judge import breaches
from shared.objectives.rules import longest_window
from shared.playbooks.playbook import DIAGNOSIS_DELAYS
from shared.signals.counts import Count
from shared.signals.metrics.families import HANDSHAKES
from shared.signals.signal import BUCKET
from shared.signals.web_pubsub import REFUSED_CONNECTS

RATES = (20, 200, 2000)  # connects a minute
SHARES = (0.02, 0.05, 0.5)  # of them fail while the fault lasts
LASTS = 60  # minutes of fault that are simulated
# A check supports a hypothesis from 20 events on, unless it says why not; which share it explains is not simulated.
ENOUGH_FOR_A_CAUSE = 20
WAYS = ("windows", "windows, logs alone", "query rule, 5 min", "rule of a report", "metric alert, 1 min")
# What `shared/incidents/report/alert_rule.py` proposes for refused connects: 15 minutes and the delay of their rows.
_REPORT_WITHIN = 30
_REPORT_MIN_BAD = 20

_MINUTE = timedelta(minutes=1)
_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SIGNALS = (HANDSHAKES.signal, REFUSED_CONNECTS)
_LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
# "In the metrics database in under a minute" after the minute has ended
# (https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time): the whole minute after that has them all.
_METRICS_LAG = 2
_EVALUATIONS_A_MONTH = {5: 8_640, 1: 43_200}


class NoticeDelays(NamedTuple):
    """Minutes from the first failing second to the first card and to the cause; None where it never came."""

    card: float | None
    cause: float | None = None


@dataclass(slots=True)
class SimulatedTraffic:
    """The connects of one fault, by minute of event time from noon: all that happened, and what has arrived as logs."""

    rate: int
    share: float
    begins: float  # minutes after noon, a random second
    dice: random.Random
    bad: dict[int, int] = field(default_factory=dict)
    total: dict[int, int] = field(default_factory=dict)
    arrived_bad: dict[int, int] = field(default_factory=dict)
    arrived_total: dict[int, int] = field(default_factory=dict)
    _due: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)

    def happen(self, minute: int) -> None:
        """Let the connects of a minute happen."""
        least, most = (delay / _MINUTE for delay in RESOURCE_LOGS)
        moments = [minute + self.dice.random() for _ in range(self.rate)]
        self.total[minute], self.bad[minute] = self.rate, 0
        for moment in moments:
            is_bad = self.dice.random() < (self.share if moment >= self.begins else USUAL)
            self.bad[minute] += is_bad
            arrival_minute = math.ceil(moment + self.dice.uniform(least, most))
            self._due.setdefault(arrival_minute, []).append((minute, is_bad))

    def arrive(self, now: int) -> None:
        """Let the log rows arrive that are due."""
        for minute, is_bad in self._due.pop(now, ()):
            self.arrived_total[minute] = self.arrived_total.get(minute, 0) + 1
            self.arrived_bad[minute] = self.arrived_bad.get(minute, 0) + is_bad


def measure(seeds: int) -> Table:
    """Simulate every mix of traffic and fault, as often as there are seeds."""
    table = Table(
        title=f"Minutes from the first failing second, p10 / p50 / p90 of {seeds} faults",
        box=None,
        title_justify="left",
        caption="In brackets: of how many, where not of all within an hour. A look counts as finding the cause from 20 "
        "arrived failures on. Both alerts have the lowest threshold that 0.1 % of usual failures passes less than once "
        "a month at this traffic; the rule of a report has the threshold that it would propose after such a fault. No alert looks "
        "for a cause.",
        caption_justify="left",
    )
    for column in ("connects/min", "failing", "way", "to the first card", "to the cause"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for rate in RATES:
        for share in SHARES:
            simulations = [simulate(rate, share, seed) for seed in range(seeds)]
            for way in WAYS:
                times = [simulation[way] for simulation in simulations]
                first = (f"{rate:,}", f"{share:.0%}") if way == WAYS[0] else ("", "")
                cards, causes = (
                    [simulation.card for simulation in times],
                    [simulation.cause for simulation in times],
                )
                table.add_row(*first, way, spread(cards), spread(causes) if "windows" in way else "")
    return table


def simulate(rate: int, share: float, seed: int) -> dict[str, NoticeDelays]:
    """Return what each way made of one fault, the same for all."""
    dice = random.Random(f"{rate} {share} {seed}")  # noqa: S311  a simulation that can be repeated
    traffic = SimulatedTraffic(rate, share, begins=dice.uniform(0, 60), dice=dice)
    first = int(traffic.begins) // 5 * 5 - 15  # what came before is as usual
    watches = [
        SimulatedWatch(traffic, first, with_metrics=True),
        SimulatedWatch(traffic, first, with_metrics=False),
    ]
    phase = dice.randrange(5)  # of the query rule
    rule = proposed = alert = None
    for now in range(first + 1, int(traffic.begins) + LASTS):
        traffic.happen(now - 1)
        traffic.arrive(now)
        if now <= traffic.begins:
            continue
        for watch in watches:
            watch.look(now)
        if rule is None and now % 5 == phase and _query_rule_fires(traffic, now):
            rule = now - traffic.begins
        if proposed is None and now % 5 == phase and _rule_of_a_report_fires(traffic, now):
            proposed = now - traffic.begins
        if alert is None and _metric_alert_fires(traffic, now):
            alert = now - traffic.begins
        if None not in (rule, proposed, alert, *(watch.cause for watch in watches)):
            break
    ours = (NoticeDelays(watch.card, watch.cause) for watch in watches)
    return dict(zip(WAYS, (*ours, *map(NoticeDelays, (rule, proposed, alert))), strict=True))


@dataclass(slots=True)
class SimulatedWatch:
    """Linekeeper's watch of one fault: its own rules, its own incident, and the diagnoses that it plans."""

    traffic: SimulatedTraffic
    first: int
    with_metrics: bool
    card: float | None = None
    cause: float | None = None
    _incident: Incident | None = None

    def look(self, now: int) -> None:
        """Count, judge, and diagnose when a diagnosis is due."""
        if self.cause is not None:
            return
        moment = _NOON + now * _MINUTE
        counts = list(self._counts(now, moment))
        series = [*_usual(self.traffic.rate, self.first), *counts]
        touched = {count.bucket for count in counts}
        for breach in breaches(_SIGNALS, default_objectives(), series, touched, moment):
            if self._incident is None:
                self._incident, self.card = opened(breach, 3, moment, None), now - self.traffic.begins
            self._incident = seen_again(self._incident, breach, 3, moment)
        due = self._incident.next_diagnosis_at if self._incident else None
        if self._incident and due and due <= moment:
            self._incident = self._examined(self._incident, now, moment)

    def _examined(self, incident: Incident, now: int, moment: datetime) -> Incident:
        bad = self.traffic.arrived_bad
        rows = sum(bad[minute] for minute in bad if minute >= int(self.traffic.begins))
        cause = "token-expired" if rows >= ENOUGH_FOR_A_CAUSE else None
        self.cause = now - self.traffic.begins if cause else None
        return diagnosed(
            incident,
            conclusion="supported" if cause else "inconclusive",
            cause=cause,
            document=None,
            users=None,
            next_diagnosis_at=next_diagnosis(incident, DIAGNOSIS_DELAYS, moment, cause=cause),
            is_last=is_last(incident, DIAGNOSIS_DELAYS, moment),
            now=moment,
        )

    def _counts(self, now: int, moment: datetime) -> Iterator[Count]:
        traffic = self.traffic
        for start in range(self.first, now, 5):
            minutes = range(start, start + 5)
            minutes_measured = [minute for minute in minutes if minute <= now - _METRICS_LAG]
            if self.with_metrics and minutes_measured:
                bad, total = (
                    sum(by[minute] for minute in minutes_measured) for by in (traffic.bad, traffic.total)
                )
                yield _count(HANDSHAKES.signal.id, start, bad, total, moment)
            bad, total = (
                sum(by.get(minute, 0) for minute in minutes)
                for by in (traffic.arrived_bad, traffic.arrived_total)
            )
            if total:
                yield _count(REFUSED_CONNECTS.id, start, bad, total, moment)


def spread(minutes: Sequence[float | None]) -> str:
    """Write p10, p50 and p90, and of how many, where some never came."""
    came = sorted(time for time in minutes if time is not None)
    if len(came) < 2:
        return f"({len(came)} of {len(minutes)})"
    tenths = quantiles(came, n=10, method="inclusive")
    text = " / ".join(f"{tenths[place]:.1f}" for place in (0, 4, 8))
    return text if len(came) == len(minutes) else f"({len(came)} of {len(minutes)}) {text}"


def _query_rule_fires(traffic: SimulatedTraffic, now: int) -> bool:
    """Count failures of the last 5 minutes of TimeGenerated among the rows that have been ingested by now."""
    count = sum(traffic.arrived_bad.get(minute, 0) for minute in range(now - 5, now))
    expected = traffic.rate * 5 * USUAL * _share_that_a_query_rule_sees()
    return count >= quiet_threshold(expected, 0, _EVALUATIONS_A_MONTH[5])


def _rule_of_a_report_fires(traffic: SimulatedTraffic, now: int) -> bool:
    minutes = range(now - _REPORT_WITHIN, now)
    bad, total = (
        sum(by.get(minute, 0) for minute in minutes) for by in (traffic.arrived_bad, traffic.arrived_total)
    )
    percent = math.ceil(math.sqrt(100 * traffic.share))  # between the 1 % that is allowed and the fault
    return bad >= _REPORT_MIN_BAD and 100 * bad >= percent * total


def _share_that_a_query_rule_sees() -> float:
    """Return how much of the last 5 minutes has arrived, with delays spread evenly: an integral over the age."""
    least, most = (delay / _MINUTE for delay in RESOURCE_LOGS)
    return (5 - least) ** 2 / (2 * (most - least) * 5)


def _metric_alert_fires(traffic: SimulatedTraffic, now: int) -> bool:
    count = traffic.bad.get(now - _METRICS_LAG, 0)
    return count >= quiet_threshold(traffic.rate * USUAL, 0, _EVALUATIONS_A_MONTH[1])


@cache
def _usual(rate: int, first: int) -> tuple[Count, ...]:
    """Return what is kept of the three days before, when all was as usual."""
    total = rate * 5
    starts = range(first - int(longest_window() / BUCKET) * 5, first, 5)
    return tuple(
        _count(signal.id, start, total * USUAL, total, _NOON) for signal in _SIGNALS for start in starts
    )


def _count(signal: str, start: int, bad: float, total: float, as_of: datetime) -> Count:
    return Count(_LOBBY, signal, _NOON + start * _MINUTE, bad, total, as_of)
