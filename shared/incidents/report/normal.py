"""Say what is usual for the signals of an incident in the hour of the week in which it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.incidents.incident import Incident
from shared.incidents.store import Incidents
from shared.incidents.wording import moment, number
from shared.objectives.baseline import Baseline, Learning, Span, baseline_of, learned_window
from shared.objectives.by_minute import is_by_minute
from shared.objectives.rules import allowed_ratio
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count, Counts
from shared.signals.signal import Signal

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Normals:
    """The learned normal of what incidents are about, from the counts before each began."""

    counts: Counts
    incidents: Incidents
    objectives: Mapping[str, ObjectiveSettings]

    def of(self, incident: Incident) -> Mapping[str, Baseline]:
        """Return the normal of each signal that the incident broke, as it was when the incident began."""
        known = {signal.id for signal in SIGNALS}  # an alert has none
        signals = [signal for signal in incident.signals if signal in known]
        return self.at(incident.resource, signals, incident.onset, self.apart(incident)) if signals else {}

    def at(
        self, resource: str, signals: Sequence[str], moment: datetime, apart: Sequence[Span] = ()
    ) -> Mapping[str, Baseline]:
        """Return the normal of signals of a resource in the hour of the week that holds a moment."""
        series = self._hours(resource, moment)
        return {
            signal: baseline_of(
                (count for count in series if count.signal == signal),
                self.counts.first(resource, signal),
                moment,
                apart,
            )
            for signal in signals
        }

    def now(self, resource: str, signals: Sequence[Signal], moment: datetime) -> Mapping[str, Baseline]:
        """Return the normal of signals in the hour that holds a moment, without the incidents of their symptoms."""
        normals: dict[str, Baseline] = {}
        for symptom in dict.fromkeys(signal.symptom for signal in signals):
            names = [signal.id for signal in signals if signal.symptom == symptom]
            normals |= self.at(resource, names, moment, self._incidents(resource, symptom, moment))
        return normals

    def lines(self, incident: Incident) -> Mapping[str, str]:
        """Say the normal of each broken signal in one sentence, beside what is promised."""
        return {
            signal: normal_line(normal, self.objectives.get(signal), by_minute=is_by_minute(signal))
            for signal, normal in self.of(incident).items()
        }

    def apart(self, incident: Incident) -> Sequence[Span]:
        """Return when other incidents of the same symptom went on, which are no part of the normal."""
        return self._incidents(incident.resource, incident.symptom, incident.onset, but=incident.id)

    def _incidents(self, resource: str, symptom: str, moment: datetime, but: str = "") -> Sequence[Span]:
        since = learned_window(moment).start
        return [
            Span(incident.onset, incident.last_bad)
            for incident in self.incidents.of_resource(resource, since)
            if incident.symptom == symptom and incident.id != but
        ]

    def _hours(self, resource: str, moment: datetime) -> Sequence[Count]:
        """Read the same hour of the two weeks before, and nothing else."""
        hour = learned_window(moment).end
        starts = (hour - 2 * _WEEK, hour - _WEEK)
        return [
            count
            for start in starts
            for count in self.counts.read(resource, start, start + timedelta(hours=1))
        ]


def normal_line(normal: Baseline, settings: ObjectiveSettings | None, *, by_minute: bool = False) -> str:
    """Say a normal in one sentence, and that it is still learned where it is; `by_minute`, what waits for that."""
    promised = f"; the objective allows {_percent(float(allowed_ratio(settings)))}" if settings else ""
    if normal.learning is Learning.LEARNING:
        until = f" until {moment(normal.known_from)}" if normal.known_from else "; nothing is counted yet"
        waits = ", and its windows alone are judged" if by_minute else ""
        return f"What is usual is still being learned{until}{waits}{promised}."
    if normal.share is None or normal.total is None:
        return f"{_hour(normal.hour)} had no event in the two weeks before{promised}."
    share, total = normal.share, normal.total
    return (
        f"Usual on {_hour(normal.hour)}: {_percent(share.median)} bad of {number(round(total.median, 1))} in 5 minutes "
        f"(half of {normal.buckets} lie within {100 * share.mad:.2g} points), {_percent(share.mean)} in the mean{promised}."
    )


def _hour(hour: int) -> str:
    day, start = divmod(hour, 24)
    return f"{_DAYS[day]} {start:02}:00 to {(start + 1) % 24:02}:00 UTC"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
