"""Diagnoses built by hand: a night in which tokens of the trading floor expired, and wilder ones."""

import hashlib
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    Number,
    TableCoverage,
    Unexplained,
    Verdict,
)
from shared.playbooks.playbook import Check, Engine, Hypothesis, Playbook, RootCause
from shared.queries.scope import Window
from tests.secrets_by_shape import SECRETS

RESOURCE = (
    "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/rg-realtime"
    "/providers/microsoft.signalrservice/webpubsub/contoso-rt"
)
WORKSPACE = (
    "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-logs"
    "/providers/Microsoft.OperationalInsights/workspaces/contoso-logs"
)
START = datetime(2026, 11, 12, 2, 10, tzinfo=UTC)
NIGHT = Window(START, START + timedelta(minutes=30))
QUERY = f"""let windowStart = datetime(2026-11-12T02:10:00Z);
let windowEnd = datetime(2026-11-12T02:40:00Z);
let resourceIds = dynamic(["{RESOURCE}"]);
WebPubSubConnectivity
| where TimeGenerated >= windowStart and TimeGenerated < windowEnd
| where tolower(_ResourceId) in (resourceIds)
| summarize Failed = countif(ResultSignature == "401"), Connects = count()
"""

PAGE = """# Clients cannot connect to Web PubSub

## Checks

### `token-expired`

```kql
WebPubSubConnectivity
| where ResultSignature == "401" and Message has "<expired>"
```

## Mitigation

### `token-expired`

1. Renew tokens before they end. Verify: no 401 for an hour.

## See also

- [Connections drop](web-pubsub-connection-drops.md), [tokens](https://learn.example/tokens)
"""

TITLES = {
    "token-expired": "Clients present expired access tokens",
    "audience-mismatch": "The token's audience is not the hub's address",
    "access-key-rotated": "The access key was rotated under living tokens",
    "local-auth-disabled": "Access keys were switched off",
    "network-acl-blocks": "Network rules refuse the clients",
    "hub-or-endpoint-wrong": "Clients ask for a hub that does not exist",
    "connection-quota-reached": "The unit's connection quota is reached",
    "resource-changed": "Someone changed the resource",
    "platform-incident": "Azure has declared an incident",
}


def playbook(*, steps: tuple[str, ...] | None = None) -> Playbook:
    """Return the playbook of failing connects, short of a few hypotheses."""
    mending = steps or (
        (
            "Have the client fetch a new token **before** the old one ends: set `refreshBeforeExpiry` to 5 min in "
            "[client configuration](https://learn.microsoft.com/azure/azure-web-pubsub/howto-generate-client-access-url).\n"
            "Verify: `401` fall below 1 % within two token lifetimes."
        ),
        "Compare the clock of the token's issuer with UTC.\n\n```kql\nprint now()\n```\n\nVerify: they differ by less than 5 s.",
        "Raise the lifetime from 5 to 60 minutes *only* where refresh cannot be shipped tonight.",
    )
    hypotheses = tuple(
        Hypothesis(
            name,
            title,
            title,
            EvidenceKind.MEASURED,
            Check(Engine.LOGS, "print 1", 40),
            f"Sees only `401` of {name}.",
            mending,
            root_cause=RootCause.CODE,
        )
        for name, title in TITLES.items()
    )
    return Playbook(
        id="web-pubsub-connection-failures",
        service="microsoft.signalrservice/webpubsub",
        title="Clients cannot connect to Web PubSub",
        symptom="The handshake is refused.",
        symptom_check=Check(Engine.LOGS, "print 1", 12),
        hypotheses=hypotheses,
        consequences={},
        tables=("WebPubSubConnectivity",),
        text=PAGE,
    )


def evidence(
    verdict: Verdict,
    summary: str,
    *,
    strength: float = 0.0,
    onset: datetime | None = None,
    query: str = QUERY,
    **numbers: Number,
) -> Evidence:
    """Return the answer of one check."""
    return Evidence(verdict, strength, summary, onset, numbers, query)


def finding(hypothesis: str, evidence: Evidence, *, rank: int, consequence_of: str | None = None) -> Finding:
    """Return one ranked hypothesis."""
    return Finding(
        hypothesis, TITLES.get(hypothesis, hypothesis), EvidenceKind.MEASURED, evidence, rank, consequence_of
    )


