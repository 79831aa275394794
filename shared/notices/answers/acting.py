"""Do what a link is good for, once, and say what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.configuration.silences import Silence
from shared.incidents.incident import CardSilence, Ending, Incident
from shared.incidents.lifecycle.respond import (
    Person,
    ResponseOutcome,
    Step,
    acknowledge,
    acknowledgement_text,
    end_text,
    lateness,
    resolve,
    silenced,
    take_over,
)
from shared.incidents.lifecycle.standing import holder_line
from shared.incidents.lifecycle.undo import end_silence, give_back, reopen
from shared.incidents.store import Incidents
from shared.incidents.wording import moment
from shared.notices.answers.signed_links import Action, Link
from shared.notices.routing.silence import Silences, card_silence

_SKEW = timedelta(minutes=5)  # of the clocks of two instances
_SAME = timedelta(minutes=1)  # a silence that ends this much sooner is the same: the second of two clicks
_SOMEBODY = Person("somebody")  # who looks is not asked for a name

DONE = {
    Action.ACKNOWLEDGE: "Acknowledged.",
    Action.TAKE_OVER: "Taken over.",
    Action.GIVE_BACK: "Given back.",
    Action.SILENCE: "Silenced.",
    Action.END_SILENCE: "No longer silenced.",
    Action.RESOLVE: "Resolved by hand.",
    Action.REOPEN: "Open again.",
}


@dataclass(frozen=True, slots=True)
class Acting:
    """One link's action, and where it is done.

    Attributes:
        close: stores an incident that has ended, its report first, and returns it as it then is.
    """

    link: Link
    incidents: Incidents
    silences: Callable[[], Silences]
    close: Callable[[Incident, datetime], Incident]

    def outlook(self, incident: Incident, now: datetime) -> ResponseOutcome:
        """Tell what would become of the action, for whoever looks at its page; nothing is changed."""
        late = lateness(incident, self.link.occurrence)
        if self.link.action in {Action.SILENCE, Action.RESOLVE, Action.TAKE_OVER}:
            return late or ResponseOutcome.DONE
        return self._decided(incident, _SOMEBODY, incident.revision, now).outcome

    def act(
        self, incident: Incident, who: Person, fields: Mapping[str, str], now: datetime
    ) -> tuple[Step, str]:
        """Do it, and return what became of it with a sentence.

        Raises:
            LostRaceError: another instance wrote first.
        """
        if self.link.action is Action.SILENCE:
            return self._silence(incident, who, timedelta(hours=int(fields["hours"])), now)
        if self.link.action is Action.END_SILENCE:
            return self._end_silence(incident, who, now)
        step = self._decided(incident, who, self.link.revision, now)
        if step.outcome is not ResponseOutcome.DONE:
            return step, self.already(step.incident)
        is_end = self.link.action is Action.RESOLVE
        saved = self.close(step.incident, now) if is_end else self.incidents.save(step.incident)
        return Step(step.outcome, saved), self._after(saved, who)

    def already(self, incident: Incident) -> str:
        """Say how it stands, where there is nothing to do; it goes on after "Already"."""
        if self.link.action is Action.GIVE_BACK:
            return "given back: nobody has it."
        if self.link.action is Action.END_SILENCE:
            return "over: it is not silenced."
        if self.link.action is Action.REOPEN:
            return "open."
        if self.link.action is Action.RESOLVE:
            return end_text(incident) or "resolved."
        return acknowledgement_text(incident)

    def _decided(self, incident: Incident, who: Person, revision: int, now: datetime) -> Step:
        """Decide what becomes of the incident, on nothing but itself and whether another has followed it."""
        occurrence, action = self.link.occurrence, self.link.action
        if action is Action.RESOLVE:
            return resolve(incident, occurrence, who, now)
        if action is Action.TAKE_OVER:
            return take_over(incident, occurrence, revision, who, now)
        if action is Action.GIVE_BACK:
            return give_back(incident, occurrence, revision, who, now)
        if action is Action.END_SILENCE:
            return end_silence(incident, occurrence, who, now)
        if action is Action.REOPEN:
            return self._reopen(incident, who, now)
        return acknowledge(incident, occurrence, who, now)

    def _reopen(self, incident: Incident, who: Person, now: datetime) -> Step:
        step = reopen(incident, self.link.occurrence, who, now)
        current = self.incidents.current(incident.resource, incident.symptom)
        if step.outcome is ResponseOutcome.DONE and current is not None and current.id != incident.id:
            return Step(ResponseOutcome.OVER, incident)  # another has followed it
        return step

    def _after(self, incident: Incident, who: Person) -> str:
        """Say what follows from what was done."""
        if self.link.action is Action.GIVE_BACK:
            return "Nobody has it now. If nobody takes it on, the next receiver of its route is told."
        if self.link.action is Action.RESOLVE:
            return "If new failures arrive within 24 hours, it opens again."
        if self.link.action is Action.REOPEN:
            return f"It goes on as it was. {holder_line(incident)}."
        held = incident.acknowledgement
        before = f"; {held.taken_from} had it" if held and held.taken_from else ""
        return f"It is yours, {who.name}{before}."

    def _silence(self, incident: Incident, who: Person, length: timedelta, now: datetime) -> tuple[Step, str]:
        late = lateness(incident, self.link.occurrence)
        if late is not None:
            return Step(late, incident), ""
        silences = self.silences()
        silence = self._silence_of_link(silences, str(who), length, now)
        until = silence.end or now + length
        for active in _ours(silences, incident, now):
            if active.end is not None and active.end + _SAME >= until:
                silence, until = active, active.end
        if silences.get(silence.id) != silence:
            silences.put(silence)  # before the entry about it
        step = silenced(incident, self.link.occurrence, until, silence.by, now)
        sentence = f"silenced until {moment(until)} by {silence.by}."
        if step.outcome is not ResponseOutcome.DONE:
            return step, sentence
        saved = self.incidents.save(step.incident)
        return Step(step.outcome, saved), sentence[0].upper() + sentence[1:]

    def _silence_of_link(self, silences: Silences, by: str, length: timedelta, now: datetime) -> Silence:
        """Return the one silence of this link: that of its first press, ending after the longest time that was asked for.

        Once that one is over, or somebody ended it, the next press begins another.
        """
        mark = f"{self.link.occurrence}-{self.link.revision}-{int(self.link.expires_at.timestamp())}"
        silence = card_silence(
            self.link.incident, by, now, reason="silenced from its card", length=length, link=mark
        )
        kept = silences.get(silence.id)
        # One that begins ahead of us was made by a clock that is wrong, and would silence nothing for so long.
        if kept is None or kept.start is None or kept.end is None or kept.start > now + _SKEW:
            return silence
        if kept.end <= now:
            return silence
        until = kept.start + length
        return kept if kept.end >= until else replace(kept, end=until, by=silence.by)

    def _end_silence(self, incident: Incident, who: Person, now: datetime) -> tuple[Step, str]:
        silences = self.silences()
        active = _ours(silences, incident, now)
        if active and incident.silence is None and active[0].end is not None:
            # Whoever silenced it fell over before the incident said so.
            incident = replace(incident, silence=CardSilence(active[0].end, active[0].by))
        step = end_silence(incident, self.link.occurrence, who, now)
        if step.outcome is not ResponseOutcome.DONE:
            return step, self.already(incident)
        for silence in active:
            silences.put(replace(silence, end=now))  # before the entry about it
        saved = self.incidents.save(step.incident)
        return Step(step.outcome, saved), "Its cards come again, and a digest tells what was kept back."


def end_made_silence(
    silences: Silences, incidents: Incidents, silence: Silence, who: Person, now: datetime
) -> None:
    """End a silence early that somebody made, and let its incident say so; doing so again changes nothing.

    Raises:
        LostRaceError: another instance wrote the incident first.
    """
    silences.put(replace(silence, end=now))
    incident = incidents.get(silence.incident) if silence.incident else None
    if incident is None or _ours(silences, incident, now):
        return  # it is of a maintenance, or another one goes on
    step = end_silence(incident, incident.reopened, who, now)
    if step.outcome is ResponseOutcome.DONE:
        incidents.save(step.incident)


def may_reopen(incident: Incident) -> bool:
    """Tell whether an incident ended by hand, and so may be opened again."""
    return not incident.is_open and incident.ending is Ending.BY_HAND


def _ours(silences: Silences, incident: Incident, now: datetime) -> list[Silence]:
    """Return the silences of this occurrence of an incident that were made from its cards and hold."""
    since = incident.begun_at
    return [
        silence
        for silence in silences.active(now)
        if silence.incident == incident.id and silence.start is not None and silence.start >= since
    ]
