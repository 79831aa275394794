"""Propose an alert rule that would have caught an incident: its query, its threshold, and how to deploy it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.resources import WatchedResource
from shared.incidents.incident import Incident
from shared.objectives.baseline import Span
from shared.objectives.rules import allowed_ratio
from shared.objectives.separation import Threshold, threshold_of
from shared.playbooks.playbook import Playbook
from shared.queries.prelude import standing_text
from shared.signals.catalogue import FAMILIES
from shared.signals.counts import Count
from shared.signals.family import LogFamily, Place
from shared.signals.signal import Shape, Signal

EVERY = timedelta(minutes=5)
PERCENT = "BadPercent"  # the column that is compared
# Windows that Azure takes for a rule that is evaluated every 5 minutes.
# https://learn.microsoft.com/azure/templates/microsoft.insights/2021-08-01/scheduledqueryrules
_WINDOWS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 45, 60, 120, 180, 240))
_DEFAULT_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule on one signal of one resource."""

    signal: Signal
    resource: WatchedResource
    symptom: str
    cause: str  # title of the hypothesis; empty where none was found
    severity: int  # of the incident, 1 to 4
    threshold: Threshold
    query: str
    steps: tuple[str, ...] = ()  # Markdown

    @property
    def workspace(self) -> str:
        """The GUID of the workspace that has the rows."""
        family = family_of(self.signal)
        return self.resource.app_workspace if family.place is Place.APPLICATION else self.resource.workspace

    @property
    def reads_back(self) -> bool:
        """Whether the query reads rows from before its window."""
        return "lookbackStart" in self.query.replace("let lookbackStart", "", 1)


@dataclass(frozen=True, slots=True)
class NoRule:
    """Why no rule is proposed, as a sentence."""

    why: str


def propose(
    incident: Incident,
    playbook: Playbook,
    resource: WatchedResource | None,
    *,
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    apart: Sequence[Span] = (),
    missing: Collection[str] = (),
) -> AlertRule | NoRule:
    """Return the rule that tells an incident best from the quiet hours around it.

    `series` are all counts of its resource that are kept, `apart` its other incidents of the symptom, and `missing` the
    tables that its workspace never received. A rule needs a signal of logs, which says how many events there were.
    """
    if resource is None:
        return NoRule("The resource is watched no more, so nothing says where its logs are.")
    breach = Span(incident.onset, incident.last_bad)
    signals = [
        signal for signal in _log_signals(incident.symptom) if any(c.signal == signal.id for c in series)
    ]
    if not signals:
        return NoRule(
            "No row of logs about this symptom was counted, and a rule of metrics cannot compare a share."
        )
    thresholds = [
        (signal, threshold)
        for signal in signals
        if (threshold := _threshold(signal, objectives, series, breach, apart)) is not None
    ]
    if not thresholds:
        names = ", ".join(signal.title for signal in signals)
        return NoRule(f"No share of {names} tells this incident from the quiet hours around it.")
    signal, threshold = max(
        thresholds, key=lambda pair: (pair[0].id in incident.signals, pair[1].peak_percent, pair[0].id)
    )
    hypothesis = playbook.find(incident.cause)
    return AlertRule(
        signal=signal,
        resource=resource,
        symptom=incident.symptom,
        cause=hypothesis.title if hypothesis else "",
        severity=incident.severity,
        threshold=threshold,
        query=rule_query(signal, resource, threshold, missing=missing),
        steps=hypothesis.steps if hypothesis else (),
    )


def rule_query(
    signal: Signal,
    resource: WatchedResource,
    threshold: Threshold,
    *,
    end: str = "now()",
    missing: Collection[str] = (),
) -> str:
    """Return the query of a rule: one row with the share of bad events, and none where too few are bad."""
    tail = (
        f'| where Signal == "{signal.id}"',
        "| summarize Bad = sumif(Events, IsBad), Total = sum(Events)",
        f"| where Bad >= {threshold.min_bad:g}",
        f'| project _ResourceId = "{resource.id}", {PERCENT} = 100.0 * Bad / Total, Bad, Total',
    )
    text = "\n".join((family_of(signal).text(), *tail))
    return standing_text(text, (resource.id,), resource.apps, threshold.window, end=end, absent=missing)


def family_of(signal: Signal) -> LogFamily:
    """Return the family that counts a signal of logs."""
    return next(family for family in FAMILIES if signal in family.signals)


def _log_signals(symptom: str) -> Iterator[Signal]:
    for family in FAMILIES:
        yield from (each for each in family.signals if each.symptom == symptom and each.shape is Shape.RATIO)


def _threshold(
    signal: Signal,
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    breach: Span,
    apart: Sequence[Span],
) -> Threshold | None:
    settings = objectives.get(signal.id, ObjectiveSettings())
    within = settings.limit.within if settings.limit else _DEFAULT_WITHIN
    # The rows of its last minutes are on their way.
    window = next((each for each in _WINDOWS if each >= within + signal.delay), _WINDOWS[-1])
    return threshold_of(
        [count for count in series if count.signal == signal.id],
        breach,
        window,
        min_bad=settings.min_bad,
        allowed_percent=float(100 * allowed_ratio(settings)),
        apart=apart,
    )
