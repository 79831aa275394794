"""Track: follow incidents until their fix has held, and write the cards that several of them share."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import delivered_at_once, notifier, router
from shared.app.retaining import delete_old_once
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from shared.configuration.snapshot import Configuration
    from shared.health.readiness import Probe
    from shared.incidents.track import Tracker
    from shared.notices.delivery.at_once import JustAsked
    from shared.notices.gather import Gatherer


def track_once(runtime: Runtime | None = None) -> None:
    """Follow every incident once, write the shared cards that are due, and log the heartbeat of a completed tracking.

    What was set aside meanwhile, by whichever function, is told.
    """
    from shared.health.heartbeat import log_track_heartbeat
    from shared.health.quarantine import tell_set_aside

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    with delivered_at_once(runtime, configuration) as asked:
        changed = tracker(runtime, configuration, asked).track(now)
        gatherer(runtime, configuration, asked).gather(now)
        tell_set_aside(stores.quarantine(runtime.storage), notifier(runtime, configuration, asked), now)
        log_track_heartbeat(changed, now)
    # Last: what is old may wait, and is deleted once an hour.
    delete_old_once(runtime)


def tracker(runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None) -> "Tracker":
    """Return what follows incidents."""
    from shared.context.dependencies import dependents_of
    from shared.incidents.track import Tracker

    rulings = router(runtime, configuration)
    return Tracker(
        casework=bundles.casework(runtime, configuration, asked),
        policy=bundles.policy(runtime, configuration),
        counts=stores.counts(runtime.storage),
        normals=stores.normals(runtime.storage),
        steps=rulings.steps,
        is_silent=rulings.is_silent,
        health=runtime.context.health,
        dependents=partial(dependents_of, configuration.dependencies),
    )


def gatherer(
    runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None
) -> "Gatherer":
    """Return what writes shared cards."""
    from shared.notices.cards.group_card import Words
    from shared.notices.gather import Gatherer

    return Gatherer(
        router=router(runtime, configuration),
        incidents=stores.incidents(runtime.storage),
        outbox=stores.outbox(runtime.storage, asked),
        words=Words(runtime.playbooks(), runtime.users),
        troubles=stores.quarantine(runtime.storage),
    )


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that incidents are followed."""
    from shared.health.schedules import schedule_probe

    return [schedule_probe("TRACK_SCHEDULE", runtime.settings.track_schedule)]
