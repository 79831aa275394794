"""Queue `pushed-poison`: turn every message that was given up into a dead letter with its reason."""

import azure.functions as func

from shared.app import dead_letters

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="pushed-poison", connection="AzureWebJobsStorage")
def collect_poison_pushed(message: func.QueueMessage) -> None:
    """Keep what `judge_pushed` gave up."""
    text = message.get_body().decode("utf-8", errors="replace")
    dead_letters.collect_once("pushed", text, message.dequeue_count or 0)
