from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.configuration.match import Match, Subject
from shared.configuration.silences import Silence, Weekly
from shared.notices.routing.silence import (
    Occurrence,
    card_silence,
    current_occurrences,
    longest_over,
    occurrence,
)

MINUTE = timedelta(minutes=1)
BERLIN = "Europe/Berlin"
NIGHT = Weekly((4,), time(22), time(6), BERLIN)  # from Friday evening to Saturday morning


def weekly(schedule: Weekly, identity: str = "nights") -> Silence:
    return Silence(identity, "people sleep", Match(severity=(3, 4)), weekly=schedule)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def holds(schedule: Weekly, text: str) -> bool:
    return occurrence(weekly(schedule), utc(text)) is not None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-13T20:59", False),
        ("2026-11-13T21:00", True),
        ("2026-11-14T04:59", True),
        ("2026-11-14T05:00", False),
        ("2026-11-14T21:30", False),  # Saturday is not among its days
    ],
)
def test_a_night_begins_on_its_day_and_ends_on_the_next(moment: str, expected: bool) -> None:
    assert expected is holds(NIGHT, moment)


def test_a_night_is_an_hour_shorter_when_the_clocks_go_forward() -> None:
    night = occurrence(weekly(Weekly((5,), time(22), time(6), BERLIN)), utc("2026-03-29T00:00"))

    assert night is not None
    assert (utc("2026-03-28T21:00"), utc("2026-03-29T04:00")) == (night.start, night.end)


def test_a_time_that_the_clocks_jump_over_is_the_jump() -> None:
    night = occurrence(weekly(Weekly((6,), time(2, 30), time(3, 15), BERLIN)), utc("2026-03-29T01:05"))

    assert night is not None
    assert (utc("2026-03-29T01:00"), utc("2026-03-29T01:15")) == (night.start, night.end)


def test_a_time_that_comes_twice_is_the_first() -> None:
    night = occurrence(weekly(Weekly((6,), time(1), time(2, 30), BERLIN)), utc("2026-10-25T00:10"))

    assert night is not None
    assert (utc("2026-10-24T23:00"), utc("2026-10-25T00:30")) == (night.start, night.end)


def test_the_same_time_twice_is_a_whole_day() -> None:
    always = Weekly((0, 1, 2, 3, 4, 5, 6), time(8), time(8), BERLIN)

    assert all(
        holds(always, f"2026-03-{day:02}T{hour:02}:00") for day in (27, 28, 29, 30) for hour in range(24)
    )


# ---- an oracle that walks a zone's clocks, minute by minute ----


