"""Keep what was given up, and say what was set aside."""

from functools import partial
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


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what tells that nothing is set aside."""
    from shared.health.readiness import Probe

    return [Probe("quarantine", partial(_check, runtime))]


def _check(runtime: Runtime) -> None:
    from shared.cloud.storage.unavailable import storage_answers
    from shared.health.quarantine import check_quarantine

    with storage_answers():
        check_quarantine(stores.quarantine(runtime.storage))
