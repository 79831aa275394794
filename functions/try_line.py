"""Timer: try the line as a client does."""

import azure.functions as func

from shared.app import trying

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%CANARY_SCHEDULE%")
def try_line(timer: func.TimerRequest) -> None:
    """Try each hub of CANARY_HUB once; a try that was missed is not made up for."""
    trying.try_line_once()
