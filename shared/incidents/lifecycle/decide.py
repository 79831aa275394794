"""Decide what becomes of an incident, and say why."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.incidents.incident import Incident, State
from shared.incidents.lifecycle.states import RETURNS_WITHIN
from shared.objectives.breach import Breach

UNCONFIRMED_AFTER = timedelta(hours=24)
QUIET = timedelta(hours=1)  # without a bad bucket, before an incident that keeps coming back ends
ALERTS_HOLD = timedelta(minutes=30)  # as long as six buckets within objective


class LifecycleReason(StrEnum):
    """What to do with a breach, or with an open incident at a tick of the clock."""

    OPEN = "first of its kind"
    JOIN = "its incident is open"
    REOPEN = "came back within 24 hours of closing"
    OPEN_LINKED = "came back later"
    IGNORE = "already known when its incident was closed"
    STILL_BAD = "buckets after the last known bad one are bad"
    WAIT = "too few events since to tell"
    START_VALIDATING = "within objective again"
    HELD = "within objective for as long as it takes"
    UNCONFIRMED = "too few events for 24 hours"
    ALERTS_RESOLVED = "every alert is resolved"
    ALERTS_OVER = "every alert has been resolved for as long as it takes"


def on_breach(current: Incident | None, breach: Breach, now: datetime) -> LifecycleReason:
    """Decide what a breach means beside the newest incident of its resource and symptom."""
    if current is None:
        return LifecycleReason.OPEN
    if current.is_open:
        return LifecycleReason.JOIN
    if breach.last_bad <= current.last_bad:
        # Long windows burn on after the fix; a bad bucket that was already there must not reopen.
        return LifecycleReason.IGNORE
    recent = current.closed_at is not None and now - current.closed_at <= RETURNS_WITHIN
    return LifecycleReason.REOPEN if recent else LifecycleReason.OPEN_LINKED


def decide_ending(
    incident: Incident,
    recovery_good: int,
    needed: int,
    newest_bad: datetime | None,
    now: datetime,
    *,
    alerts_over: bool = False,
) -> LifecycleReason:
    """Decide whether an open incident is over.

    `recovery_good` counts the good buckets with enough events since its last bad one, `newest_bad` is the end
    of the newest bad bucket that is kept, and `needed` is how many good ones are proof. `alerts_over` says that only
    alerts can tell, and that each of them is resolved.
    """
    if newest_bad is not None and newest_bad > incident.last_bad:
        return LifecycleReason.STILL_BAD
    if incident.state is State.VALIDATING and recovery_good >= needed:
        return LifecycleReason.WAIT if _is_too_soon(incident, now) else LifecycleReason.HELD
    if incident.state is not State.VALIDATING and recovery_good > 0:
        return LifecycleReason.START_VALIDATING
    if alerts_over:
        return _on_alerts_over(incident, now)
    return (
        LifecycleReason.UNCONFIRMED if now - incident.last_bad >= UNCONFIRMED_AFTER else LifecycleReason.WAIT
    )


def _on_alerts_over(incident: Incident, now: datetime) -> LifecycleReason:
    if incident.state is not State.VALIDATING:
        return LifecycleReason.ALERTS_RESOLVED
    held = now - max(incident.state_since, incident.last_bad) >= ALERTS_HOLD
    return LifecycleReason.ALERTS_OVER if held and not _is_too_soon(incident, now) else LifecycleReason.WAIT


def _is_too_soon(incident: Incident, now: datetime) -> bool:
    """Tell whether an incident that keeps coming back must be quiet for longer, so that what comes until then joins it."""
    return incident.is_flapping and now - incident.last_bad < QUIET
