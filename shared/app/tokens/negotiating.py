"""Give tokens to clients of Web PubSub: for a connection that is opened now, and for the next one."""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from shared.app import stores
from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError

if TYPE_CHECKING:
    from shared.cloud.entra.callers import TrustedIssuer
    from shared.cloud.web_pubsub.signer import WebPubSubSigner
    from shared.configuration.tokens import Issuer, TokenResource, TokenRules
    from shared.health.readiness import Probe
    from shared.tokens.answers import TokenAnswer
    from shared.tokens.caller import Callers
    from shared.tokens.negotiate import TokenDesk

# Who asks for readiness again and again keeps clients away; after one last question they are let in.
_BETWEEN_PROBES = timedelta(seconds=30)
_Desk = TypeVar("_Desk")
_SIGNING_KEYS = ("primary", "secondary")


def negotiate_once(
    hub: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, str],
    runtime: Runtime | None = None,
) -> "TokenAnswer":
    """Answer a client that wants to connect; names of headers are in lower case."""
    from shared.tokens.answers import TokenRequest
    from shared.tokens.negotiate import answer_negotiate

    runtime = runtime or current()
    request, now = TokenRequest(headers, body, query), runtime.clock.now()
    return answer_at(partial(desk, runtime), lambda ready: answer_negotiate(ready, hub, request, now))


def refresh_once(headers: Mapping[str, str], body: bytes, runtime: Runtime | None = None) -> "TokenAnswer":
    """Answer a client that wants a token for its next connection."""
    from shared.tokens.answers import TokenRequest
    from shared.tokens.negotiate import answer_refresh

    runtime = runtime or current()
    request, now = TokenRequest(headers, body), runtime.clock.now()
    return answer_at(partial(desk, runtime), lambda ready: answer_refresh(ready, request, now))


def answer_at(ready: "Callable[[], _Desk]", answer: "Callable[[_Desk], TokenAnswer]") -> "TokenAnswer":
    """Answer at a desk; while nobody knows who may have which token, the caller is told to come later."""
    from shared.tokens.answers import not_now

    try:
        place = ready()
    except LinekeeperError as error:
        return not_now(error, random.random)
    return answer(place)


def desk(runtime: Runtime) -> "TokenDesk":
    """Return what tokens are given with; it is kept until tokens.yaml changes."""
    return runtime.tokens.desk()


class TokenWorkplace:
    """What is kept between two calls: keys, clients of services, what was counted and what is known to be down.

    May be used by several threads.
    """

    def __init__(self, runtime: Runtime) -> None:
        from uuid import uuid4

        from shared.configuration.files.kept import KeptFile
        from shared.configuration.tokens import FILE, usable_token_rules
        from shared.outages import Outages
        from shared.tokens.call_limits import CallLimits
        from shared.tokens.client_rates import StormWatch

        self.outages = Outages()
        self.limits = CallLimits()
        # Not of the settings: two processes of one instance are two.
        rates, process = stores.client_rates(lambda: runtime.fast_storage), uuid4().hex
        self.storms = StormWatch(rates, process, in_background, random.random)
        self._runtime = runtime
        self._file = KeptFile(
            partial(runtime.files.version, FILE, waits=False),
            lambda version: usable_token_rules(version.folder)[0],
        )
        self._desk: TokenDesk | None = None
        self._issuers: dict[Issuer, TrustedIssuer] = {}
        self._signers: dict[str | None, WebPubSubSigner] = {}
        self._lock = threading.Lock()

    def rules(self) -> "TokenRules":
        """Return what tokens.yaml allows now."""
        return self._file.value(self._runtime.clock.now())

    def desk(self) -> "TokenDesk":
        """Return what tokens of Web PubSub are given with."""
        rules, desk = self.rules(), self._desk
        if desk is None or desk.rules is not rules:
            desk = self._desk = self._desk_of(rules)
        return desk

    def callers(self) -> "Callers":
        """Return what tells who sent a request."""
        return self.desk().callers

    def signer_of(self, resource: "TokenResource") -> "WebPubSubSigner":
        """Return what signs for a resource.

        Raises:
            LinekeeperError: a setting is missing or cannot be used.
        """
        signer = self._signers.get(resource.endpoint)
        if signer is None:
            signer = _signer(self._runtime, resource.endpoint)
            with self._lock:
                signer = self._signers.setdefault(resource.endpoint, signer)
        return signer

    def trusted(self, issuers: "Sequence[Issuer]") -> "list[TrustedIssuer]":
        """Return issuers with their keys, which are kept while the file changes around them."""
        from shared.cloud.entra.callers import trusted_issuer

        endpoint = self._runtime.settings.entra_endpoint
        with self._lock:
            return [self._issuers.setdefault(issuer, trusted_issuer(issuer, endpoint)) for issuer in issuers]

    def _desk_of(self, rules: "TokenRules") -> "TokenDesk":
        from shared.cloud.entra.callers import HeaderCallers
        from shared.tokens.negotiate import TokenDesk

        settings = self._runtime.settings
        callers = HeaderCallers(
            self.trusted(rules.issuers),
            settings.negotiate_key,
            is_authenticated=settings.website_auth_enabled,
        )
        return TokenDesk(
            rules, callers, self.signer_of, self.storms, self.limits, self.outages, random.random
        )


