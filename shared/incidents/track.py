"""Follow incidents: ask for the diagnoses that are due, validate, close, and find any state nobody was told of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.context.ports import ResourceHealth
from shared.incidents.alerted import alerts_are_over
from shared.incidents.closing import Ended, close
from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle.decide import UNCONFIRMED_AFTER, LifecycleReason, decide_ending
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.perspectives import Perspective, contradictions, perspectives_of
from shared.incidents.lifecycle.standing import with_news_of_answers
from shared.incidents.lifecycle.states import beside_cause, contradicted, resolved, validating
from shared.incidents.notify import saved_and_notified
from shared.incidents.ports import Casework, Policy
from shared.incidents.recent.updates import is_update_due, put_off, updated
from shared.incidents.schedule import is_diagnosis_due
from shared.isolation import Isolation
from shared.objectives.episode import REACH
from shared.objectives.learned import LearnedNormals, by_signal
from shared.objectives.recovery import recovery_of
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Counts

_ENDINGS = {
    LifecycleReason.HELD: Ending.HELD,
    LifecycleReason.UNCONFIRMED: Ending.UNCONFIRMED,
    LifecycleReason.ALERTS_OVER: Ending.ALERTS_OVER,
}


Steps = Callable[[Incident], int]  # how many receivers may be next where nobody acknowledges
IsSilent = Callable[[Incident], bool]  # whether a silence is over an incident
Dependents = Callable[
    [str], Sequence[str] | None
]  # what depends on a resource, by name; None where it is not known


def _never(_incident: Incident) -> bool:
    """Say of no incident that it is silenced."""
    return False


def _unknown(_resource: str) -> None:
    """Say of no resource what depends on it."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """Follows incidents to their end. Every call is safe to repeat, beside any other instance."""

    casework: Casework
    policy: Policy
    counts: Counts
    normals: LearnedNormals
    steps: Steps
    is_silent: IsSilent = _never
    health: ResourceHealth | None = None  # None where it is not asked
    dependents: Dependents = _unknown

    def track(self, now: datetime) -> tuple[Incident, ...]:
        """Follow every incident that is open or owes a notice; return those that changed."""
        changed: list[Incident] = []
        isolation = Isolation("track_incidents", self.casework.troubles)
        for before in self.casework.incidents.open_ones():
            with isolation.item(before.id):
                after = self._followed(before, now)
                if after != before:
                    changed.append(after)
        isolation.end()
        return tuple(changed)

    def _followed(self, incident: Incident, now: datetime) -> Incident:
        # The auditor: nothing stays untold.
        current = saved_and_notified(self.casework, self._settled(incident, now), now)
        if not current.is_open:
            return current
        current = self._escalated(current, now)
        if is_diagnosis_due(current, now):
            self.casework.work.ask_for_diagnosis(current.id)
        return self._updated(self._beside_cause(self._judged(current, now), now), now)

    def _settled(self, incident: Incident, now: datetime) -> Incident:
        after = with_news_of_answers(incident, now)
        return incident if after is incident else self.casework.incidents.save(after)

    def _escalated(self, incident: Incident, now: datetime) -> Incident:
        after = escalated(incident, self.steps, now)
        if after is incident:
            return incident
        return saved_and_notified(self.casework, self.casework.incidents.save(after), now)

    def _updated(self, incident: Incident, now: datetime) -> Incident:
        interval = self.policy.severity.updates.get(incident.severity)
        if not is_update_due(incident, interval, now):
            return incident
        after = put_off(incident, now) if self.is_silent(incident) else updated(incident, now)
        return saved_and_notified(self.casework, self.casework.incidents.save(after), now)

    def _beside_cause(self, incident: Incident, now: datetime) -> Incident:
        """Let an open consequence speak for itself while the incident of its cause is closed."""
        cause_incident_id = incident.joined_to or incident.released_from
        if not incident.is_open or cause_incident_id is None:
            return incident
        after = beside_cause(incident, self.casework.incidents.get(cause_incident_id), now)
        if after is incident:
            return incident
        return saved_and_notified(self.casework, self.casework.incidents.save(after), now)

    def _judged(self, incident: Incident, now: datetime) -> Incident:
        series = self.counts.read(incident.resource, incident.last_bad - REACH, now)
        signals = [signal for signal in SIGNALS if signal.symptom == incident.symptom]
        normals = by_signal(self.normals.of(incident.resource), incident.resource)
        state = recovery_of(signals, self.policy.objectives, series, incident.last_bad, now, normals=normals)
        over = state.enough_until is None and alerts_are_over(self.casework.alerts, incident)
        reason = decide_ending(incident, state.good, state.needed, state.last_bad, now, alerts_over=over)
        if reason is LifecycleReason.START_VALIDATING:
            return self.casework.incidents.save(validating(incident, now))
        if reason is LifecycleReason.ALERTS_RESOLVED:
            return self.casework.incidents.save(validating(incident, now, "every alert is resolved"))
        ending = _ENDINGS.get(reason)
        if ending is None:
            return incident
        if ending is Ending.UNCONFIRMED and not self.policy.resources:
            return incident  # nothing is watched, so nobody looked
        ended = resolved(incident, ending, now)
        views = perspectives_of(ended, state, series, self.health, now)
        against = contradictions(views)
        # Nothing is held open for longer than what nobody could confirm.
        if against and ending is not Ending.UNCONFIRMED and now - incident.last_bad < UNCONFIRMED_AFTER:
            return self._held_open(incident, against, now)
        known = Ended(views, self.dependents(incident.resource))
        return close(self.casework, self.policy, self.counts, ended, now, ended=known)

    def _held_open(self, incident: Incident, against: Sequence[Perspective], now: datetime) -> Incident:
        names = ", ".join(each.name for each in against)
        text = "; ".join(f"{each.name}: {each.text}" for each in against)
        after = contradicted(incident, names, text, now)
        return incident if after is incident else self.casework.incidents.save(after)
