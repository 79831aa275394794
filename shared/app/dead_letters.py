"""Keep what was given up, and say what was set aside."""

from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.names import ALERT_QUEUES
from shared.app.runtime import Runtime, current

if TYPE_CHECKING:
    from shared.health.readiness import Probe


def collect_once(queue: str, message: str, attempts: int, runtime: Runtime | None = None) -> None:
    """Turn a message that was given up into a dead letter."""
    from shared.health.deadletters import collect

    runtime = runtime or current()
    if queue in ALERT_QUEUES:
        message = _with_payload_kept(message, runtime)
    collect(queue, message, attempts, runtime.clock.now(), stores.dead_letters(runtime.storage))


def _with_payload_kept(message: str, runtime: Runtime) -> str:
    """Keep the payload of an alert as a blob, for a letter holds ids, and return the message without it."""
    from shared.alerts.message import AlertMessage, read_message
    from shared.errors import InputError

    try:
        content = read_message(message)
    except InputError:
        return message
    if not isinstance(content, AlertMessage) or content.body is None:
        return message
    stores.inbox(lambda: runtime.storage).keep(content.key, content.body)
    return content.without_body()


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what tells that nothing is set aside."""
    from shared.health.readiness import Probe

    return [Probe("quarantine", partial(_check, runtime))]


def _check(runtime: Runtime) -> None:
    from shared.cloud.storage.unavailable import storage_answers
    from shared.health.quarantine import check_quarantine

    with storage_answers():
        check_quarantine(stores.quarantine(runtime.storage))
