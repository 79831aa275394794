"""Count how often an incident came back lately, for one that keeps coming back is damped."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.incidents.incident import Incident

FLAPS_WITHIN = timedelta(hours=6)
FLAPS_FROM = 3  # returns within that time
_MOST_RETURNS = 20


def with_return(incident: Incident, now: datetime) -> Incident:
    """Return an incident with one more return, and whether it keeps coming back."""
    returns = (*(at for at in incident.returns if now - at <= FLAPS_WITHIN), now)[-_MOST_RETURNS:]
    return replace(incident, returns=returns, is_flapping=len(returns) >= FLAPS_FROM)
