"""Open the incident of a breach, or join the breach to its open one."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from shared.incidents.incident import Incident
from shared.incidents.lifecycle.decide import LifecycleReason, on_breach
from shared.incidents.lifecycle.declare import beside_declared, with_declared
from shared.incidents.lifecycle.states import opened, reopened, seen_again
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework
from shared.objectives.breach import Breach
from shared.races import until_won

Grade = Callable[[Incident | None], int]  # the severity of a breach, beside the incident that is current


def open_or_join(
    casework: Casework, breach: Breach, grade: Grade, now: datetime, *, tries: int
) -> Incident | None:
    """Return the incident that a breach opened, reopened or joined; None where there is nothing to do.

    Raises:
        LostRaceError: another instance wrote first, `tries` times.
    """
    return until_won(partial(_opened_or_joined, casework, breach, grade, now), tries=tries)


def _opened_or_joined(casework: Casework, breach: Breach, grade: Grade, now: datetime) -> Incident | None:
    current = casework.incidents.current(breach.resource, breach.symptom)
    reason = on_breach(current, breach, now)
    if reason is LifecycleReason.IGNORE:
        return None
    changed = _changed(breach, current, reason, beside_declared(grade(current), current), now)
    if reason is not LifecycleReason.JOIN:  # what is declared later, `watch_service_health` joins
        concerns = casework.declarations.about(breach.resource)
        changed = with_declared(changed, concerns, now, is_new=True)
    if changed == current:
        return current
    if reason in (LifecycleReason.OPEN, LifecycleReason.OPEN_LINKED):
        latest = casework.incidents.create(changed, current)
    else:
        latest = casework.incidents.save(changed)
    incident = saved_and_notified(casework, latest, now)
    planned = current.next_diagnosis_at if current else None
    # An alert that joins while a diagnosis is planned asks for none: each of a storm's would be made until the first is stored.
    if reason is not LifecycleReason.JOIN or (breach.alert and changed.next_diagnosis_at != planned):
        casework.work.ask_for_diagnosis(incident.id)
    return incident


def _changed(
    breach: Breach, current: Incident | None, reason: LifecycleReason, severity: int, now: datetime
) -> Incident:
    if current is None or reason in (LifecycleReason.OPEN, LifecycleReason.OPEN_LINKED):
        return opened(breach, severity, now, current)
    if reason is LifecycleReason.REOPEN:
        return reopened(current, breach, severity, now)
    return seen_again(current, breach, severity, now)
