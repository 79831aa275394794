"""Queue `work`: diagnose one incident."""

import azure.functions as func

from shared.app import diagnosing

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
def diagnose_incident(message: func.QueueMessage) -> None:
    """Look at the incident that the message names, if a look is due."""
    diagnosing.diagnose_once(message.get_body().decode())
