"""Query Azure Resource Graph, page by page, within its quota."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError

from shared.cloud.arm.failure import late, unavailable, unreadable
from shared.cloud.retries import WithinBudget
from shared.context.ports import Absence, RawJson, SourceUnavailableError

if TYPE_CHECKING:
    from azure.mgmt.resourcegraph import ResourceGraphClient

MOST_ROWS = 10_000  # of one answer, over all pages
_PAGE = 1000  # the most that the service gives
_WHAT = "Resource Graph"
_REMAINING, _RESETS_AFTER = "x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"
_DURATION = re.compile(r"(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)(?:\.\d+)?")
_LONGEST_RESET = 60.0  # seconds; the quota is one of five


class QuotaRetries(WithinBudget):
    """Retries that wait for the quota of the caller, which a refusal names in a header of its own."""

    def get_retry_after(self, response: Any) -> float | None:
        """Return how many seconds to wait, None where the service does not say it."""
        waits = super().get_retry_after(response)
        return waits if waits is not None else resets_after(response.http_response.headers)


class ArmGraph:
    """Resource Graph behind an endpoint of Azure Resource Manager; implements `shared.context.ports.ResourceGraph`."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        """Take the endpoint of the cloud; the audience of tokens follows it."""
        self._credential = credential
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._quota_back_at = 0.0  # of the monotonic clock

    def query(self, kql: str, subscriptions: Sequence[str], within: timedelta) -> tuple[RawJson, ...]:
        """Return every row, over all pages.

        Raises:
            SourceUnavailableError: it did not answer in full, and why.
        """
        ends = time.monotonic() + within.total_seconds()
        rows: list[RawJson] = []
        for page in self._pages(kql, list(subscriptions), ends):
            rows += page
            if len(rows) > MOST_ROWS:
                raise unreadable(_WHAT, f"it has more than {MOST_ROWS} rows")
        return tuple(rows)

    def _pages(self, kql: str, subscriptions: list[str], ends: float) -> Iterator[list[RawJson]]:
        from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions  # noqa: PLC0415

        token: str | None = None
        while True:
            options = QueryRequestOptions(top=_PAGE, skip_token=token, result_format="objectArray")
            request = QueryRequest(query=kql, subscriptions=subscriptions or None, options=options)
            answer = self._ask(request, ends)
            if not isinstance(answer.data, list) or not all(isinstance(row, dict) for row in answer.data):
                raise unreadable(_WHAT, "its rows are not objects")
            yield answer.data
            token = answer.skip_token
            if not token:
                if str(answer.result_truncated).lower() == "true":
                    raise unreadable(_WHAT, "it was cut, and cannot be continued: its rows have no id")
                return

    def _ask(self, request: Any, ends: float) -> Any:
        self._await_quota(ends)
        seconds = ends - time.monotonic()
        if seconds <= 0:
            raise late(_WHAT)
        try:
            return self._sdk.resources(
                request,
                timeout=seconds,
                connection_timeout=min(10.0, seconds),
                read_timeout=seconds,
                retry_on_methods=["POST"],  # a query changes nothing, so it may be sent again
                raw_response_hook=self._note_quota,
            )
        except AzureError as error:
            raise unavailable(error, _WHAT) from error

    def _await_quota(self, ends: float) -> None:
        """Wait until the quota that the last answer used up is back.

        Raises:
            SourceUnavailableError: that would take longer than there is time.
        """
        with self._lock:
            back_at = self._quota_back_at
        if back_at > ends:
            raise SourceUnavailableError(
                f"{_WHAT}: the quota of the app is used up", absence=Absence.THROTTLED
            )
        time.sleep(max(0.0, back_at - time.monotonic()))

    def _note_quota(self, response: Any) -> None:
        headers = response.http_response.headers
        if headers.get(_REMAINING) == "0":
            with self._lock:
                self._quota_back_at = time.monotonic() + (resets_after(headers) or 0.0)

    @cached_property
    def _sdk(self) -> "ResourceGraphClient":
        from azure.mgmt.resourcegraph import ResourceGraphClient  # noqa: PLC0415

        return ResourceGraphClient(
            self._credential,
            self._endpoint,
            # The audience follows the endpoint only when it is given (azure-mgmt-resourcegraph 8.0.1, `_resource_graph_client.py`).
            credential_scopes=[f"{self._endpoint}/.default"],
            retry_policy=QuotaRetries(retry_status=3),
        )


def resets_after(headers: Any) -> float | None:
    """Return in how many seconds the quota of the caller is back, None where the service does not say it."""
    match = _DURATION.fullmatch(headers.get(_RESETS_AFTER) or "")
    if match is None:
        return None
    seconds = int(match["hours"]) * 3600 + int(match["minutes"]) * 60 + int(match["seconds"])
    return min(float(seconds), _LONGEST_RESET)
