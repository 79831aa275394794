"""Timer: ask for the notices that are due."""

import azure.functions as func

from shared.app import notifying

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%NOTICE_SCHEDULE%")
def send_due_notices(timer: func.TimerRequest) -> None:
    """Ask for what was put off, and for what a lost message named."""
    notifying.send_due_once()
