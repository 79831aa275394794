"""The probe of Service Health: had Microsoft declared an incident of the service here when the failures began?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.context.configuration import gap_of
from shared.context.event import ServiceHealthEvent
from shared.context.ports import ContextSources, SourceUnavailableError
from shared.context.service_health import LEAST_CLOSENESS, Use, closeness, may_explain, read_declared
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.live.state_probe import not_read
from shared.queries.run import Run
from shared.queries.scope import resource_type

NEEDS = "the events of Azure Service Health (Azure Resource Graph)"
_WITHIN = timedelta(seconds=20)


def declared_evidence(run: Run, sources: ContextSources | None, symptom: Evidence | None) -> Evidence:
    """Return whether a declared incident stands beside the symptom; strength falls with its distance in time."""
    if symptom is None or symptom.verdict is not Verdict.SUPPORTED or symptom.onset is None:
        return _no_data("declared incidents are not weighed where the symptom is not clear")
    if sources is None:
        return _no_data(f"it needs {NEEDS}, which is not connected")
    if run.region is None:
        return _no_data(f"it needs {NEEDS}, and the region of the resource is unknown")
    resource = run.scope.resources[0]
    try:
        reading = read_declared(
            sources.graph,
            [resource.split("/")[2]],
            [Use(resource_type(resource), run.region)],
            [resource],
            min(_WITHIN, run.remaining()),
        )
    except SourceUnavailableError as error:
        return not_read(gap_of(error))
    if reading.gap is not None:
        return not_read(reading.gap)
    return replace(_beside(reading.events, symptom.onset), numbers=dict(_numbers(reading.events, symptom)))


def _beside(events: Sequence[ServiceHealthEvent], onset: datetime) -> Evidence:
    pairs = [
        (abs(onset - event.start), event) for event in events if event.start and may_explain(event, onset)
    ]
    if not pairs:
        summary = "Service Health has no incident of the service in its region at that time."
        return Evidence(Verdict.REFUTED, 0.0, summary)
    distance, nearest = min(pairs, key=lambda pair: (pair[0], pair[1].tracking_id))
    minutes = distance / timedelta(minutes=1)
    strength = closeness(nearest, onset)
    verdict = Verdict.SUPPORTED if strength >= LEAST_CLOSENESS else Verdict.INCONCLUSIVE
    summary = f"Microsoft declared incident {nearest.name}; it began {minutes:.1f} minutes away from the first failures."
    return Evidence(
        verdict, round(strength, 6), summary, nearest.start if verdict is Verdict.SUPPORTED else None
    )


def _numbers(
    events: Sequence[ServiceHealthEvent], symptom: Evidence
) -> list[tuple[str, str | float | int | bool | None]]:
    counted = [(name, symptom.numbers[name]) for name in ("Total", "Bad") if name in symptom.numbers]
    assert symptom.onset is not None
    onset = symptom.onset
    fitting = [event for event in events if may_explain(event, onset)]
    tracking = ", ".join(sorted(event.tracking_id for event in fitting))
    return [*counted, ("Declared", len(events)), ("Overlapping", len(fitting)), ("Tracking", tracking)]


def _no_data(why: str) -> Evidence:
    return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: {why}.")
