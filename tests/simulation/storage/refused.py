"""How a call to storage is refused, as whoever calls an SDK sees it."""

from collections.abc import Callable

import pytest
from azure.core.exceptions import AzureError, HttpResponseError


def refusal(call: Callable[[], object]) -> tuple[str, int | None, str]:
    """Return how a call fails: the error of the SDK, its status and the service's code."""
    with pytest.raises(AzureError) as error:
        call()
    code = getattr(error.value, "error_code", None)
    status = error.value.status_code if isinstance(error.value, HttpResponseError) else None
    return type(error.value).__name__, status, str(getattr(code, "value", code))
