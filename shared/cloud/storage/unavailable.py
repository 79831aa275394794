"""Turn errors of the storage SDKs into an error that says so and may be tried again."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError

from shared.errors import LinekeeperError


@contextmanager
def storage_answers() -> Iterator[None]:
    """Raise an error that may be tried again in the place of those that the SDKs raise.

    Raises:
        LinekeeperError: the storage account did not answer, or refused.
    """
    try:
        yield
    except AzureError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise LinekeeperError(f"storage does not answer: {first}", permanent=False) from error
