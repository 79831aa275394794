"""The two limits that every check judges by, at their edges: a share of 0.3, and 20 events."""

from collections.abc import Iterable
from datetime import UTC, datetime

from local.workspace import kql
from local.workspace.database import Workspace
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

SCOPE = Scope(("/subscriptions/s1",), Window(datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)))  # fmt: skip

# What `presence` says of all events, the bad ones, and the highest bad share of five minutes.
PRESENCE = {
    (0, 0, 0.0): "no-data",
    (19, 0, 0.0): "inconclusive",  # too few events to call anything healthy
    (20, 0, 0.0): "refuted",
    (19, 19, 1.0): "inconclusive",  # too few, though each of them is bad
    (20, 20, 1.0): "supported",
    (1000, 19, 0.5): "inconclusive",  # ample events, too few bad ones
    (1000, 20, 0.5): "supported",
    (10000, 99, 0.04): "refuted",  # background: under 1 % of all and under 5 % of the worst five minutes
    (10000, 100, 0.04): "supported",
    (10000, 99, 0.05): "supported",
}

# What `verdictOf` makes of a presence and of the bounds of the share that the hypothesis explains.
VERDICTS = {
    ("supported", 0.29, 0.6): "inconclusive",
    ("supported", 0.30, 0.6): "supported",
    ("supported", 0.1, 0.29): "refuted",
    ("supported", 0.1, 0.30): "inconclusive",
    ("inconclusive", 0.9, 1.0): "inconclusive",  # a large share of too few events
    ("refuted", 0.9, 1.0): "refuted",
    ("no-data", 0.9, 1.0): "no-data",
}


def answers(columns: str, cases: Iterable[tuple[str | float, ...]], call: str) -> list[str]:
    """Call a function of the library once per case, as one query."""
    values = ", ".join(
        f'"{value}"' if isinstance(value, str) else f"{value}" for case in cases for value in case
    )
    check = f"datatable({columns})[{values}]\n| extend Answer = {call}\n| project Answer"
    return [str(answer) for (answer,) in kql.run(Workspace(), complete(check, SCOPE)).rows()]


def test_a_symptom_is_there_from_20_events_of_which_20_are_bad() -> None:
    said = answers("Total:long, Bad:long, Peak:real", PRESENCE, "presence(Total, Bad, Peak)")

    assert PRESENCE == dict(zip(PRESENCE, said, strict=True))


def test_a_hypothesis_is_supported_from_a_share_of_three_tenths() -> None:
    said = answers("Shows:string, Lower:real, Upper:real", VERDICTS, "verdictOf(Shows, Lower, Upper)")

    assert VERDICTS == dict(zip(VERDICTS, said, strict=True))
