"""Timer: find the resources that resources.yaml selects, and what each line depends on."""

import azure.functions as func

from shared.app.context import discovering

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%DISCOVER_SCHEDULE%")
def discover_resources(timer: func.TimerRequest) -> None:
    """Ask Resource Graph once; where it does not answer, what it found last goes on to count."""
    discovering.discover_once()
