"""Say which incidents objectives would have opened on counts of the past, and what other objectives change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.configuration.severity import SeverityRules, severity_of
from shared.incidents.lifecycle.states import RETURNS_WITHIN
from shared.objectives.breach import Breach
from shared.objectives.history import History, histories
from shared.objectives.judge import breaches, broken_rule
from shared.objectives.recovery import NEEDED_BUCKETS
from shared.objectives.rules import rules_of
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from shared.signals.signal import BUCKET

VALIDATION = NEEDED_BUCKETS * BUCKET
_BY_ID = {signal.id: signal for signal in SIGNALS}


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that would have been opened, as far as counts tell: no cause, and no users."""

    resource: str
    symptom: str
    onset: datetime
    last_bad: datetime
    seen_at: datetime  # when the rows of the first bucket that broke a rule had arrived
    severity: int
    bad: float
    total: float
    peak_ratio: float
    rule: str
    signals: tuple[str, ...]
    returns: int  # how often it came back within 24 hours of its end

    def overlaps(self, other: "PastIncident") -> bool:
        """Tell whether another is about the same failure."""
        same = (self.resource, self.symptom) == (other.resource, other.symptom)
        return same and self.onset < other.last_bad and other.onset < self.last_bad


@dataclass(frozen=True, slots=True)
class Difference:
    """What other objectives change."""

    incidents: tuple[PastIncident, ...]  # that they would have opened
    added: tuple[PastIncident, ...]
    spared: tuple[PastIncident, ...]
    sooner: int  # seen earlier than before
    later: int


def past_incidents(
    counts: Iterable[Count],
    objectives: Mapping[str, ObjectiveSettings],
    severity: SeverityRules,
    environments: Mapping[str, str],
    now: datetime,
) -> tuple[PastIncident, ...]:
    """Return the incidents that would have been opened until `now`, oldest first.

    `environments` are those of the resources, by id. What breaks again within 24 hours of an end is the same incident.
    """
    by_resource: dict[str, list[Count]] = {}
    for count in counts:
        by_resource.setdefault(count.resource, []).append(count)
    result = [
        _incident(group, returns, seen, severity, environments.get(resource, "production"))
        for resource, series in by_resource.items()
        for group, returns, seen in _groups(series, objectives, now)
    ]
    return tuple(sorted(result, key=lambda incident: (incident.onset, incident.symptom, incident.resource)))


def difference(before: Sequence[PastIncident], after: Sequence[PastIncident]) -> Difference:
    """Compare what two sets of objectives would have opened; the same failure is the same incident."""
    pairs = [(old, new) for old in before for new in after if old.overlaps(new)]
    return Difference(
        incidents=tuple(after),
        added=tuple(new for new in after if not any(new.overlaps(old) for old in before)),
        spared=tuple(old for old in before if not any(old.overlaps(new) for new in after)),
        sooner=sum(new.seen_at < old.seen_at for old, new in pairs),
        later=sum(new.seen_at > old.seen_at for old, new in pairs),
    )


Group = tuple[list[Breach], int, datetime]  # breaches of one incident, its returns, and when it was seen


def _groups(
    series: Sequence[Count], objectives: Mapping[str, ObjectiveSettings], now: datetime
) -> list[Group]:
    found = breaches(SIGNALS, objectives, series, {count.bucket for count in series}, now)
    by_signal = histories(series)
    by_symptom: dict[str, list[Breach]] = {}
    for breach in found:
        by_symptom.setdefault(breach.symptom, []).append(breach)
    groups: list[list[Breach]] = []
    for own in by_symptom.values():
        groups += _joined(own)
    return [
        (group, _returns(group), min(_seen_at(breach, by_signal, objectives) for breach in group))
        for group in groups
    ]


def _joined(own: Sequence[Breach]) -> list[list[Breach]]:
    """Put the breaches of one symptom together that belong to one incident; they come oldest first."""
    groups: list[list[Breach]] = []
    for breach in own:
        end = max((other.last_bad for other in groups[-1]), default=None) if groups else None
        if end is not None and breach.onset - end <= VALIDATION + RETURNS_WITHIN:
            groups[-1].append(breach)
        else:
            groups.append([breach])
    return groups


def _returns(group: Sequence[Breach]) -> int:
    returns, end = 0, group[0].last_bad
    for breach in group[1:]:
        returns += breach.onset - end > VALIDATION
        end = max(end, breach.last_bad)
    return returns


def _seen_at(
    breach: Breach, by_signal: Mapping[str, History], objectives: Mapping[str, ObjectiveSettings]
) -> datetime:
    signal, history = _BY_ID[breach.signal], by_signal[breach.signal]
    rules = rules_of(signal.shape, objectives[breach.signal])
    ends = (
        count.bucket + BUCKET for count in history.between(breach.onset, breach.last_bad + timedelta(days=1))
    )
    first = next((end for end in ends if broken_rule(history, rules, end)), breach.last_bad)
    return first + signal.delay


def _incident(
    group: Sequence[Breach], returns: int, seen_at: datetime, rules: SeverityRules, environment: str
) -> PastIncident:
    worst = max(group, key=lambda breach: (breach.bad, breach.signal))
    graded = [
        severity_of(
            rules,
            share=breach.peak_ratio,
            hit=breach.bad,
            symptom=breach.symptom,
            cause=None,
            lasted=breach.last_bad - breach.onset,
            environment=environment,
        )[0]
        for breach in group
    ]
    return PastIncident(
        resource=worst.resource,
        symptom=worst.symptom,
        onset=min(breach.onset for breach in group),
        last_bad=max(breach.last_bad for breach in group),
        seen_at=seen_at,
        severity=min(graded),
        bad=worst.bad,
        total=worst.total,
        peak_ratio=max(breach.peak_ratio for breach in group),
        rule=worst.rule,
        signals=tuple(sorted({breach.signal for breach in group})),
        returns=returns,
    )
