from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.health.sources import (
    Announcement,
    Source,
    SourceFailure,
    SourceState,
    judge_sources,
)

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LOBBY = "/subscriptions/1/resourcegroups/rg/providers/microsoft.signalrservice/webpubsub/lobby"
CONNECTS = Source("workspace-1", "WebPubSubConnectivity", LOBBY)
WORKSPACE = Source("workspace-1")
NO_ROLE = SourceFailure("missing permission: Log Analytics Reader", lasting=True)
THROTTLED = SourceFailure("throttled", lasting=False)

States = dict[Source, SourceState]


def look(
    states: States,
    at: datetime,
    seen: tuple[Source, ...] = (),
    failures: Mapping[Source, SourceFailure] | None = None,
) -> list[Announcement]:
    """Look once, and remember."""
    changed, announcements = judge_sources(states, dict.fromkeys(seen, at), failures or {}, at)
    states.update(changed)
    return list(announcements)


def watched(hours: int, every: timedelta = 10 * MINUTE, source: Source = CONNECTS) -> States:
    """Return what is known at ten after some hours of rows, the last one at ten."""
    states: States = {}
    moment = TEN - hours * HOUR
    while moment <= TEN:
        look(states, moment, (source,))
        moment += every
    return states


def test_says_once_that_a_regular_source_went_silent() -> None:
    states = watched(hours=3)
    announcements = [
        announcement for minutes in range(1, 300) for announcement in look(states, TEN + minutes * MINUTE)
    ]

    assert ["blind on WebPubSubConnectivity of lobby since 2026-11-21 10:00 UTC: no row since, though it had some in 4 hours of a day"] == [
        announcement.text for announcement in announcements
    ]  # fmt: skip


def test_an_hour_of_silence_is_not_yet_one() -> None:
    states = watched(hours=3)

    assert [] == look(states, TEN + HOUR)
    assert [True] == [announcement.blind for announcement in look(states, TEN + HOUR + MINUTE)]


def test_says_when_sight_returns() -> None:
    states = watched(hours=3)
    look(states, TEN + 2 * HOUR)

    (announcement,) = look(states, TEN + 3 * HOUR, (CONNECTS,))

    assert (False, TEN) == (announcement.blind, announcement.since)
    assert announcement.text.startswith(
        "sight of WebPubSubConnectivity of lobby is back at 2026-11-21 13:00 UTC"
    )
    assert [] == look(states, TEN + 3 * HOUR + MINUTE, (CONNECTS,))


def test_a_source_with_long_usual_gaps_is_given_three_of_them() -> None:
    states = watched(hours=6, every=2 * HOUR)

    assert [] == look(states, TEN + 6 * HOUR)
    assert 1 == len(look(states, TEN + 6 * HOUR + MINUTE))


def test_a_source_with_rows_in_two_hours_of_a_day_never_flaps() -> None:
    states = watched(hours=1, every=HOUR)

    assert [] == [announcement for hours in range(30) for announcement in look(states, TEN + hours * HOUR)]


def test_a_silence_that_was_told_does_not_become_usual() -> None:
    states = watched(hours=3)
    for hours in (2, 9):  # silent for an hour, then back after nine
        look(states, TEN + hours * HOUR, (CONNECTS,) if hours == 9 else ())
    for minutes in range(0, 130, 10):
        look(states, TEN + 9 * HOUR + minutes * MINUTE, (CONNECTS,))

    assert [True] == [announcement.blind for announcement in look(states, TEN + 13 * HOUR)]


def test_a_missing_permission_is_told_at_once_and_once() -> None:
    states: States = {}
    announcements = [
        look(states, TEN + minutes * MINUTE, failures={WORKSPACE: NO_ROLE}) for minutes in range(5)
    ]

    assert ["blind on workspace-1 since 2026-11-21 10:00 UTC: missing permission: Log Analytics Reader"] == [
        announcement.text for batch in announcements for announcement in batch
    ]
    assert [False] == [announcement.blind for announcement in look(states, TEN + HOUR)]


def test_a_passing_failure_is_told_when_it_has_lasted_an_hour() -> None:
    states: States = {}
    announcements = [
        look(states, TEN + minutes * MINUTE, failures={WORKSPACE: THROTTLED}) for minutes in (0, 30, 60, 61)
    ]

    assert [0, 0, 0, 1] == [len(batch) for batch in announcements]


def test_failures_that_come_and_go_are_not_told() -> None:
    states: States = {}
    announcements = [
        look(states, TEN + n * 20 * MINUTE, failures={WORKSPACE: THROTTLED} if n % 3 else {})
        for n in range(30)
    ]

    assert [] == [announcement for batch in announcements for announcement in batch]


def test_a_workspace_that_refuses_does_not_make_its_tables_silent() -> None:
    states = watched(hours=3)
    announcements = [
        look(states, TEN + hours * HOUR, failures={WORKSPACE: NO_ROLE}) for hours in range(1, 12)
    ]

    assert [WORKSPACE] == [announcement.source for batch in announcements for announcement in batch]


def test_a_table_that_was_never_received_covers_its_resources() -> None:
    missing = Source("workspace-1", "WebPubSubConnectivity")

    assert missing.covers(CONNECTS)
    assert not missing.covers(Source("workspace-2", "WebPubSubConnectivity", LOBBY))
    assert not CONNECTS.covers(missing)


def test_rows_that_are_seen_again_are_no_new_rows() -> None:
    states = watched(hours=3)
    changed, _ = judge_sources(states, {CONNECTS: TEN}, {}, TEN + 5 * MINUTE)

    assert {} == changed


def test_a_look_that_is_repeated_announces_the_same_id() -> None:
    states = watched(hours=3)
    first, later = (judge_sources(states, {}, {}, TEN + 2 * HOUR + n * MINUTE)[1] for n in (0, 1))

    assert [announcement.id for announcement in first] == [announcement.id for announcement in later] != []


def test_no_secret_is_announced() -> None:
    leak = SourceFailure("refused: AccountKey=" + "q7" * 43 + "==", lasting=True)
    (announcement,) = look({}, TEN, failures={WORKSPACE: leak})

    assert "q7q7" not in announcement.text


OTHERS = (CONNECTS, Source("workspace-1", "WebPubSubMessaging", LOBBY), Source("workspace-1", "WebPubSubConnectivity"), WORKSPACE)  # fmt: skip
looks = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.sets(st.sampled_from(OTHERS[:2])),
        st.dictionaries(st.sampled_from(OTHERS), st.sampled_from([NO_ROLE, THROTTLED]), max_size=2),
    ),
    max_size=60,
)


@settings(max_examples=100)
@given(looks)
def test_blindness_and_sight_alternate_for_every_source(
    run: list[tuple[int, set[Source], dict[Source, SourceFailure]]],
) -> None:
    states, moment = watched(hours=3), TEN
    changes_of: dict[Source, list[Announcement]] = {source: [] for source in OTHERS}
    for minutes, sources, failures in run:
        moment += minutes * MINUTE
        for announcement in look(states, moment, tuple(sources), failures):
            changes_of[announcement.source].append(announcement)

    for changes in changes_of.values():
        assert [True, False] * (len(changes) // 2) + [True] * (len(changes) % 2) == [
            change.blind for change in changes
        ]
        assert all(change.id != after.id for change, after in pairwise(changes))
