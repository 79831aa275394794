"""Timer: find alerts that Azure did not deliver."""

import azure.functions as func

from shared.app.alerts import reconciling

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%MISSED_ALERTS_SCHEDULE%")
def find_missed_alerts(timer: func.TimerRequest) -> None:
    """Look once; a look that was missed is made up for by the next."""
    reconciling.find_missed_once()
