"""Playbook pages for tests: one that is right, and ways to spoil it."""

from pathlib import Path

from shared.playbooks.loading.load import load_playbook
from shared.playbooks.playbook import Playbook

CHECK = """\
connectivityRows
| extend IsBad = OperationName == "ConnectionAborted", Hit = Message has "ping timeout", Caller = UserId
| invoke judge()
| extend Summary = strcat(Hits, " of ", Bad, " aborts.")
| project Verdict, Strength, Summary, Onset, Hits, Bad"""

PAGE = f"""\
---
id: lines-drop
service: Microsoft.SignalRService/WebPubSub
tables: [WebPubSubConnectivity]
consequences:
  lines-drop/slow-client: [lines-drop/ping-timeout]
---
# Lines drop

Nobody likes it.

## Symptom

People are thrown out of the lobby.

```kql
{CHECK}
```

## Hypotheses

| Id | Hypothesis | Likely cause | Evidence | Root cause |
|---|---|---|---|---|
| `ping-timeout` | Clients stop answering pings | A sleeping laptop | [Measured] | external dependency |
| `slow-client` | Clients read too slowly | A busy phone | [Correlated] | capacity |

## Checks

### `ping-timeout`

It counts.

```kql
{CHECK}
```

Numbers: `Hits` Cut lines; `Bad` All aborts (report only).

Limits: only what is logged.

### `slow-client`

```probe web-pubsub-metrics closes SlowClient
```

## Mitigation

### `ping-timeout`

1. Answer pings.
   Verify: fewer aborts.
2. Look again.

### `slow-client`

1. Read faster. Verify: no `SlowClient` closes.
"""


UNEXPLAINED = """\
connectivityRows
| where OperationName == "ConnectionAborted" and Message !has "ping timeout"
| summarize Events = count(), Callers = dcount(UserId) by Text = Message
| extend Total = tolong(40)
| top 3 by Events desc
| project Text, Events, Callers, Total"""

WITH_NEEDS = PAGE.replace(
    "consequences:",
    "needs: {symptom: [[WebPubSubConnectivity]], ping-timeout: [[WebPubSubConnectivity, WebPubSubMessaging]]}\nconsequences:",
)
WITH_UNEXPLAINED = f"{PAGE}\n## Unexplained\n\nAborts that no ping explains.\n\n```kql\n{UNEXPLAINED}\n```\n"


def write_page(folder: Path, text: str = PAGE, name: str = "lines-drop.md") -> Path:
    """Write a page into a folder."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def lines_drop(folder: Path) -> Playbook:
    """Load the right page."""
    return load_playbook(write_page(folder))


EXTENSION = """\
---
extends: web-pubsub-connection-drops
---
# Our gateway ends connections

## Hypotheses

| Id | Hypothesis | Likely cause | Evidence | Root cause |
|---|---|---|---|---|
| `gateway-drained` | Our gateway was drained | A deployment of the gateway | [Observed] | process |

## Checks

### `gateway-drained`

Aborts whose text names the gateway.

```kql
connectivityRows
| where OperationName in ("ConnectionStarted", "ConnectionAborted")
| extend IsBad = OperationName == "ConnectionAborted", Hit = Message has "gateway drained", Caller = UserId
| invoke judge()
| extend Summary = strcat(Hits, " of ", Bad, " aborts name the gateway that was drained.")
| project Verdict, Strength, Summary, Onset, Total, Bad, Hits
```

Limits: only what the gateway says itself.

## Mitigation

### `gateway-drained`

1. Drain it at night. Verify: no abort names it by day.
"""
