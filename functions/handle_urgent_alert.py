"""Queue `urgent-alerts`: take one alert of Sev0 or Sev1 in."""

import azure.functions as func

from shared.app.alerts import alerting

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="urgent-alerts", connection="AzureWebJobsStorage")
def handle_urgent_alert(message: func.QueueMessage) -> None:
    """Take the alert in as `handle_alert` does, however many others wait there."""
    alerting.handle_alert_once(message.get_body().decode())
