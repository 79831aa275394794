"""Gather what the chart of an incident shows: the counts of its signals, and what happened beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.context.declared import DeclaredEvents
from shared.context.history.words import in_short
from shared.incidents.incident import Ending, EntryKind, Incident, State
from shared.notices.charts.chart import MOST_PANELS, Chart, Recovering
from shared.notices.charts.marks import ChartLane, Mark, Sign
from shared.notices.charts.series import Panel, TimeSpan, panel_of, span_of
from shared.objectives.episode import REACH
from shared.objectives.learned import LearnedNormals, by_signal
from shared.objectives.recovery import Recovery, recovery_of
from shared.playbooks.diagnosis import Diagnosis
from shared.redaction import UserIds, redact
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count, Counts
from shared.signals.signal import BUCKET, Signal

BEFORE = timedelta(minutes=40)  # what was usual before the first bad bucket
AFTER = timedelta(hours=1)  # of an incident that is over
LONGEST = timedelta(hours=48)
_MOST_CHANGES = 4


@dataclass(frozen=True, slots=True)
class IncidentHistory:
    """What is known of an incident over time; `recovery` is None where it is not being validated."""

    chart: Chart
    recovery: Recovery | None = None

    @property
    def worst(self) -> Panel | None:
        """The panel with the most bad events; None where nothing was counted."""
        return next((panel for panel in self.chart.panels if panel.bars), None)


@dataclass(frozen=True, slots=True)
class IncidentHistories:
    """Where the history of incidents is read: counts, what is promised and normal, and what Microsoft declared."""

    counts: Counts
    objectives: Mapping[str, ObjectiveSettings]
    normals: LearnedNormals
    declared: DeclaredEvents | None = None
    users: UserIds = field(default_factory=UserIds)

    def of(self, incident: Incident, diagnosis: Diagnosis | None, now: datetime) -> IncidentHistory:
        """Return the history of an incident; only what is stored is read, at most `LONGEST` of it."""
        span = _span(incident, now)
        signals = [signal for signal in SIGNALS if signal.symptom == incident.symptom]
        since = min(span.since, incident.last_bad - REACH)
        series = self.counts.read(incident.resource, max(since, now - 2 * LONGEST), min(span.until, now))
        recovery = None
        if incident.state in {State.VALIDATING, State.RESOLVED}:
            normals = by_signal(self.normals.of(incident.resource), incident.resource)
            recovery = recovery_of(signals, self.objectives, series, incident.last_bad, now, normals=normals)
        chart = Chart(
            title=_title(span),
            description=_description(incident),
            span=span,
            panels=self._panels(incident, signals, series, span, now),
            marks=tuple(self._marks(incident, diagnosis)),
            onset=incident.onset,
            recovering=_recovering(incident, recovery),
        )
        return IncidentHistory(chart, recovery)

    def _panels(
        self,
        incident: Incident,
        signals: Sequence[Signal],
        series: Sequence[Count],
        span: TimeSpan,
        now: datetime,
    ) -> tuple[Panel, ...]:
        """Return the panels of the signals that broke, most hit first, then of others that have events."""
        pairs = []
        for signal in signals:
            settings = self.objectives.get(signal.id)
            if settings is None or not settings.enabled:
                continue
            panel = panel_of(signal, settings, series, span, now)
            if panel.bars or signal.id in incident.signals:
                pairs.append((signal.id not in incident.signals, -panel.bad, panel))
        return tuple(panel for *_, panel in sorted(pairs, key=lambda pair: pair[:2])[:MOST_PANELS])

    def _marks(self, incident: Incident, diagnosis: Diagnosis | None) -> Iterator[Mark]:
        yield from self._changes(diagnosis)
        yield from _told(incident)
        yield from _people(incident)
        for declared in incident.declared:
            event = self.declared.get(declared.tracking_id) if self.declared else None
            if event is not None and event.start is not None:
                yield Mark(ChartLane.MICROSOFT, Sign.DECLARED, event.start, declared.tracking_id)

    def _changes(self, diagnosis: Diagnosis | None) -> Iterator[Mark]:
        recent = diagnosis.changes if diagnosis else None
        if diagnosis is None or recent is None:
            return
        for change in recent.pointed_out(diagnosis.cause)[:_MOST_CHANGES]:
            label = self.users.hide_in(redact(in_short(change)))
            yield Mark(ChartLane.CHANGES, Sign.CHANGE, change.at, label)


def _told(incident: Incident) -> Iterator[Mark]:
    for entry in incident.timeline:
        if entry.kind is EntryKind.LOOK:
            is_wrong = entry.at == incident.retracted_cause_at
            label = "wrong" if is_wrong else "cause" if entry.at == incident.cause_at else entry.what
            yield Mark(ChartLane.DIAGNOSES, Sign.WRONG_LOOK if is_wrong else Sign.LOOK, entry.at, label)
        elif entry.kind is EntryKind.NOTICE:
            yield Mark(ChartLane.TOLD, Sign.NOTICE, entry.at, entry.what.removeprefix("told: "))


def _people(incident: Incident) -> Iterator[Mark]:
    taken_on = incident.acknowledgement
    if taken_on is not None:
        yield Mark(ChartLane.PEOPLE, Sign.PERSON, taken_on.at, redact(f"{taken_on.by} has it"))
    for entry in incident.timeline:
        if entry.kind is EntryKind.PERSON:
            yield Mark(ChartLane.PEOPLE, Sign.PERSON, entry.at, entry.what)
    if incident.ended_by and incident.closed_at:
        yield Mark(ChartLane.PEOPLE, Sign.PERSON, incident.closed_at, redact(f"ended by {incident.ended_by}"))


def _span(incident: Incident, now: datetime) -> TimeSpan:
    until = now if incident.is_open else min(now, incident.last_bad + AFTER)
    return span_of(max(incident.onset - BEFORE, until - LONGEST), max(until, incident.onset + BUCKET))


def _recovering(incident: Incident, recovery: Recovery | None) -> Recovering | None:
    if recovery is None or incident.ending is Ending.UNCONFIRMED:
        return None  # nobody knows whether it is over
    good = min(recovery.good, recovery.needed)
    proved = incident.last_bad + good * BUCKET
    return Recovering(incident.last_bad, proved, f"within goal: {good} of {recovery.needed}")


def _title(span: TimeSpan) -> str:
    since, until = span.since.astimezone(UTC), span.until.astimezone(UTC)
    minutes = span.step // timedelta(minutes=1)
    return (
        f"Bad share and number of events by {minutes} minutes, {since:%d %B %H:%M} to {until:%d %B %H:%M} UTC"
    )


def _description(incident: Incident) -> str:
    began, last = incident.onset.astimezone(UTC), incident.last_bad.astimezone(UTC)
    return (
        f"It began at {began:%H:%M} on {began:%d %B}, and was last bad at {last:%H:%M} on {last:%d %B}; at the worst "
        f"{incident.peak_ratio:.0%} of 5 minutes were bad. The table below has every number."
    )
