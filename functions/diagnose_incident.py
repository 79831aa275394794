"""Queue `work`: diagnose one incident."""

import azure.functions as func

from shared import wiring

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
def diagnose_incident(message: func.QueueMessage) -> None:
    """Look at the incident that the message names, if a look is due."""
    wiring.diagnose_once(message.get_body().decode())
