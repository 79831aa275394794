"""Create identities of Communication Services and issue their tokens, with an access key or an identity of Entra.

https://learn.microsoft.com/azure/communication-services/concepts/identity-model
"""

import base64
import binascii
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.communication.identity import CommunicationIdentityClient, CommunicationUserIdentifier
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
)

from shared.errors import LinekeeperError
from shared.outages import DependencyDownError
from shared.tokens.acs_identities import AcsToken, IdentityGoneError, LostAnswerError

# A caller waits for the answer and tries again by itself: an error at once serves it better than a late one.
_OPTIONS: Mapping[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 5,
    "retry_total": 0,  # the SDK would sleep for as long as the service says, and create a second identity
}
# Of no resource: whoever may revoke its tokens may do so for others.
_NOBODY = "8:acs:00000000-0000-0000-0000-000000000000_00000000-0000-0000-0000-000000000000"
_GONE = "identity doesn't exist"  # github.com/Azure/azure-sdk-for-js/issues/19849; with which status is not published
_DETAIL = 200  # letters of the service's own words that an error keeps

# Its debug lines hold tokens.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class CommunicationIdentities:
    """Implements `shared.tokens.acs_identities.AcsService`; may be used by several threads."""

    def __init__(self, endpoint: str, credential: AzureKeyCredential | TokenCredential) -> None:
        self._host = endpoint.removeprefix("https://").rstrip("/").lower()
        self._has_key = isinstance(credential, AzureKeyCredential)
        self._client = CommunicationIdentityClient(f"https://{self._host}", credential, **_OPTIONS)

    @property
    def name(self) -> str:
        """What stands for the service in the log, and in what is known to be down."""
        return f"Communication Services {self._host}"

    def create(self) -> str:
        """Create an identity and return its id."""
        try:
            with self._answers():
                return str(self._client.create_user().raw_id)
        except LinekeeperError as error:
            if _may_be_done(error.__cause__):
                raise LostAnswerError(error.message) from error
            raise

    def issue(self, identity: str, scopes: Sequence[str], lifetime: timedelta) -> AcsToken:
        """Return a new token of an identity."""
        with self._answers():
            answer = self._client.get_token(_user(identity), list(scopes), token_expires_in=lifetime)
            return AcsToken(answer.token, _moment(answer.expires_on))

    def revoke(self, identity: str) -> None:
        """Revoke every token of an identity."""
        with self._answers():
            self._client.revoke_tokens(_user(identity))

    def delete(self, identity: str) -> None:
        """Delete an identity with everything that belongs to it."""
        with self._answers():
            self._client.delete_user(_user(identity))

    def check(self) -> None:
        """Make sure that the service knows the key or the identity; nothing is changed by it.

        Raises:
            LinekeeperError: it does not, or does not answer.
        """
        try:
            self.revoke(_NOBODY)
        except IdentityGoneError:
            return
        except LinekeeperError as error:
            # What it answers for an identity of another resource is not published: only a refusal of ours is one.
            status = getattr(error.__cause__, "status_code", None)
            if status == 400 or (status == 403 and self._has_key):
                return
            raise

    @contextmanager
    def _answers(self) -> Iterator[None]:
        try:
            yield
        except (
            AzureError,
            ValueError,
            TypeError,
            AttributeError,
        ) as error:  # the SDK reads answers unchecked
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> LinekeeperError:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if status is None:
            is_login = isinstance(error, ClientAuthenticationError)
            text = f"no token for {self.name}" if is_login else f"{self.name} cannot be reached"
            return LinekeeperError(f"{text}: {_cut(error)}", permanent=False)
        # By its text alone: who is told 404 may have asked the wrong address, and would forget every identity.
        if status < 500 and _GONE in str(error):
            return IdentityGoneError(f"{self.name} does not know the identity")
        if status == 429:
            return DependencyDownError(self.name, _retry_after(error))
        return LinekeeperError(f"{self.name} answers {status}: {_cut(error)}", permanent=status == 400)


def identities_by_connection(connection: str) -> CommunicationIdentities:
    """Return the identities of a connection string.

    Raises:
        LinekeeperError: it cannot be read.
    """
    parts = dict(part.partition("=")[::2] for part in connection.strip().split(";") if part)
    fields = {name.strip().lower(): value.strip() for name, value in parts.items()}
    endpoint, key = fields.get("endpoint", ""), fields.get("accesskey", "")
    if not endpoint.startswith("https://") or not _is_key(key):
        raise LinekeeperError(
            "the setting ACS_CONNECTION is not a connection string; expected endpoint=https://...;accesskey=..."
        )
    return CommunicationIdentities(endpoint, AzureKeyCredential(key))


def _is_key(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _user(identity: str) -> CommunicationUserIdentifier:
    return CommunicationUserIdentifier(identity, raw_id=identity)


def _moment(expires_on: Any) -> datetime:
    # The SDK hands on the service's text, although it declares a number.
    moment = expires_on if isinstance(expires_on, datetime) else datetime.fromisoformat(expires_on)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _may_be_done(error: BaseException | None) -> bool:
    """Tell whether the service may have done what it was asked for: it was reached, and did not refuse."""
    if isinstance(error, HttpResponseError):
        return error.status_code is not None and not 400 <= error.status_code < 500
    return not isinstance(error, ServiceRequestError)


def _retry_after(error: Exception) -> timedelta:
    response: Any = getattr(error, "response", None)
    after = response.headers.get("Retry-After", "") if response is not None else ""
    return timedelta(seconds=int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0)


def _cut(error: Exception) -> str:
    return " ".join(str(error).split())[:_DETAIL]
