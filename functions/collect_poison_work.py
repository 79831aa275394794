"""Queue `work-poison`: turn every message that was given up into a dead letter with its reason."""

import azure.functions as func

from shared.app import dead_letters

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="work-poison", connection="AzureWebJobsStorage")
def collect_poison_work(message: func.QueueMessage) -> None:
    """Keep what `diagnose_incident` gave up."""
    text = message.get_body().decode("utf-8", errors="replace")
    dead_letters.collect_once("work", text, message.dequeue_count or 0)
