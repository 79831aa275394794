from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.incidents.recent.last_hour import LastHour, LastHours
from shared.incidents.recent.words import headline_of, hubs_in_words, percent, share_of, short_name
from shared.playbooks.playbook import Headline
from shared.signals.counts import Count
from tests.notices.broken_lobby import broken_lobby

BEGAN = datetime(2026, 11, 16, 7, 20, tzinfo=UTC)
CONNECTS = Headline("Users cannot connect", "Users could not connect", "attempts", "refused")
INCIDENT = replace(
    broken_lobby(), onset=BEGAN, signals={"refused-connects": "", "canary": "", "alert: refusals": ""}
)


class Hand:
    """A clock that stands still at 07:41."""

    def now(self) -> datetime:
        return BEGAN + timedelta(minutes=21)


class Kept:
    """Counts of one resource."""

    def __init__(self, counts: Sequence[Count]) -> None:
        self._counts = counts

    def read(self, _resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        return [count for count in self._counts if since <= count.bucket < until]


def count(minutes: int, bad: float, total: float, signal: str = "refused-connects", late: int = 6) -> Count:
    start = BEGAN + timedelta(minutes=minutes)
    return Count(INCIDENT.resource, signal, start, bad, total, start + timedelta(minutes=late))


def hour(*counts: Count) -> LastHour | None:
    kept: object = Kept(counts)
    return LastHours(kept, lambda _: {}, Hand()).of(INCIDENT)  # type: ignore[arg-type]


def test_it_ends_with_the_last_whole_five_minutes_and_sums_from_the_onset_on() -> None:
    seen = hour(count(-5, 2, 100), count(0, 42, 100), count(10, 78, 100), count(15, 1, 2, late=2))

    assert seen is not None
    assert (None,) * 8 + (0.02, 0.42, None, 0.78) == seen.shares
    assert (BEGAN + timedelta(minutes=15), 120, 200, 0.78) == (seen.until, seen.bad, seen.total, seen.peak)


def test_what_users_did_is_told_before_our_own_tries_however_many_of_these_fail() -> None:
    seen = hour(count(0, 3, 9), count(0, 5, 5, "canary"), count(5, 5, 5, "canary"))

    assert seen is not None
    assert ("refused-connects", False) == (seen.signal.id, seen.is_of_our_own_tries)


def test_an_incident_of_alerts_alone_has_no_hour() -> None:
    assert hour() is None


def test_one_event_of_one_is_no_peak() -> None:
    seen = hour(count(0, 1, 1), count(5, 42, 100))

    assert seen is not None
    assert 0.42 == seen.peak


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "nearly all attempts are refused"),
        (0.95, "nearly all attempts are refused"),
        (0.78, "8 of 10 attempts are refused"),
        (0.15, "2 of 10 attempts are refused"),
        (0.149, "1 of 7 attempts is refused"),
        (0.0005, "1 of 2,000 attempts is refused"),
    ],
)
def test_a_share_is_said_as_people_say_it(share: float, words: str) -> None:
    assert words == share_of(share, "attempts", "refused")


def test_a_headline_is_past_once_it_is_over_and_says_whose_attempts_they_are() -> None:
    assert "Users could not connect: 8 of 10 attempts were refused" == headline_of(CONNECTS, 0.8, past=True)
    assert "Users cannot connect: 8 of 10 of our own tries are failing" == headline_of(
        CONNECTS, 0.8, our_tries=True
    )
    assert "Users cannot connect" == headline_of(CONNECTS, None)


@pytest.mark.parametrize(
    ("share", "text"), [(0.782, "78 %"), (0.095, "10 %"), (0.0213, "2.1 %"), (0.02, "2 %"), (0, "0 %")]
)
def test_a_share_in_per_cent(share: float, text: str) -> None:
    assert text == percent(share)


@given(st.floats(0.0001, 1))
def test_any_share_is_one_clause(share: float) -> None:
    assert share_of(share, "attempts", "refused").endswith((" are refused", " is refused"))


def test_two_hubs_are_named_and_the_rest_is_counted() -> None:
    assert "" == hubs_in_words([])
    assert "the hub **quotes**" == hubs_in_words(["quotes"])
    assert "the hubs **lobby** and **quotes**" == hubs_in_words(["lobby", "quotes"])
    assert "the hubs **lobby**, **quotes** and 5 more" == hubs_in_words(["lobby", "quotes", *"abcde"])


def test_a_long_name_loses_its_middle() -> None:
    assert ("quotes", 40) == (short_name("quotes"), len(short_name("trading-floor-" * 9)))
    assert short_name("trading-floor-" * 3 + "europe").startswith("trading-floor-")
    assert short_name("trading-floor-" * 3 + "europe").endswith("-europe")
