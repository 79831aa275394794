"""Queue `notices`: deliver what waits in one stream of notices."""

import azure.functions as func

from shared.app import notifying

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="notices", connection="AzureWebJobsStorage")
def deliver_notice(message: func.QueueMessage) -> None:
    """Deliver once from the stream that the message names; what a receiver does not take is put off."""
    notifying.deliver_once(message.get_body().decode())
