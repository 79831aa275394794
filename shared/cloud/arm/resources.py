"""Read resources of Azure Resource Manager as raw JSON; nothing is written."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from shared.cloud.arm.failure import late, unavailable, unreadable
from shared.cloud.arm.pipeline import arm_client
from shared.context.ports import RawJson

MOST_BYTES = 4 * 1024 * 1024  # of one answer
MOST_PAGES = 50  # of one collection


class ArmResources:
    """The endpoint of Azure Resource Manager; implements `shared.context.ports.ResourceReader`."""

    def __init__(self, credential: TokenCredential, endpoint: str) -> None:
        """Take the endpoint of the cloud; the audience of tokens follows it."""
        self._endpoint = endpoint
        self._client = arm_client(credential, endpoint)

    def get(self, resource: str, api_version: str, within: timedelta) -> RawJson:
        """Return the raw JSON of the resource with this ARM id.

        Raises:
            SourceUnavailableError: it did not answer, and why.
        """
        return self._ask(f"{self._endpoint}{resource}?api-version={api_version}", _what(resource), within)

    def children(
        self, collection: str, api_version: str, within: timedelta, *, only: str = ""
    ) -> tuple[RawJson, ...]:
        """Return the members of a collection, over all pages.

        Raises:
            SourceUnavailableError: it did not answer in full, and why.
        """
        what, ends = _what(collection), time.monotonic() + within.total_seconds()
        condition = f"&$filter={quote(only)}" if only else ""
        link: object = f"{self._endpoint}{collection}?api-version={api_version}{condition}"
        members: list[RawJson] = []
        for _ in range(MOST_PAGES):
            if not isinstance(link, str) or not link.startswith(f"{self._endpoint}/"):
                raise unreadable(what, "its next page is at another host")
            rest = ends - time.monotonic()
            if rest <= 0:
                raise late(what)
            page = self._ask(link, what, timedelta(seconds=rest))
            members += _members(page, what)
            link = page.get("nextLink")
            if not link:
                return tuple(members)
        raise unreadable(what, f"it has more than {MOST_PAGES} pages")

    def _ask(self, address: str, what: str, within: timedelta) -> Mapping[str, Any]:
        seconds = within.total_seconds()
        try:
            response = self._client.send_request(
                HttpRequest("GET", address),
                timeout=seconds,
                connection_timeout=min(10.0, seconds),
                read_timeout=seconds,
            )
            if response.status_code != 200:
                raise HttpResponseError(response=response)
            return _object(response, what)
        except AzureError as error:
            raise unavailable(error, what) from error


def _object(response: HttpResponse, what: str) -> Mapping[str, Any]:
    if len(response.content) > MOST_BYTES:
        raise unreadable(what, f"it has more than {MOST_BYTES} bytes")
    try:
        document = response.json()
    except ValueError as error:
        raise unreadable(what, "it is not JSON") from error
    if not isinstance(document, dict):
        raise unreadable(what, "it is not an object")
    return document


def _members(page: Mapping[str, Any], what: str) -> list[RawJson]:
    members = page.get("value")
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise unreadable(what, "its members are not objects")
    return members


def _what(resource: str) -> str:
    """Return how a failure names what was asked: the end of an id, after its group."""
    parts = resource.rsplit("/providers/", 1)[-1].split("/")
    return "/".join(parts[1:]) or resource
