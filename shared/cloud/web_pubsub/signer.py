"""Sign tokens for clients of one Web PubSub resource, with an access key or through its REST API.

https://learn.microsoft.com/azure/azure-web-pubsub/howto-generate-client-access-url
"""

import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.messaging.webpubsubservice import WebPubSubServiceClient

from shared.errors import LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.grant import ClientAddress
from shared.tokens.policy import Rights

# A client waits for the answer and tries again by itself: an error at once serves it better than a late one.
_OPTIONS: Mapping[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 5,
    "retry_total": 1,  # of what never arrived
    "retry_read": 0,
    "retry_status": 0,  # the SDK would sleep for as long as the service says
    "retry_backoff_factor": 0.1,
}
_PROBED_USER = "linekeeper-readiness"
_DETAIL = 200  # letters of the service's own words that an error keeps

# Its debug lines hold addresses with tokens.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class WebPubSubSigner:
    """Implements `shared.tokens.grant.Signer`; may be used by several threads."""

    def __init__(self, endpoint: str, credential: AzureKeyCredential | TokenCredential) -> None:
        self._endpoint = endpoint.rstrip("/").lower()
        self._credential = credential
        self._clients: dict[str, WebPubSubServiceClient] = {}
        self._lock = threading.Lock()

    @classmethod
    def with_key(cls, endpoint: str, key: str) -> Self:
        """Return one that signs by itself, and asks nobody."""
        return cls(endpoint, AzureKeyCredential(key))

    @property
    def name(self) -> str:
        """What stands for the service in the log, and in what is known to be down."""
        return f"Web PubSub {self._endpoint.removeprefix('https://')}"

    def is_for(self, endpoint: str) -> bool:
        """Tell whether it signs for an endpoint."""
        return endpoint.rstrip("/").lower() == self._endpoint

    def sign(self, hub: str, rights: Rights, minutes: int) -> ClientAddress:
        """Return the address with a new token.

        Raises:
            LinekeeperError: the service, or who gives the app its own token, does not answer or refuses.
        """
        options: dict[str, Any] = {"user_id": rights.user} if rights.user else {}
        try:
            answer = self._client(hub).get_client_access_token(
                roles=list(rights.roles), groups=list(rights.groups), minutes_to_expire=minutes, **options
            )
        except (AzureError, ValueError) as error:
            raise self._failure(error) from error
        if not answer["token"]:
            raise LinekeeperError(f"{self.name} answered without a token", permanent=False)
        return ClientAddress(answer["url"], answer["baseUrl"], answer["token"])

    def check(self, hub: str) -> None:
        """Make sure that tokens are good: the identity gets one, or the service knows the key that signs.

        Raises:
            LinekeeperError: they are not, or the service does not answer.
        """
        if not isinstance(self._credential, AzureKeyCredential):
            self.sign(hub, Rights(_PROBED_USER), 1)
            return
        try:
            self._client(hub).user_exists(_PROBED_USER)
        except HttpResponseError as error:
            # Where network rules let clients in and keep this app out, tokens are good all the same.
            if error.status_code != 403:
                raise self._failure(error) from error
        except (AzureError, ValueError) as error:
            raise self._failure(error) from error

    def _client(self, hub: str) -> WebPubSubServiceClient:
        client = self._clients.get(hub)
        if client is None:
            client = WebPubSubServiceClient(self._endpoint, hub, self._credential, **_OPTIONS)
            with self._lock:
                self._clients.setdefault(hub, client)
        return client

    def _failure(self, error: AzureError | ValueError) -> LinekeeperError:
        response: Any = getattr(error, "response", None)
        if response is not None and response.status_code == 429:
            after = response.headers.get("Retry-After", "")
            seconds = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
            return DependencyDownError(self.name, timedelta(seconds=seconds))
        if isinstance(error, HttpResponseError) and error.status_code is not None:
            return LinekeeperError(f"{self.name} answers {error.status_code}: {_cut(error)}", permanent=False)
        if isinstance(error, ClientAuthenticationError):
            return LinekeeperError(f"no token for {self.name}: {_cut(error)}", permanent=False)
        return LinekeeperError(f"{self.name} cannot be reached: {_cut(error)}", permanent=False)


def signer_by_connection(connection: str, setting: str) -> WebPubSubSigner:
    """Return the signer of a connection string.

    Raises:
        LinekeeperError: it cannot be read; `setting` is where it stands.
    """
    parts = dict(part.partition("=")[::2] for part in connection.strip().split(";") if part)
    fields = {name.strip().lower(): value.strip() for name, value in parts.items()}
    endpoint, key, port = fields.get("endpoint"), fields.get("accesskey"), fields.get("port")
    if not endpoint or not key or not endpoint.startswith("https://"):
        raise LinekeeperError(
            f"the setting {setting} is not a connection string; expected Endpoint=https://...;AccessKey=...;"
        )
    return WebPubSubSigner.with_key(f"{endpoint.rstrip('/')}:{port}" if port else endpoint, key)


def _cut(error: Exception) -> str:
    return " ".join(str(error).split())[:_DETAIL]
