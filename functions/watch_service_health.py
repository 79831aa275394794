"""Timer: read what Microsoft declared about the services in use."""

import azure.functions as func

from shared.app.context import declaring

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%SERVICE_HEALTH_SCHEDULE%")
def watch_service_health(timer: func.TimerRequest) -> None:
    """Read once; a reading that was missed is made up for by the next."""
    declaring.watch_service_health_once()
