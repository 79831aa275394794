"""Post messages to Teams through the webhook of a workflow."""

from collections.abc import Mapping
from typing import Any

import requests

from shared.errors import LinekeeperError

_TIMEOUTS = (5, 15)  # seconds to connect, and to answer


class TeamsWebhook:
    """One webhook. Its address carries its own permission: it stands in no error, no log and no repr."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Post a message; return only when Teams took it.

        Raises:
            LinekeeperError: it did not.
        """
        try:
            answer = self._session.post(self._address, json=message, timeout=_TIMEOUTS, allow_redirects=False)
        except requests.RequestException as error:
            # `from None`: the text of the error, which a traceback would show, holds the address.
            raise LinekeeperError(
                f"Teams could not be reached: {type(error).__name__}", permanent=False
            ) from None
        if not 200 <= answer.status_code < 300:
            raise LinekeeperError(f"Teams answered {answer.status_code}; expected 2xx", permanent=False)
