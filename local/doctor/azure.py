"""What the doctor asks Azure with the login of the person: the sources of the product, settings, and the time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from shared.cloud.arm.failure import unavailable, unreadable
from shared.cloud.arm.pipeline import arm_client
from shared.cloud.entra.credentials import Credential
from shared.context.ports import ContextSources
from shared.queries.logs import Logs

WITHIN = timedelta(seconds=20)  # of one question


@dataclass(frozen=True, eq=False)
class AskedAzure:
    """The clouds as the doctor asks them."""

    sources: ContextSources
    logs_of: Callable[[str], Logs]  # by the GUID of a workspace
    credential: Credential
    endpoint: str  # of Azure Resource Manager

    def listed(self, place: str, api_version: str, within: timedelta = WITHIN) -> Mapping[str, Any]:
        """Return what an action `list` answers, such as that of settings, which a GET does not show.

        Raises:
            SourceUnavailableError: it did not answer.
        """
        response = self._send(
            "POST", f"{place}/list?api-version={api_version}", "the settings of the app", within
        )
        document = response.json()
        if not isinstance(document, dict):
            raise unreadable("the settings of the app", "they are not an object")
        return document

    def time(self, place: str, api_version: str, within: timedelta = WITHIN) -> datetime:
        """Return the time that Azure answers with.

        Raises:
            SourceUnavailableError: it did not answer, or told no time.
        """
        what = "the time of Azure"
        response = self._send("GET", f"{place}?api-version={api_version}", what, within)
        try:
            return parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError) as error:
            raise unreadable(what, "the answer has no date") from error

    def _send(self, method: str, path: str, what: str, within: timedelta) -> HttpResponse:
        try:
            response = self._client.send_request(
                HttpRequest(method, f"{self.endpoint}{path}"), timeout=within.total_seconds()
            )
            if response.status_code != 200:
                raise HttpResponseError(response=response)
        except AzureError as error:
            raise unavailable(error, what, "Website Contributor" if method == "POST" else "Reader") from error
        return response

    @cached_property
    def _client(self) -> PipelineClient[HttpRequest, HttpResponse]:
        return arm_client(self.credential, self.endpoint)
