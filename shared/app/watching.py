"""Watch: look at every watched resource, and open or join incidents."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.notifying import delivered_at_once, notifier
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.configuration.snapshot import Configuration
    from shared.health.readiness import Probe


def watch_once(runtime: Runtime | None = None) -> None:
    """Look at every watched resource once, say what cannot be seen, and log the heartbeat of a completed watch."""
    from shared.health.heartbeat import log_heartbeat
    from shared.health.source_watch import watch_sources
    from shared.incidents.watch import watch

    runtime = runtime or current()
    configuration, now = runtime.configuration(), runtime.clock.now()
    keep_files(runtime, configuration)
    policy = bundles.policy(runtime, configuration)
    with delivered_at_once(runtime, configuration) as asked:
        casework = bundles.casework(runtime, configuration, asked)
        watched = watch(bundles.signal_sources(runtime), policy, casework, now)
        announcer = notifier(runtime, configuration, asked)
        states = watch_sources(watched, stores.sources(runtime.storage), announcer, now)
        log_heartbeat(watched, list(states.values()), now)


def judge_pushed_once(message: str, runtime: Runtime | None = None) -> None:
    """Look at what the resource pushed that a message of the queue names, and not only at the next minute's watch."""
    from shared.events.pushed import PushedAsk
    from shared.incidents.recent.pushed import look_at_pushed

    runtime = runtime or current()
    configuration, ask = runtime.configuration(), PushedAsk.of(message)
    policy, now = bundles.policy(runtime, configuration), runtime.clock.now()
    with delivered_at_once(runtime, configuration) as asked:
        casework = bundles.casework(runtime, configuration, asked)
        look_at_pushed(bundles.signal_sources(runtime), policy, casework, ask, now)


def keep_files(runtime: Runtime, configuration: "Configuration") -> None:
    """Keep the last good version of each file of configuration, and tell of those that are wrong.

    The app alone does so, once a minute: a command on a laptop has files of its own.
    """
    from shared.health.configuration_watch import announce_broken_files

    versions = configuration.keep()
    announcer, known = notifier(runtime, configuration), stores.faults(runtime.storage)
    announce_broken_files(versions, known, announcer, runtime.clock.now())


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold so that the watch sees."""
    from shared.health.metric_probes import metric_probes
    from shared.health.readiness import Probe
    from shared.health.schedules import schedule_probe

    configuration = runtime.configuration(waits=False)
    yield schedule_probe("WATCH_SCHEDULE", runtime.settings.watch_schedule)
    yield Probe("settings: CONFIG_CONTAINER", runtime.settings.check_config_container)
    for name in ("resources", "objectives", "severity"):
        yield Probe(f"configuration: {name}", partial(configuration.require, name))
    workspaces = (name for resource in configuration.resources for name in resource.workspaces)
    for workspace in dict.fromkeys(workspaces):
        yield Probe(f"workspace {workspace}", partial(_ask_workspace, runtime, workspace))
    # Not the learnt regions: they stand in storage, whose failure must not end the report.
    yield from metric_probes(configuration.resources, runtime.metrics, runtime.clock.now())


def _ask_workspace(runtime: Runtime, workspace: str) -> None:
    runtime.logs_over([workspace]).query("print Answer = 1", timedelta(seconds=10))
