"""Judge at once what a resource pushed to us: recount it as the watch does, and open or join incidents."""

import hashlib
from datetime import datetime, timedelta
from functools import partial

from shared.events.pushed import PushedAsk
from shared.incidents.grade import severity_of_breach
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.declare import beside_declared
from shared.incidents.ports import Casework, Policy, SignalSources, Watermarks
from shared.incidents.watch import pushed_counts, take_up_each
from shared.objectives.breach import Breach

_REACH = timedelta(minutes=1)  # older buckets are left to the watch
# A look that takes longer was left by an instance that fell over.
_LONGEST = timedelta(seconds=30)
_SKEW = timedelta(seconds=2)  # between the clocks of who asks and who looks


def look_at_pushed(
    sources: SignalSources, policy: Policy, casework: Casework, ask: PushedAsk, now: datetime
) -> tuple[Incident, ...]:
    """Look once, unless a look began after the ask or is under way; return what was opened, reopened or joined.

    It recounts whole buckets in the place of the old counts, so that it is safe to repeat, and beside the watch.
    """
    if policy.resource(ask.resource) is None:
        return ()  # watched no more
    marks = _LookMarks(sources.watermarks, ask.resource)
    if not marks.is_wanted(ask.at, now):
        return ()
    marks.note_begun(now)
    counts = pushed_counts(sources, {ask.resource}, now, _REACH)
    sources.counts.replace(counts)
    news = partial(_is_news, policy, casework)
    learned = sources.learned.normals.of(ask.resource)
    incidents = take_up_each(
        sources, policy, casework, counts, now, learned=learned, loop="judge_pushed", is_wanted=news
    )
    marks.note_ended(now)
    return tuple(incidents)


def _is_news(policy: Policy, casework: Casework, breach: Breach) -> bool:
    """Tell whether a breach opens or reopens an incident, or raises its severity.

    That it goes on, the watch notes once a minute: a look every few seconds would change the incident again and again
    while it is diagnosed, and no diagnosis would be kept.
    """
    current = casework.incidents.current(breach.resource, breach.symptom)
    if current is None or not current.is_open:
        return True
    return beside_declared(severity_of_breach(policy, breach, current), current) < current.severity


class _LookMarks:
    """When the last look at a resource began, and the beginning of the last one that ended."""

    def __init__(self, marks: Watermarks, resource: str) -> None:
        key = hashlib.sha256(resource.encode()).hexdigest()[:16]  # an ARM id holds "/", a key may not
        self._marks = marks
        self._begun, self._ended = f"pushed~{key}~begun", f"pushed~{key}~ended"

    def is_wanted(self, asked_at: datetime, now: datetime) -> bool:
        begun = self._marks.get(self._begun)
        if begun is None or begun > now + _SKEW:  # by a clock that was wrong
            return True
        if begun > asked_at + _SKEW:  # it saw what is asked for
            return False
        ended = self._marks.get(self._ended)
        # In a storm the next ask comes in seconds; looks beside each other would only read the same rows.
        return (ended is not None and ended >= begun) or now - begun >= _LONGEST

    def note_begun(self, now: datetime) -> None:
        self._marks.advance(self._begun, now)

    def note_ended(self, begun: datetime) -> None:
        self._marks.advance(self._ended, begun)
