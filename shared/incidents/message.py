"""Read the messages of our queues: each names one thing by its key."""

import json

from shared.errors import InputError


def key_from_message(message: str, queue: str, what: str) -> str:
    """Return the key that a message such as `{"incident": "<key>"}` names under `what`.

    Raises:
        InputError: it names none; after five attempts the host moves such a message aside.
    """
    try:
        key = json.loads(message)[what]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"message of queue {queue}", f"{message[:80]!r}", f'{{"{what}": "<key>"}}'
        ) from error
    if not isinstance(key, str):
        raise InputError(f"message of queue {queue}", f"the {what} is {key!r}", "a key as text")
    return key
