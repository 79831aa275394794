"""Keep what was given up."""

from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from shared.health.readiness import Probe


def collect_once(queue: str, message: str, attempts: int, runtime: Runtime | None = None) -> None:
    """Turn a message that was given up into a dead letter."""
    from shared.health.deadletters import collect

    runtime = runtime or current()
    collect(queue, message, attempts, runtime.clock.now(), stores.dead_letters(runtime.storage))


def probes(runtime: Runtime) -> "list[Probe]":  # noqa: ARG001  # every capability has probes
    """Return none: dead letters need no more than storage."""
    return []
