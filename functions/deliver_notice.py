"""Queue `notices`: deliver one notice to Teams."""

import azure.functions as func

from shared import wiring

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="notices", connection="AzureWebJobsStorage")
def deliver_notice(message: func.QueueMessage) -> None:
    """Deliver the notice that the message names, unless it was delivered already."""
    wiring.deliver_once(message.get_body().decode())
