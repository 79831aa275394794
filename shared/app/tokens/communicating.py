"""Give tokens of Communication Services to callers, each of whom has one identity there."""

import logging
import random
import threading
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from shared.app import stores
from shared.app.runtime import Runtime, current
from shared.app.tokens.negotiating import answer_at
from shared.errors import LinekeeperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.cloud.communication.identities import CommunicationIdentities
    from shared.health.readiness import Probe
    from shared.tokens.acs_identities import Identities, Orphan
    from shared.tokens.acs_tokens import AcsDesk
    from shared.tokens.answers import TokenAnswer

_log = logging.getLogger(__name__)


def acs_token_once(headers: Mapping[str, str], body: bytes, runtime: Runtime | None = None) -> "TokenAnswer":
    """Answer a caller who wants a token; names of headers are in lower case."""
    from shared.tokens.acs_tokens import answer_acs_token
    from shared.tokens.answers import TokenRequest

    runtime = runtime or current()
    request, now = TokenRequest(headers, body), runtime.clock.now()
    return answer_at(partial(acs_desk, runtime), lambda ready: answer_acs_token(ready, request, now))


def acs_refresh_once(
    headers: Mapping[str, str], body: bytes, runtime: Runtime | None = None
) -> "TokenAnswer":
    """Answer a caller who wants the next token of its identity."""
    from shared.tokens.acs_tokens import answer_acs_refresh
    from shared.tokens.answers import TokenRequest

    runtime = runtime or current()
    request, now = TokenRequest(headers, body), runtime.clock.now()
    return answer_at(partial(acs_desk, runtime), lambda ready: answer_acs_refresh(ready, request, now))


def acs_revoke_once(headers: Mapping[str, str], body: bytes, runtime: Runtime | None = None) -> "TokenAnswer":
    """Answer a caller who wants that all of its tokens end."""
    from shared.tokens.acs_tokens import answer_acs_revoke
    from shared.tokens.answers import TokenRequest

    runtime = runtime or current()
    request, now = TokenRequest(headers, body), runtime.clock.now()
    return answer_at(partial(acs_desk, runtime), lambda ready: answer_acs_revoke(ready, request, now))


def orphans_once(runtime: Runtime | None = None) -> "Sequence[Orphan]":
    """Return the identities that may exist and belong to nobody."""
    runtime = runtime or current()
    return runtime.acs.identities().orphans(runtime.clock.now())


def acs_desk(runtime: Runtime) -> "AcsDesk":
    """Return what tokens are given with."""
    from shared.tokens.acs_tokens import AcsDesk

    tokens, acs = runtime.tokens, runtime.acs
    rules, callers = tokens.rules().acs, tokens.callers()
    return AcsDesk(rules, callers, acs.service, acs.identities, acs.limits, tokens.outages, random.random)


class AcsWorkplace:
    """What is kept between two calls: the client of the service, and what was counted.

    May be used by several threads.
    """

    def __init__(self, runtime: Runtime) -> None:
        from shared.tokens.call_limits import CallLimits

        self.limits = CallLimits()
        self._runtime = runtime
        self._service: CommunicationIdentities | None = None
        self._lock = threading.Lock()

    def service(self) -> "CommunicationIdentities":
        """Return the service.

        Raises:
            LinekeeperError: a setting is missing or cannot be used.
        """
        if self._service is None:
            service = _service(self._runtime)
            with self._lock:
                self._service = self._service or service
        return self._service

    def identities(self) -> "Identities":
        """Return which identity belongs to which caller.

        Raises:
            LinekeeperError: as `service`, or storage does not answer.
        """
        return stores.acs_identities(self._runtime.fast_storage, self.service().name)


def _service(runtime: Runtime) -> "CommunicationIdentities":
    """Return the service by the key of the settings, else by the managed identity."""
    from shared.cloud.communication.identities import CommunicationIdentities, identities_by_connection

    settings = runtime.settings
    if settings.acs_connection:
        return identities_by_connection(settings.acs_connection)
    if settings.acs_endpoint is None:
        raise LinekeeperError("the setting ACS_CONNECTION is missing; expected it, or ACS_ENDPOINT")
    if not settings.acs_endpoint.startswith("https://"):
        raise LinekeeperError("the setting ACS_ENDPOINT is not an address; expected https://<host>")
    return CommunicationIdentities(settings.acs_endpoint, runtime.credential)


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that callers get tokens; nothing where no policy gives any."""
    from shared.health.readiness import Probe

    if not runtime.configuration(waits=False).tokens.acs.policies:
        return []
    return [
        Probe("Communication Services", partial(_check, runtime)),
        Probe("identities of Communication Services", partial(_check_orphans, runtime)),
    ]


def _check(runtime: Runtime) -> None:
    """Ask the service, and remember what it answers: callers are told to come later where it is down."""
    service, outages = runtime.acs.service(), runtime.tokens.outages
    with outages.listening(f"{service.name}: issue", runtime.clock.now()):
        service.check()


def _check_orphans(runtime: Runtime) -> None:
    """Read the orphans; they stand in the log, for they harm no caller."""
    orphans = orphans_once(runtime)
    if orphans:
        _log.warning("%d identities of Communication Services may belong to nobody", len(orphans))
