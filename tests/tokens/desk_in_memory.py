"""A desk that gives tokens of a lobby: what it depends on is in memory, and can be told to fail."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from shared.configuration.tokens import TokenHub, TokenPolicy, TokenResource, TokenRules
from shared.errors import LinekeeperError
from shared.outages import Outages
from shared.tokens.answers import TokenAnswer, TokenRequest
from shared.tokens.call_limits import CallLimits
from shared.tokens.caller import ANONYMOUS, Caller, CallerKind
from shared.tokens.client_rates import ProcessRate, StormWatch
from shared.tokens.grant import ClientAddress
from shared.tokens.negotiate import TokenDesk, answer_negotiate, answer_refresh
from shared.tokens.policy import Rights

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "a key of the lobby that has 32 bytes or more"
ALICE = Caller("alice", frozenset({"agent"}), CallerKind.TOKEN)
BOB = Caller("bob", frozenset(), CallerKind.APP_SERVICE)
AGENTS = TokenPolicy(
    caller_roles=("agent",),
    roles=("webpubsub.sendToGroup.agents",),
    groups=("agents", "user-{user}"),
    max_minutes=120,
    default_minutes=30,
)
GUESTS = TokenPolicy(groups=("user-{user}",), max_minutes=10, default_minutes=10)
ENDPOINT = "https://lobby.webpubsub.azure.com"


def rules(*policies: TokenPolicy, **resource: Any) -> TokenRules:
    hub = TokenHub("lobby", policies or (AGENTS, GUESTS))
    return TokenRules(resources=(TokenResource("lobby", (hub,), **resource),))


class KnownCallers:
    """Whoever it is told to be; or what is raised instead."""

    def __init__(self, caller: Caller | LinekeeperError = ALICE) -> None:
        self.caller = caller

    def identify(self, headers: Mapping[str, str], now: datetime) -> Caller:
        if isinstance(self.caller, LinekeeperError):
            raise self.caller
        return self.caller


class FakeSigner:
    name = "Web PubSub lobby"

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls: list[tuple[str, Rights, int]] = []
        self.now = NOON

    def sign(self, hub: str, rights: Rights, minutes: int) -> ClientAddress:
        self.calls.append((hub, rights, minutes))
        if self.error:
            raise self.error
        base, end = (
            f"wss://lobby.webpubsub.azure.com/client/hubs/{hub}",
            self.now + timedelta(minutes=minutes),
        )
        claims = {
            "aud": f"{ENDPOINT}/client/hubs/{hub}",
            "exp": int(end.timestamp()),
            **({"sub": rights.user} if rights.user else {}),
            **({"role": list(rights.roles)} if rights.roles else {}),
            **({"webpubsub.group": list(rights.groups)} if rights.groups else {}),
        }
        token = jwt.encode(claims, KEY)
        return ClientAddress(f"{base}?access_token={token}", base, token)


class SharedRates:
    """The contract of `ClientRates`, in memory, for any number of processes."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], ProcessRate] = {}
        self.error: LinekeeperError | None = None
        self.exchanges = 0

    def exchange(self, resource: str, own: ProcessRate) -> Sequence[ProcessRate]:
        self.exchanges += 1
        if self.error:
            raise self.error
        self.rows[resource, own.process] = own
        return [
            rate
            for (name, _), rate in self.rows.items()
            if name == resource and own.at - rate.at < timedelta(days=1)
        ]


@dataclass
class Lobby:
    """The desk, and what a test does with it."""

    rules: TokenRules = field(default_factory=rules)
    callers: KnownCallers = field(default_factory=KnownCallers)
    signer: FakeSigner = field(default_factory=FakeSigner)
    rates: SharedRates = field(default_factory=SharedRates)
    chance: float = 0.5
    now: datetime = NOON

    def __post_init__(self) -> None:
        storms = StormWatch(self.rates, "process-1", lambda work: work(), lambda: self.chance)
        self.desk = TokenDesk(
            self.rules,
            self.callers,
            lambda _: self.signer,
            storms,
            CallLimits(),
            Outages(),
            lambda: self.chance,
        )

    def at(self, seconds: float) -> "Lobby":
        self.now = NOON + timedelta(seconds=seconds)
        self.signer.now = self.now
        return self

    def negotiate(self, hub: str = "lobby", body: bytes = b"", **query: str) -> TokenAnswer:
        return answer_negotiate(self.desk, hub, TokenRequest({}, body, query), self.now)

    def refresh(self, token: object, **fields: object) -> TokenAnswer:
        body = json.dumps({"token": token, **fields}).encode()
        return answer_refresh(self.desk, TokenRequest({}, body), self.now)


def claims_of(answer: TokenAnswer) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        str(answer.content["token"]), KEY, ["HS256"], options={"verify_aud": False, "verify_exp": False}
    )
    return claims


NOBODY = ANONYMOUS
