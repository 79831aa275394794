"""Ask Azure Resource Health for one resource at a time: Resource Graph has it for virtual machines only.

https://learn.microsoft.com/rest/api/resourcehealth/availability-statuses/get-by-resource
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.cloud.arm.failure import unreadable
from shared.context.ports import Availability, HealthState, ResourceReader
from shared.redaction import redact

_VERSION = "2022-10-01"
_CURRENT = "/providers/Microsoft.ResourceHealth/availabilityStatuses/current"
_MOST_LETTERS = 500  # of Azure's own words
_STATES = {state.value.lower(): state for state in HealthState}


class ArmHealth:
    """Resource Health behind an endpoint of Azure Resource Manager; implements `shared.context.ports.ResourceHealth`."""

    def __init__(self, resources: ResourceReader) -> None:
        self._resources = resources

    def current(self, resource: str, within: timedelta) -> Availability:
        """Return the health of a resource now.

        Raises:
            SourceUnavailableError: it did not answer, or does not know this type of resource.
        """
        document = self._resources.get(f"{resource}{_CURRENT}", _VERSION, within)
        properties = document.get("properties")
        if not isinstance(properties, dict):
            raise unreadable("Resource Health", "it has no properties")
        return _availability(resource, properties)


def _availability(resource: str, properties: Mapping[str, Any]) -> Availability:
    return Availability(
        resource=resource.lower(),
        # A state that is new to us is not a healthy one.
        state=_STATES.get(_text(properties, "availabilityState").lower(), HealthState.UNKNOWN),
        title=_text(properties, "title"),
        summary=_text(properties, "summary"),
        cause=_text(properties, "reasonType"),
        # Older versions misspell it.
        since=_moment(properties, "occurredTime") or _moment(properties, "occuredTime"),
        reported=_moment(properties, "reportedTime"),
    )


def _text(properties: Mapping[str, Any], name: str) -> str:
    return redact(str(properties.get(name) or ""))[:_MOST_LETTERS]


def _moment(properties: Mapping[str, Any], name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(properties.get(name) or ""))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
