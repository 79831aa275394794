"""The bundles of dependencies that several capabilities work with."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.notifying import notifier
from shared.app.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.configuration.snapshot import Configuration
    from shared.context.declared import Declarations, LineUses
    from shared.context.dependencies import UsedBy
    from shared.context.ports import ContextSources
    from shared.context.review.judge import Review
    from shared.incidents.ports import Casework, Policy, SignalSources
    from shared.notices.delivery.at_once import JustAsked
    from shared.settings import Settings


def signal_sources(runtime: Runtime) -> "SignalSources":
    """Return where signals are asked."""
    from shared.incidents.ports import FirstHand, Learned, SignalSources

    return SignalSources(
        logs_over=runtime.logs_over,
        metrics=runtime.metrics,
        watermarks=stores.watermarks(runtime.storage),
        learned=Learned(stores.regions(runtime.storage), stores.normals(runtime.storage)),
        counts=stores.counts(runtime.storage),
        absent=runtime.absent,
        first_hand=FirstHand(stores.events(runtime.storage), stores.tries(runtime.storage)),
        context=runtime.context,
    )


def policy(runtime: Runtime, configuration: "Configuration") -> "Policy":
    """Return what the team decided."""
    from shared.incidents.ports import Policy

    return Policy(
        resources=configuration.resources,
        objectives=configuration.objectives,
        severity=configuration.severity,
        playbooks=runtime.playbooks(),
        users=runtime.users,
    )


def casework(
    runtime: Runtime, configuration: "Configuration", asked: "JustAsked | None" = None
) -> "Casework":
    """Return where incidents are kept, and what is done about them; `asked` is told what is to be delivered at once."""
    from shared.incidents.ports import Casework

    return Casework(
        incidents=stores.incidents(runtime.storage),
        documents=stores.documents(runtime.storage),
        alerts=stores.alerts(runtime.storage),
        work=stores.work(runtime.storage),
        notifier=notifier(runtime, configuration, asked),
        declarations=declarations(runtime, configuration),
        troubles=stores.quarantine(runtime.storage),
    )


def declarations(runtime: Runtime, configuration: "Configuration") -> "Declarations":
    """Return what tells what Microsoft declared about each watched resource, from what is stored."""
    from shared.context.declared import Declarations

    return Declarations(stores.declared_events(runtime.storage), partial(line_uses, runtime, configuration))


def line_uses(runtime: Runtime, configuration: "Configuration") -> "Mapping[str, LineUses]":
    """Return which services each watched resource is and needs, and in which regions."""
    from shared.context.declared import LineUses
    from shared.context.service_health import Use
    from shared.signals.metrics.poll import region_of
    from shared.signals.regions import learnt_regions

    regions = learnt_regions(configuration.resources, stores.regions(runtime.storage))
    dependencies = used_by(runtime, configuration)
    uses = {}
    for resource in configuration.resources:
        needed = dependencies(resource.id)
        own = (Use(resource.service, region_of(resource, regions)),)
        around = tuple(Use(service, region or None) for service, region in needed.services())
        uses[resource.id] = LineUses(own, around, needed.resources())
    return uses


def used_by(runtime: Runtime, configuration: "Configuration") -> "UsedBy":
    """Return what tells what a line depends on: what the team declared, and what was found."""
    from shared.context.dependencies import dependencies_of

    return partial(dependencies_of, configuration.dependencies, runtime.discovered.needed_by_line)


def reviewer(
    runtime: Runtime, configuration: "Configuration", sources: "ContextSources | None" = None
) -> "Callable[[str, str], Review]":
    """Return what reviews a resource of an environment; `sources` are the app's own unless others are given.

    Who gives others is not the app, so that its settings tell nothing about what the app signs with.
    """
    from dataclasses import replace

    from shared.context.dependencies import idle_limit_of
    from shared.context.live import Gap
    from shared.context.ports import Absence
    from shared.context.review.needs import checked_needs
    from shared.context.review.review import review_resource, surroundings_of

    asked, needs = sources or runtime.context, used_by(runtime, configuration)
    unknown = Gap(Absence.NOT_CONNECTED, "whether the app signs with a key is known to the app alone")

    def review(resource: str, environment: str) -> "Review":
        around = replace(
            surroundings_of(asked, resource, environment),
            signs_with_key=_signs_with_key(runtime.settings, resource) if sources is None else unknown,
            idle_limit=idle_limit_of(configuration.dependencies, resource),
            dependencies=checked_needs(asked, needs(resource)),
        )
        return review_resource(asked, resource, around, runtime.clock.now())

    return review


def _signs_with_key(settings: "Settings", resource: str) -> bool:
    """Tell whether a connection string of this app is one of the resource."""
    connections = (settings.web_pubsub_connection, settings.web_pubsub_connection_secondary)
    name = resource.rpartition("/")[2]
    return any(f"://{name}." in (connection or "").lower() for connection in connections)
