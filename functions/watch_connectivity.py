"""Timer: look at every watched resource, and open or join incidents."""

import azure.functions as func

from shared.app import watching

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%WATCH_SCHEDULE%")
def watch_connectivity(timer: func.TimerRequest) -> None:
    """Look once; a look that was missed is made up for by the next."""
    watching.watch_once()
