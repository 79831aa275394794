"""Timer: follow incidents until their fix has held."""

import azure.functions as func

from shared.app import tracking

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%TRACK_SCHEDULE%")
def track_incidents(timer: func.TimerRequest) -> None:
    """Ask for the looks that are due, validate, close and audit."""
    tracking.track_once()
