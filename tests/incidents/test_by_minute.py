"""What the minutes show, the watch takes up before any window does, and lets go when they are normal again."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from shared.incidents.incident import Ending, State
from shared.incidents.lifecycle.states import opened
from shared.objectives.breach import Breach
from shared.objectives.judge import breaches
from shared.objectives.sequential.alarm import alarms_of
from shared.objectives.sequential.minute import minutes_of
from shared.objectives.sequential.normal import normal_of
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from shared.signals.metrics.families import HANDSHAKES
from tests.incidents.fake_rooms import FAILURES, LOBBY, NOON, House, at
from tests.incidents.noisy_lobby import USUAL, BusyLobby

SIGNAL = HANDSHAKES.signal.id
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@cache
def healthy(days: float) -> list[Count]:
    """Return the counts of a healthy lobby in the days before noon."""
    return list(BusyLobby(LOBBY, lambda: NOON).counts(NOON - days * DAY, NOON))


class Hand:
    """A clock that the test turns."""

    moment = NOON

    def now(self) -> datetime:
        return self.moment


class Night:
    """A busy lobby of which so many days were counted, and a house that watches it minute by minute."""

    def __init__(self, days: float = 14, **lobby: object) -> None:
        self.hand = Hand()
        self.lobby = BusyLobby(LOBBY, self.hand.now, **lobby)  # type: ignore[arg-type]
        self.house = House(metrics=self.lobby)  # type: ignore[arg-type]
        self.house.counts.replace(healthy(days))
        self.house.watch(NOON)  # learns

    def go_on(self, until: datetime, step: timedelta = MINUTE, *, stops: bool = False) -> None:
        """Watch and track until a moment, or until the first incident."""
        while self.hand.moment < until:
            self.hand.moment += step
            self.house.watch(self.hand.moment)
            self.house.track(self.hand.moment)
            if stops and self.house.incidents.kept:
                return

    def windows(self) -> list[Breach]:
        """Return what the windows alone show by now."""
        now = self.hand.moment
        series = self.house.counts.read(LOBBY, now - 3 * DAY, now)
        starts = {count.bucket for count in series}
        return breaches(SIGNALS, self.house.policy().objectives, series, starts, now)


def test_a_slow_fault_on_a_busy_lobby_is_seen_before_any_window_and_when_it_began() -> None:
    night = Night(breaks_at=at(33))
    night.go_on(at(120), stops=True)
    incident = night.house.only()

    assert [] == night.windows()
    assert (FAILURES, 4, [SIGNAL]) == (incident.symptom, incident.severity, [*incident.signals])
    assert "by the minute more than the 0.1 % that is normal" in incident.signals[SIGNAL]
    assert abs(incident.onset - at(33)) <= timedelta(minutes=10)
    assert night.hand.moment - at(33) <= timedelta(minutes=15)
    assert {incident.id} == set(night.house.work.asked)
    assert ["opened"] == night.house.notifier.states()


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_the_watch_opens_in_the_minute_in_which_the_test_by_itself_alarms(share: float) -> None:
    night = Night(breaks_at=at(33), bad_share=share)
    night.go_on(at(120), stops=True)
    minutes = [*minutes_of(healthy(0.5)), *minutes_of(night.lobby.counts(NOON, at(120)))]
    normal = normal_of(minutes_of(healthy(14)), NOON)

    (alarm, *_) = alarms_of(minutes, normal, at(120))

    assert alarm.seen_at + night.lobby.delay == night.hand.moment
    assert alarm.onset == night.house.only().onset


def test_what_goes_on_breaks_a_window_as_well_and_the_matrix_raises_it() -> None:
    night = Night(breaks_at=at(33))
    night.go_on(at(150))
    incident = night.house.only()

    assert night.windows()
    assert 3 == incident.severity
    assert "within 1 h" in incident.signals[SIGNAL]
    assert ["opened", "severity raised"] == night.house.notifier.states()
    assert incident.last_bad > at(140)


def test_it_ends_as_held_when_its_minutes_are_normal_again_and_not_before() -> None:
    night = Night(breaks_at=at(33), heals_at=at(60))
    night.go_on(at(60))
    assert night.house.only().is_open
    night.go_on(at(150), timedelta(minutes=5))
    incident = night.house.only()

    assert (State.RESOLVED, Ending.HELD, 0) == (incident.state, incident.ending, incident.reopened)
    assert incident.closed_at is not None
    assert incident.closed_at - at(60) >= timedelta(minutes=25)


def test_a_fault_within_the_objective_stays_open_while_its_minutes_are_far_from_normal() -> None:
    """0.7 % where 0.1 % is normal and 1 % is allowed: every bucket is good, and nothing is mended."""
    night = Night(breaks_at=at(33), bad_share=0.007)
    night.go_on(at(200), timedelta(minutes=2))
    incident = night.house.only()

    assert [] == night.windows()
    assert incident.is_open
    assert 0 == incident.reopened


def test_a_healthy_day_of_clumped_noise_opens_nothing() -> None:
    night = Night()
    night.go_on(NOON + DAY, timedelta(minutes=20))

    assert {} == night.house.incidents.kept


def test_until_fourteen_days_are_counted_the_windows_judge_alone_and_the_watch_says_so() -> None:
    night = Night(days=5, breaks_at=at(33))
    night.go_on(at(60))

    assert {} == night.house.incidents.kept
    assert 1 == night.house.watch(at(61)).learning
    assert 0 == Night().house.watch(at(1)).learning


def test_a_team_may_switch_it_off_for_a_signal() -> None:
    night = Night(breaks_at=at(33))
    policy = night.house.policy()
    quiet = {SIGNAL: replace(policy.objectives[SIGNAL], by_minute=False)}
    night.house.policy = lambda: replace(policy, objectives={**policy.objectives, **quiet})  # type: ignore[method-assign]
    night.go_on(at(60))

    assert {} == night.house.incidents.kept


def test_timers_that_fire_twice_and_rows_that_come_late_change_nothing() -> None:
    plain, twice = (Night(breaks_at=at(33)) for _ in range(2))
    plain.go_on(at(55))
    twice.lobby.delay = timedelta(minutes=14)
    while twice.hand.moment < at(54):
        twice.hand.moment += MINUTE
        for _ in range(2):
            twice.house.watch(twice.hand.moment)
    twice.lobby.delay = timedelta(minutes=2)
    twice.go_on(at(55))
    one, other = plain.house.only(), twice.house.only()

    assert (one.onset, one.last_bad, one.signals) == (other.onset, other.last_bad, other.signals)
    assert ["opened"] == twice.house.notifier.states()


def test_a_late_good_row_withdraws_no_incident() -> None:
    night = Night(breaks_at=at(33))
    night.go_on(at(120), stops=True)
    night.lobby.breaks_at = None  # the rows of the last minutes are counted again, and are good
    night.go_on(night.hand.moment + 2 * MINUTE)

    assert night.house.only().is_open


@pytest.mark.parametrize(
    ("severity", "cause", "is_apart"), [(3, None, True), (4, "ip-blocked", True), (4, None, False)]
)
def test_incidents_are_no_part_of_the_normal_but_for_what_only_the_minutes_saw(
    severity: int, cause: str | None, is_apart: bool
) -> None:
    night = Night(days=15, breaks_at=NOON - 3 * DAY, heals_at=NOON - 2 * DAY)
    night.house.counts.replace(list(night.lobby.counts(NOON - 3 * DAY, NOON - 2 * DAY)))
    breach = Breach(LOBBY, SIGNAL, FAILURES, "rule", NOON - 3 * DAY, NOON - 2 * DAY, 5, 9, 0.1)
    night.house.incidents.create(replace(opened(breach, severity, NOON - 3 * DAY, None), cause=cause), None)
    night.house.normals.kept.clear()
    night.house.watch(at(1))
    share = night.house.normals.kept[LOBBY, SIGNAL].normal.share

    assert is_apart == (share < 1.5 * USUAL)


def test_it_is_learned_once_an_hour_and_a_few_resources_at_a_time() -> None:
    night = Night(days=1)
    line = night.house.resources[0]
    night.house.resources = (line, *(replace(line, id=f"{LOBBY}-{number}") for number in range(5)))
    learned = []
    for minute in (1, 2, 3, 4, 59, 60):
        night.house.watch(at(minute))
        learned.append(
            {each.resource for each in night.house.normals.all() if each.normal.learned_at == at(minute)}
        )

    assert [2, 2, 1, 0, 0, 2] == [len(each) for each in learned]
