"""Tell whether the app is alive, and whether everything that its capabilities depend on answers."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from shared.app import (
    dead_letters,
    diagnosing,
    notifying,
    pubsub_events,
    retaining,
    tracking,
    trying,
    watching,
)
from shared.app.alerts import alerting, reconciling
from shared.app.context import declaring, discovering, reviewing
from shared.app.names import Container, Queue, Table
from shared.app.pages import answering, boarding
from shared.app.runtime import Runtime, current
from shared.app.tokens import communicating, negotiating
from shared.errors import LinekeeperError

if TYPE_CHECKING:
    from shared.health.readiness import Probe, Report

CAPABILITIES = (
    watching,
    tracking,
    diagnosing,
    notifying,
    answering,
    boarding,
    alerting,
    reconciling,
    negotiating,
    communicating,
    pubsub_events,
    trying,
    reviewing,
    declaring,
    discovering,
    dead_letters,
    retaining,
)


def report_health_once() -> dict[str, str]:
    """Tell that the process answers."""
    from shared.health.liveness import liveness

    return liveness()


async def report_readiness_once(
    given_key: str | None, runtime: Runtime | None = None
) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body for a caller with this key, from the report that is kept for everybody.

    Whoever waits for it waits in no thread: those of the host are for alerts.
    """
    from shared.health.readiness import answer

    runtime = runtime or current()
    report = await asyncio.wrap_future(runtime.readiness.latest())
    return answer(report, given_key=given_key, key=runtime.settings.health_key)


def report(runtime: Runtime) -> "Report":
    """Ask everything that the app depends on, now."""
    return runtime.prober.report(list(probes(runtime)))


def probes(runtime: Runtime) -> "Iterator[Probe]":
    """Return what must hold for every capability, and before all storage."""
    from shared.cloud.storage.check import check_storage
    from shared.health.readiness import Probe

    def ask_storage() -> None:
        check_storage(runtime.storage, Table.INCIDENTS, Queue.WORK, Container.DOCUMENTS)

    yield Probe("storage", ask_storage)
    for capability in CAPABILITIES:
        try:
            yield from capability.probes(runtime)
        except LinekeeperError as error:  # nobody knows its configuration
            yield Probe(capability.__name__.rpartition(".")[2], partial(_fail, error))


def _fail(error: LinekeeperError) -> None:
    raise error