def expired_tokens() -> Diagnosis:
    """Return the night of the expired tokens: one cause, a consequence, much ruled out, some not examined."""
    refuted, unknown = Verdict.REFUTED, Verdict.NO_DATA
    answers = {
        "audience-mismatch": evidence(refuted, "12 of 4,812 refused connects (0.2 %) name another audience."),
        "access-key-rotated": evidence(
            refuted, "No key was regenerated in the 24 h before the first refusal."
        ),
        "network-acl-blocks": evidence(refuted, "0 of 4,812 refused connects were answered with 403."),
        "hub-or-endpoint-wrong": evidence(
            refuted, "All refused connects name a hub that others reach: lobby, trading-floor."
        ),
        "connection-quota-reached": evidence(
            refuted, "At most 6,120 connections were open; the unit's limit was never named."
        ),
        "resource-changed": evidence(
            Verdict.INCONCLUSIVE, "1 write 22 h before the first refusal, too far to judge."
        ),
        "local-auth-disabled": evidence(unknown, "Live configuration is not connected yet.", query=""),
        "platform-incident": evidence(unknown, "AzureActivity has no row for this subscription."),
    }
    cause = evidence(
        Verdict.SUPPORTED,
        "4,655 of 4,812 refused connects (96.7 %) carry a token that had ended, on average 41 s before.",
        strength=0.962,
        onset=START + timedelta(minutes=3),
        ExpiredConnects=4655,
        RefusedConnects=4812,
        ShareOfRefused=0.9674,
        Hubs="lobby, trading-floor",
        Users=1733,
    )
    return Diagnosis(
        playbook="web-pubsub-connection-failures",
        title="Clients cannot connect to Web PubSub",
        resource=RESOURCE,
        window=NIGHT,
        conclusion=Conclusion.SUPPORTED,
        cause="token-expired",
        symptom=evidence(
            Verdict.SUPPORTED,
            "4,812 of 9,640 connects failed (49.9 %) in 30 min, on 2 hubs, for 1,733 users.",
        ),
        findings=(
            finding("token-expired", cause, rank=1),
            *(
                finding(name, answer, rank=place)
                for place, (name, answer) in enumerate(answers.items(), start=2)
            ),
        ),
        missing=("AzureActivity",),
        next_step="Look at the code that fetches tokens.",
    )


# ---- wild ones ----

STRANGE = [
    "[click me](https://evil.example)", "<at>all</at>", "<script>alert(1)</script>", "**", "__", "`", "# ", "\n- ", "![i](x)",
    "www.evil.example", "https://evil.example/?q=", "| --- |", "\u202e", "\u200b", "\ud83d", "\U0001f525" * 40, "\x00", "\\", "é" * 300,
    "alice@contoso.com", "8:acs:7c1d9e2f-1a2b_0000001a-2b3c-4d5e", " ", "connects failed ",
]  # fmt: skip
wild_texts = st.lists(
    st.sampled_from([*STRANGE, *(line + " " for line, _ in SECRETS.values())]) | st.text(max_size=20),
    max_size=8,
).flatmap(lambda shreds: st.sampled_from([1, 1, 1, 40]).map(lambda times: "".join(shreds) * times))
_numbers = st.dictionaries(
    st.sampled_from(["Failed", "ShareOfRefused", "UserId", "Hubs", "Sample", "[x](http://y)"]),
    st.integers(-(10**6), 10**9) | st.floats(allow_nan=True) | wild_texts | st.booleans() | st.none(),
    max_size=6,
)
_onsets = st.none() | st.timedeltas(timedelta(), timedelta(days=300)).map(lambda later: START + later)
HOLE = TableCoverage(
    "WebPubSubConnectivity", 4_812, START, START, START, START, 4_812, "rows only until 02:18"
)
NOISE = "".join(hashlib.sha256(str(place).encode()).hexdigest() for place in range(500))
_queries = st.sampled_from(["", QUERY, QUERY * 60, f"print '{NOISE}'"])


@st.composite
def wild_evidence(draw: st.DrawFn, verdict: Verdict | None = None) -> Evidence:
    """Draw the answer of a check that looked at hostile logs."""
    return Evidence(
        verdict or draw(st.sampled_from(Verdict)),
        draw(st.floats(0, 1)),
        draw(wild_texts),
        draw(_onsets),
        draw(_numbers),
        draw(_queries),
    )


@st.composite
def wild_diagnoses(draw: st.DrawFn) -> Diagnosis:
    """Draw a diagnosis, however large and hostile its texts."""
    ids = draw(st.permutations(list(TITLES)))
    conclusion = draw(st.sampled_from(Conclusion))
    cause = ids[0] if conclusion is Conclusion.SUPPORTED else None
    origins = st.none() | st.sampled_from(["token-expired", "web-pubsub-connection-drops/mass-close"])
    findings = tuple(
        Finding(
            hypothesis,
            TITLES[hypothesis],
            draw(st.sampled_from(EvidenceKind)),
            draw(wild_evidence(Verdict.SUPPORTED if hypothesis == cause else None)),
            place,
            None if hypothesis == cause else draw(origins),
        )
        for place, hypothesis in enumerate(ids, start=1)
    )
    return Diagnosis(
        playbook="web-pubsub-connection-failures",
        title="Clients cannot connect to Web PubSub",
        resource=RESOURCE,
        window=NIGHT,
        conclusion=conclusion,
        cause=cause,
        symptom=draw(wild_evidence()),
        findings=findings,
        missing=tuple(draw(st.lists(wild_texts, max_size=3))),
        next_step=draw(wild_texts),
        unexplained=tuple(
            draw(
                st.lists(
                    st.builds(Unexplained, wild_texts, st.integers(1), st.none() | st.integers(1, 9)),
                    max_size=3,
                )
            )
        ),
        unexplained_total=draw(st.none() | st.integers(0)),
        coverage=draw(st.sampled_from([(), (HOLE,)])),
    )
