"""Change the state of alerts in Azure: the only write of the product to Azure.

https://learn.microsoft.com/rest/api/monitor/alertsmanagement/alerts/change-state
"""

from datetime import timedelta

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest

from shared.alerts.azure_states import AzureAlert
from shared.alerts.missed import ALERT_VERSION, body_of
from shared.alerts.parse import alert_of
from shared.cloud.arm.failure import unavailable, unreadable
from shared.cloud.arm.pipeline import arm_client
from shared.context.ports import ResourceReader
from shared.errors import InputError
from shared.incidents.incident import AlertState

ROLE = "Monitoring Contributor"  # the narrowest built-in role that has the action
_WHAT = "the state of an alert"


class ArmAlerts:
    """Alerts behind an endpoint of Azure Resource Manager; implements `shared.alerts.azure_states.AzureAlerts`."""

    def __init__(self, credential: TokenCredential, endpoint: str, resources: ResourceReader) -> None:
        """Take the endpoint of the cloud; the audience of tokens follows it."""
        self._endpoint = endpoint
        self._client = arm_client(credential, endpoint)
        self._resources = resources

    def current(self, alert: str, within: timedelta) -> AzureAlert:
        """Return an alert as it is now.

        Raises:
            SourceUnavailableError: it did not answer, and why.
        """
        document = self._resources.get(alert, ALERT_VERSION, within)
        try:
            state = AlertState(document["properties"]["essentials"]["alertState"])
            return AzureAlert(state, alert_of(body_of(document, fired=True)))
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(_WHAT, "it has no state that is known") from error
        except InputError as error:
            raise unreadable(_WHAT, error.message) from error

    def change_state(self, alert: str, state: AlertState, comment: str, within: timedelta) -> None:
        """Give an alert a state, and say why.

        Raises:
            SourceUnavailableError: it was not changed, or that is not known.
        """
        address = f"{self._endpoint}{alert}/changestate?api-version={ALERT_VERSION}&newState={state}"
        seconds = within.total_seconds()
        try:
            response = self._client.send_request(
                HttpRequest("POST", address, json={"comments": comment}),
                timeout=seconds,
                connection_timeout=min(10.0, seconds),
                read_timeout=seconds,
                retry_on_methods=["POST"],  # the same state again is the same state
            )
            if response.status_code != 200:
                raise HttpResponseError(response=response)
        except AzureError as error:
            raise unavailable(error, _WHAT, ROLE) from error
