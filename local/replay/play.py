"""Play a case in virtual time through the app's own triggers, queues and tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.replay.stage import Stage
from shared.app.stores import incidents
from shared.incidents.incident import Entry, Incident

MINUTE = timedelta(minutes=1)
FOLLOWED_CLOSELY = timedelta(minutes=45)  # after the last row: more diagnoses, and a validation that ends
THEN_EVERY = timedelta(hours=1)
FOLLOWED = timedelta(hours=26)  # after the last row: what nothing confirms closes within a day
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
DECLARING = "watch_service_health"  # of cases that say what Microsoft declared
TIMERS = ("watch_connectivity", "track_incidents", "send_due_notices")


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happened to an incident; `entry` is the line of its timeline."""

    incident: Incident
    entry: Entry


def play(stage: Stage, interval: timedelta = MINUTE) -> Iterator[Scene]:
    """Fire the timers `every` so often, from the case's start until every incident of it has ended and is told."""
    counts: dict[str, int] = {}
    for moment in _moments(stage, interval):
        tick(stage, moment)
        yield from news(incidents_of(stage), counts)


def tick(stage: Stage, moment: datetime) -> None:
    """Move to a moment, and fire every timer there."""
    stage.move_to(moment)
    declaring = (DECLARING,) if stage.azure.arm.store.rows.get("servicehealthresources") else ()
    for timer in (*declaring, *TIMERS):
        stage.host.fire(timer)
        stage.host.drain()


def incidents_of(stage: Stage) -> tuple[Incident, ...]:
    """Return all incidents of the case's resource, oldest first."""
    store = incidents(stage.runtime.storage)
    return tuple(store.of_resource(stage.case.scope.resources[0], _EVER))


def _moments(stage: Stage, interval: timedelta) -> Iterator[datetime]:
    """Yield the ticks. A tick that is left out is a timer that was missed, which changes nothing but how soon."""
    moment = stage.case.scope.window.start + interval
    while stage.is_hiding():
        yield moment
        moment += interval
    last_row = moment
    while moment <= last_row + FOLLOWED:
        yield moment
        if not any(incident.is_open for incident in incidents_of(stage)) and not stage.is_telling():
            return
        moment += interval if moment < last_row + FOLLOWED_CLOSELY else THEN_EVERY


def news(incidents: Iterable[Incident], counts: dict[str, int]) -> Sequence[Scene]:
    """Return what is new on the timelines, oldest first, and note in `counts` how many entries were made so far."""
    scenes: list[Scene] = []
    for incident in incidents:
        count = _entry_count(incident)
        fresh = count - counts.get(incident.id, 0)
        # A timeline is folded in its middle: what is new is at its end.
        scenes += [
            Scene(incident, entry) for entry in incident.timeline[max(0, len(incident.timeline) - fresh) :]
        ]
        counts[incident.id] = count
    return sorted(scenes, key=lambda scene: scene.entry.at)


def _entry_count(incident: Incident) -> int:
    """Count all entries that were ever made, those that the fold's line stands for among them."""
    return len(incident.timeline) + (incident.fold.count - 1 if incident.fold else 0)
