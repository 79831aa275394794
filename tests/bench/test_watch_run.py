from bench.watch_run import cost_of
from shared.signals.web_pubsub import FAMILIES


def test_a_look_asks_no_more_when_resources_and_rows_grow() -> None:
    small, large = cost_of(FAMILIES, resources=1, rows=300), cost_of(FAMILIES, resources=7, rows=9_000)

    assert 1 + len(FAMILIES) == small.queries == large.queries
    assert large.counts > small.counts > 0
