"""Tell a storage account that does not answer from an error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError

from shared.errors import LinekeeperError


@contextmanager
def storage_answers() -> Iterator[None]:
    """Turn what the SDKs raise into an error that may be tried again.

    Raises:
        LinekeeperError: the storage account did not answer, or refused.
    """
    try:
        yield
    except AzureError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise LinekeeperError(f"storage does not answer: {first}", permanent=False) from error
