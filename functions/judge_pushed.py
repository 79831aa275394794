"""Queue `pushed`: judge at once what a resource pushed to us."""

import azure.functions as func

from shared.app import watching

blueprint = func.Blueprint()


@blueprint.queue_trigger(arg_name="message", queue_name="pushed", connection="AzureWebJobsStorage")
def judge_pushed(message: func.QueueMessage) -> None:
    """Count the events and tries of the resource that the message names, and open or join incidents."""
    watching.judge_pushed_once(message.get_body().decode())
