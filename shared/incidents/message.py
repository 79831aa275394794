"""Read a message of the queue `work`."""

import json

from shared.errors import InputError


def incident_of(message: str) -> str:
    """Return the id of the incident that a message names.

    Raises:
        InputError: it names none; after five attempts the host moves such a message aside.
    """
    try:
        named = json.loads(message)["incident"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("message of queue work", f"{message[:80]!r}", '{"incident": "<id>"}') from error
    if not isinstance(named, str):
        raise InputError("message of queue work", f"the incident is {named!r}", "an id as text")
    return named
