"""Timer: find faults of configurations before they hurt."""

import azure.functions as func

from shared.app.context import reviewing

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%REVIEW_SCHEDULE%")
def review_configuration(timer: func.TimerRequest) -> None:
    """Judge every watched resource, and announce what is new; a review that was missed is made up for by the next."""
    reviewing.review_once()