def walked(schedule: Weekly, since: datetime, until: datetime) -> set[datetime]:
    """Return every silent minute: an occurrence begins when the clocks first show its time or a later one."""
    zone = ZoneInfo(schedule.zone)
    minutes = [since + place * MINUTE for place in range((until - since) // MINUTE)]
    local_times = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
    silent: set[datetime] = set()
    for day in sorted({moment.date() for moment in local_times}):
        if day.weekday() in schedule.days:
            last = day if schedule.end > schedule.start else day + timedelta(days=1)
            begins = datetime.combine(day, schedule.start)
            ends = datetime.combine(last, schedule.end)
            first = next(
                (place for place, moment in enumerate(local_times) if moment >= begins), len(local_times)
            )
            over_ = next(
                (place for place, moment in enumerate(local_times) if moment >= ends), len(local_times)
            )
            silent |= set(minutes[first:over_])
    return silent


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
schedules = st.builds(
    Weekly,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    times,
    times,
    # Lord Howe moves its clocks by half an hour, Havana at midnight; Apia never.
    st.sampled_from(
        [BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"]
    ),
)
changes = [
    utc(text) for text in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")
]


@settings(max_examples=60)
@given(schedules, st.sampled_from(changes))
@example(Weekly((6,), time(2, 30), time(3, 15), BERLIN), utc("2026-03-29"))
@example(Weekly((5, 6), time(23), time(0, 30), "America/Havana"), utc("2026-03-08"))
@example(Weekly((6,), time(1, 45), time(2, 15), "Australia/Lord_Howe"), utc("2026-04-05"))
def test_holds_in_just_the_minutes_that_a_walk_by_the_clock_finds(schedule: Weekly, change: datetime) -> None:
    day = timedelta(days=1)
    silent = walked(schedule, change - 3 * day, change + 2 * day)
    looked = list(_minutes(change - day, change + day))

    assert [minute in silent for minute in looked] == [
        occurrence(weekly(schedule), minute) is not None for minute in looked
    ]


def _minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += 7 * MINUTE


@settings(max_examples=60)
@given(schedules, st.integers(0, 2 * 24 * 60), st.sampled_from(changes))
def test_a_whole_night_is_one_occurrence(schedule: Weekly, later: int, change: datetime) -> None:
    now = change - timedelta(days=1) + later * MINUTE
    night = occurrence(weekly(schedule), now)
    if night is None:
        return

    assert night.start <= now < night.end
    assert night == occurrence(weekly(schedule), night.start)
    assert night == occurrence(weekly(schedule), night.end - MINUTE)


# ---- which silence is over what ----

NOW = utc("2026-11-13T22:00")
MILD = Subject(severity=3, resource="/subscriptions/5f/lobby")


def spanning(identity: str, hours: int, **about: object) -> Occurrence:
    silence = Silence(identity, "load test", start=NOW, end=NOW + timedelta(hours=hours), **about)  # type: ignore[arg-type]
    (current,) = current_occurrences([silence], NOW)
    return current


def test_the_silence_that_holds_longest_is_named() -> None:
    short, long = spanning("a", 1), spanning("b", 3)

    assert long is longest_over([short, long], MILD) is longest_over([long, short], MILD)


def test_a_silence_is_over_nothing_that_it_does_not_fit() -> None:
    assert longest_over([spanning("a", 1, match=Match(severity=(4,)))], MILD) is None


def test_a_span_ends_before_its_end() -> None:
    silence = spanning("a", 1).silence

    assert [] == list(current_occurrences([silence], NOW + timedelta(hours=1)))
    assert [] == list(current_occurrences([silence], NOW - MINUTE))


def test_a_card_silences_its_own_incident_for_four_hours() -> None:
    silence = card_silence("lobby.drops.1", "alice", NOW, reason="we know")
    (current,) = current_occurrences([silence], NOW + timedelta(hours=4) - MINUTE)

    assert current is longest_over([current], MILD, "lobby.drops.1")
    assert longest_over([current], MILD, "lobby.drops.2") is None
    assert [] == list(current_occurrences([silence], NOW + timedelta(hours=4)))


def test_a_cards_silence_ends_with_its_incident_even_if_that_comes_back() -> None:
    (current,) = current_occurrences(
        [card_silence("lobby.drops.1", "alice", NOW, reason="we know")], NOW + MINUTE
    )

    assert longest_over([current], MILD, "lobby.drops.1", NOW + MINUTE) is None
    assert current is longest_over([current], MILD, "lobby.drops.1", NOW - MINUTE)


def test_a_cards_silence_says_who_made_it_and_why_in_so_many_letters_as_a_row_holds() -> None:
    silence = card_silence("lobby.drops.1", "a" * 300, NOW, reason="r" * 300, length=timedelta(hours=1))

    assert ("card-lobby.drops.1-20261113T220000Z", 200, 100, "lobby.drops.1") == (
        silence.id,
        len(silence.reason),
        len(silence.by),
        silence.incident,
    )
    assert (NOW, NOW + timedelta(hours=1)) == (silence.start, silence.end)


def test_each_night_has_a_key_of_its_own() -> None:
    first, second = (
        occurrence(weekly(NIGHT), utc(text)) for text in ("2026-11-13T22:00", "2026-11-20T22:00")
    )

    assert ("nights~20261113T210000Z", "nights~20261120T210000Z") == (
        first and first.key,
        second and second.key,
    )


def test_a_silence_begins_with_its_first_moment() -> None:
    assert occurrence(spanning("a", 1).silence, NOW) is not None


@pytest.mark.parametrize("about", [{"start": NOW}, {"end": NOW + MINUTE}, {}])
def test_a_silence_without_a_start_or_an_end_never_holds(about: dict[str, datetime]) -> None:
    assert occurrence(Silence("a", "load test", **about), NOW) is None  # type: ignore[arg-type]


def test_of_two_that_hold_equally_long_the_later_name_counts() -> None:
    first, second = spanning("a", 1), spanning("b", 1)

    assert second is longest_over([first, second], MILD) is longest_over([second, first], MILD)


def test_a_silence_from_a_card_fits_nothing_but_its_incident_whatever_it_matches() -> None:
    silence = spanning("a", 1, incident="lobby.drops.1", match=Match(severity=(4,)))

    assert silence is longest_over([silence], MILD, "lobby.drops.1")
    assert longest_over([silence], MILD) is None
    assert longest_over([silence], MILD, "lobby.drops.1", NOW) is None