def in_background(work: Callable[[], None]) -> None:
    """Do something for which no caller waits, nor the end of the process."""
    threading.Thread(target=work, daemon=True).start()


def _signer(runtime: Runtime, endpoint: str | None) -> "WebPubSubSigner":
    """Return what signs for an endpoint: the key of the settings where that is its own, else the managed identity."""
    from shared.cloud.web_pubsub.signer import WebPubSubSigner, signer_by_connection

    settings = runtime.settings
    setting, connection = signing_connection(runtime)
    if connection:
        signer = signer_by_connection(connection, setting)
        if endpoint is None or signer.is_for(endpoint):
            return signer
    endpoint = endpoint or settings.web_pubsub_endpoint
    if endpoint is None:
        raise LinekeeperError(
            "the setting WEB_PUBSUB_CONNECTION is missing; expected it, or WEB_PUBSUB_ENDPOINT"
        )
    return WebPubSubSigner(endpoint, runtime.credential)


def signing_connection(runtime: Runtime) -> tuple[str, str | None]:
    """Return the name and the value of the setting whose key signs.

    Raises:
        LinekeeperError: WEB_PUBSUB_SIGNING_KEY names none, or one that is missing.
    """
    settings = runtime.settings
    if settings.web_pubsub_signing_key not in _SIGNING_KEYS:
        raise LinekeeperError(
            "the setting WEB_PUBSUB_SIGNING_KEY names no key; expected `primary` or `secondary`"
        )
    if settings.web_pubsub_signing_key == "primary":
        return "WEB_PUBSUB_CONNECTION", settings.web_pubsub_connection
    if settings.web_pubsub_connection_secondary is None:
        raise LinekeeperError(
            "the setting WEB_PUBSUB_CONNECTION_SECONDARY is missing; expected it, because its key signs"
        )
    return "WEB_PUBSUB_CONNECTION_SECONDARY", settings.web_pubsub_connection_secondary


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that clients get tokens, and that these are good."""
    from shared.health.readiness import Probe

    rules = runtime.configuration(waits=False).tokens
    probes = [Probe("configuration: tokens", partial(runtime.configuration(waits=False).require, "tokens"))]
    if rules.resources:
        probes.append(Probe("settings: WEB_PUBSUB_SIGNING_KEY", partial(signing_connection, runtime)))
    for issuer in runtime.tokens.trusted(rules.issuers):
        name = f"keys of the issuer {min(issuer.names)}"
        probes.append(Probe(name, partial(issuer.check, runtime.clock.now())))
    resources = [resource for resource in rules.resources if resource.hubs]
    return [
        *probes,
        *(
            Probe(f"Web PubSub: {resource.name}", partial(_check, runtime, resource))
            for resource in resources
        ),
    ]


def _check(runtime: Runtime, resource: "TokenResource") -> None:
    """Ask a resource, and remember what it answers: its clients are told to come later where it is down."""
    signer, outages = runtime.tokens.signer_of(resource), runtime.tokens.outages
    try:
        signer.check(resource.hubs[0].name)
    except LinekeeperError:
        outages.note_failure(signer.name, runtime.clock.now(), _BETWEEN_PROBES)
        raise
    outages.note_answer(signer.name)
