"""Queue `alerts`: take one alert in."""

import azure.functions as func

from shared.app.alerts import alerting

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="alerts", connection="AzureWebJobsStorage")
def handle_alert(message: func.QueueMessage) -> None:
    """Take the alert that the message names into its incident, or tell people of it as it is."""
    alerting.handle_alert_once(message.get_body().decode())
