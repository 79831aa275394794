"""Timer: give alerts in Azure the state of the incidents that began with them."""

import azure.functions as func

from shared.app.alerts import reconciling

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%TRACK_SCHEDULE%")
def set_alert_states(timer: func.TimerRequest) -> None:
    """Set the states that are due, where SET_ALERT_STATES is true."""
    reconciling.set_states_once()
