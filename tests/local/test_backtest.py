"""What objectives would have opened in the past, and what other settings add or spare."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.backtest.changes import changes_of
from local.backtest.past import PastIncident, difference, past_incidents
from shared.configuration.objectives import ObjectiveSettings, default_objectives
from shared.configuration.severity import default_severity
from shared.errors import InputError
from shared.signals.counts import Count
from shared.signals.signal import BUCKET

LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"
PIT = LOBBY.replace("lobby", "trading-pit")
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
END = MONDAY + timedelta(days=7)
NOW = default_objectives()
FAILURES = "web-pubsub-connection-failures"


def week(*trouble: tuple[float, int, float], resource: str = LOBBY) -> list[Count]:
    """Return 7 days of 200 connects in 5 minutes, with trouble of (hour, buckets, bad)."""
    bad = {
        MONDAY + timedelta(hours=hour) + place * BUCKET: events
        for hour, buckets, events in trouble
        for place in range(buckets)
    }
    buckets = [MONDAY + number * BUCKET for number in range(7 * 288)]
    return [Count(resource, "refused-connects", at, bad.get(at, 0), 200, at) for at in buckets]


def opened(
    counts: list[Count], objectives: Mapping[str, ObjectiveSettings] = NOW
) -> tuple[PastIncident, ...]:
    return past_incidents(counts, objectives, default_severity(), {}, END)


def test_a_bad_quarter_of_an_hour_is_an_incident() -> None:
    (incident,) = opened(week((30, 3, 150)))

    at = MONDAY + timedelta(hours=30)
    assert (at, at + 3 * BUCKET, FAILURES) == (incident.onset, incident.last_bad, incident.symptom)
    assert at + BUCKET + timedelta(minutes=10) == incident.seen_at  # its rows arrive after ten minutes
    assert (1, 450, 600, 0) == (incident.severity, incident.bad, incident.total, incident.returns)


def test_what_comes_back_within_a_day_is_the_same_incident() -> None:
    (incident,) = opened(week((30, 3, 150), (40, 3, 150)))
    assert 1 == incident.returns

    assert 2 == len(opened(week((30, 3, 150), (80, 3, 150))))


def test_each_resource_has_its_own() -> None:
    incidents = opened([*week((30, 3, 150)), *week((30, 3, 150), resource=PIT)])

    assert [LOBBY, PIT] == [incident.resource for incident in incidents]


def test_a_test_environment_is_never_severe() -> None:
    (incident,) = past_incidents(week((30, 3, 150)), NOW, default_severity(), {LOBBY: "staging"}, END)

    assert 3 == incident.severity


def compared(text: str, counts: list[Count]) -> tuple[int, int, int, int]:
    (change,) = changes_of([text], None, NOW)
    result = difference(opened(counts), opened(counts, change.objectives))
    return len(result.added), len(result.spared), result.sooner, result.later


def test_a_setting_spares_what_it_overlooks_and_adds_what_it_sees() -> None:
    large_and_small = week((30, 3, 150), (100, 1, 21))

    assert (0, 1, 0, 0) == compared("refused-connects.min_bad=40", large_and_small)
    assert (1, 0, 0, 0) == compared("refused-connects.min_bad=10", week((30, 3, 150), (100, 1, 15)))
    assert (0, 2, 0, 0) == compared("enabled=false", large_and_small)
    assert (0, 0, 0, 0) == compared("min_events=40", large_and_small)


def test_a_setting_may_see_the_same_later() -> None:
    assert (0, 0, 0, 1) == compared("min_bad=60", week((30, 6, 40)))


def test_several_settings_are_compared_one_by_one_and_together() -> None:
    changes = changes_of(["refused-connects.target=0.9", "refused-connects.limit.bad=70"], None, NOW)

    assert ["refused-connects.target=0.9", "refused-connects.limit.bad=70", "all of these together"] == [
        change.name for change in changes
    ]
    first, second, both = (change.objectives["refused-connects"] for change in changes)
    assert (0.9, 50) == (first.target, first.limit and first.limit.bad)
    assert (0.99, 70) == (second.target, second.limit and second.limit.bad)
    assert (0.9, 70) == (both.target, both.limit and both.limit.bad)


def test_a_folder_is_compared_setting_by_setting(tmp_path: Path) -> None:
    text = "objectives:\n  aborts: {target: 0.95, min_bad: 30}\n  handshakes: {enabled: false}\n"
    (tmp_path / "objectives.yaml").write_text(text)
    changes = changes_of([], tmp_path, NOW)

    assert [
        f"handshakes.enabled of {tmp_path}",
        f"aborts.target of {tmp_path}",
        f"aborts.min_bad of {tmp_path}",
        "all of these together",
    ] == [change.name for change in changes]
    assert 30 == changes[-1].objectives["aborts"].min_bad
    assert not changes[-1].objectives["handshakes"].enabled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("refused-connects.target", "says no value"),
        ("refused-connects.target=2", "'target' is 2"),
        ("refused-connects.least=2", "unknown key 'least'"),
        ("refused.target=0.9", "there is no signal 'refused'"),
        ("min_bad={", "cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        changes_of([text], None, NOW)


@given(
    st.lists(st.tuples(st.integers(0, 160), st.integers(1, 20), st.integers(0, 200)), max_size=6),
    st.integers(0, 2**16),
)
@settings(max_examples=20, deadline=None)
def test_the_order_of_counts_does_not_matter_and_the_same_settings_change_nothing(
    trouble: list[tuple[float, int, float]], seed: int
) -> None:
    counts = week(*trouble)
    shuffled = list(counts)
    Random(seed).shuffle(shuffled)
    before = opened(counts)

    assert before == opened(shuffled)
    same = difference(before, opened(counts))
    assert ((), (), 0, 0) == (same.added, same.spared, same.sooner, same.later)
    assert all(
        incident.onset < incident.last_bad and incident.onset < incident.seen_at for incident in before
    )
    assert not any(a.overlaps(b) for a in before for b in before if a is not b)


def test_without_a_symptom_of_its_own_nothing_overlaps() -> None:
    (incident,) = opened(week((30, 3, 150)))

    assert not incident.overlaps(replace(incident, symptom="web-pubsub-connection-drops"))
    assert not incident.overlaps(replace(incident, resource=PIT))
