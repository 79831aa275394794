"""The limits that every check judges by, at their edges: for logs, for metrics, and as Azure compiles them."""

from datetime import UTC, datetime

from local.kusto.compiler import compile_texts
from local.kusto.faults import faults
from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.weigh import (
    ENOUGH,
    EXPLAINS_RATIO,
    LEAST_CALLERS,
    _background,
    _explains,
    _presence,
)
from shared.queries.prelude import complete, library
from shared.queries.scope import Scope, Window
from shared.queries.wilson import wilson

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

# What `verdictOf` makes of a presence, of the bounds of the share that the hypothesis explains, of its events beyond
# background, and of their callers.
VERDICTS = {
    ("supported", 0.29, 0.6, 19.0, 9): "inconclusive",
    ("supported", 0.30, 0.6, 19.0, 9): "supported",
    ("supported", 0.1, 0.29, 19.9, 9): "refuted",
    ("supported", 0.1, 0.30, 19.9, 9): "inconclusive",
    ("supported", 0.1, 0.29, 20.0, 3): "minor",  # there, and too small to be the cause
    ("supported", 0.29, 0.6, 20.0, 3): "minor",
    ("supported", 0.1, 0.29, 20.0, 2): "refuted",  # many events of two callers
    ("supported", 0.1, 0.29, 20.0, None): "minor",  # the source names no callers
    ("inconclusive", 0.9, 1.0, 900.0, 9): "inconclusive",  # a large share of too few events
    ("refuted", 0.9, 1.0, 900.0, 9): "refuted",
    ("no-data", 0.9, 1.0, 900.0, 9): "no-data",
}


# The bounds of the share that so many hits in so many bad events show.
BOUNDS = {(0, 0): (0.0, 1.0), (0, 20): (0.0, 0.16113), (9, 20): (0.2582, 0.65792), (10, 20): (0.29929, 0.70071), (20, 20): (0.83887, 1.0)}  # fmt: skip

# How many events are background: of all, of those before the onset, and the buckets before and since.
BACKGROUND = {
    (60.0, 20.0, 4.0, 4.0): 40.0,  # 5 in each bucket before, 10 since
    (40.0, 20.0, 4.0, 4.0): 40.0,  # they ran on as before
    (20.0, 20.0, 4.0, 4.0): 0.0,  # a burst that was over
    (60.0, 20.0, 2.0, 4.0): 0.0,  # two buckets show no rate
}

SAID = {
    "presence": ("Total:long, Bad:long, Peak:real", PRESENCE, "presence(Total, Bad, Peak)"),
    "verdictOf": (
        "Shows:string, Lower:real, Upper:real, Beyond:real, Callers:long",
        VERDICTS,
        "verdictOf(Shows, Lower, Upper, Beyond, Callers)",
    ),
    "background": (
        "Events:real, Before:real, BucketsBefore:real, BucketsSince:real",
        BACKGROUND,
        "background(Events, Before, BucketsBefore, BucketsSince)",
    ),
    "wilsonLower": ("Hits:real, Bad:real", BOUNDS, "round(wilsonLower(Hits, Bad), 5)"),
    "wilsonUpper": ("Hits:real, Bad:real", BOUNDS, "round(wilsonUpper(Hits, Bad), 5)"),
    "percentOf": ("Part:long, Whole:long", {(1, 3): 33.3, (0, 0): 0.0}, "percentOf(Part, Whole)"),
}


def text_of(function: str) -> str:
    """Write one query that calls a function of the library once per case."""
    columns, cases, call = SAID[function]
    values = ", ".join(_written(value) for case in cases for value in case)
    check = f"datatable({columns})[{values}]\n| extend Answer = {call}\n| project Answer"
    return complete(check, SCOPE)


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else "long(null)" if value is None else f"{value}"


def answers(function: str) -> list[object]:
    return [answer for (answer,) in kql.run(Workspace(), text_of(function)).rows()]


def test_a_symptom_is_there_from_20_events_of_which_20_are_bad() -> None:
    assert PRESENCE == dict(zip(PRESENCE, answers("presence"), strict=True))


def test_a_hypothesis_is_supported_from_a_share_of_three_tenths() -> None:
    assert VERDICTS == dict(zip(VERDICTS, answers("verdictOf"), strict=True))


def test_a_share_is_as_sure_as_its_events_are_many() -> None:
    bounds = zip(answers("wilsonLower"), answers("wilsonUpper"), strict=True)

    assert BOUNDS == dict(zip(BOUNDS, bounds, strict=True))


def test_background_is_what_goes_on_at_the_rate_before_the_onset() -> None:
    assert BACKGROUND == dict(zip(BACKGROUND, answers("background"), strict=True))


def test_a_percentage_of_nothing_is_nothing() -> None:
    assert [33.3, 0.0] == answers("percentOf")


def test_metrics_are_judged_by_the_same_limits() -> None:
    said = {case: str(_presence(*case)) for case in PRESENCE}
    of_shares = {case: verdict for case, verdict in VERDICTS.items() if case[0] == "supported"}
    backgrounds = {case: _background(*case) for case in BACKGROUND}
    bounds = {case: tuple(round(bound, 5) for bound in wilson(*case)) for case in BOUNDS}

    assert (PRESENCE, BOUNDS, BACKGROUND) == (said, bounds, backgrounds)
    assert of_shares == {case: str(_explains(*case[1:])) for case in of_shares}
    assert f"let leastEvents = {ENOUGH};" == library()["leastEvents"]
    assert f"let leastShare = {EXPLAINS_RATIO};" == library()["leastShare"]
    assert f"let leastCallers = {LEAST_CALLERS};" == library()["leastCallers"]


def test_azure_compiles_the_arithmetic_to_the_same_types() -> None:
    compiled = compile_texts([text_of(function) for function in SAID])

    assert [] == [fault for text in compiled for fault in faults(text, answer={})]
    assert ["string", "string", "real", "real", "real", "real"] == [
        text.columns["Answer"] for text in compiled
    ]
