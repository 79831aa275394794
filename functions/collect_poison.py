"""Queues: turn every message that was given up into a dead letter with its reason."""

import azure.functions as func

from shared import wiring
from shared.clock import PROCESS_CLOCK
from shared.health.deadletters import collect

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="work-poison", connection="AzureWebJobsStorage")
def collect_poison_work(message: func.QueueMessage) -> None:
    """Keep what `diagnose_incident` gave up."""
    _collect("work", message)


@blueprint.queue_trigger(arg_name="message", queue_name="notices-poison", connection="AzureWebJobsStorage")
def collect_poison_notices(message: func.QueueMessage) -> None:
    """Keep what `deliver_notice` gave up."""
    _collect("notices", message)


def _collect(queue: str, message: func.QueueMessage) -> None:
    text = message.get_body().decode("utf-8", errors="replace")
    collect(queue, text, message.dequeue_count or 0, PROCESS_CLOCK.now(), wiring.dead_letters())
