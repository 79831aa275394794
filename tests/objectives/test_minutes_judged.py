"""What the minutes of a signal add to its windows: an earlier breach, a sharper onset, and a stricter end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from judged import ABORTS, HANDSHAKES, LOBBY, NOON, OBJECTIVES, at

from shared.objectives.breach import Breach
from shared.objectives.by_minute import complete_minutes, signals_by_minute
from shared.objectives.judge import breaches
from shared.objectives.recovery import recovery_of
from shared.objectives.sequential.normal import Normal
from shared.signals.counts import Count, MinuteEvents
from shared.signals.signal import BUCKET, COMMUNICATION, MINUTES, WEB_PUBSUB, Origin

MINUTE = timedelta(minutes=1)
HOURS_AGO = 3
KNOWN = Normal(NOON, NOON - timedelta(days=20), share=0.001, dispersion=0.1)
NORMALS = {HANDSHAKES.id: KNOWN}
NOW = NOON + timedelta(hours=2)
QUIET = (1, 1000)


def hours(*minutes: tuple[float, float], since: int = 0) -> list[Count]:
    """Return counts of quiet minutes, and of these minutes from so many minutes after noon on."""
    before = [QUIET] * (60 * HOURS_AGO + since)
    events = [MinuteEvents(*minute) for minute in [*before, *minutes]]
    events += [MinuteEvents(0, 0)] * (-len(events) % MINUTES)
    return [
        Count(
            LOBBY,
            HANDSHAKES.id,
            NOON - timedelta(hours=HOURS_AGO) + start * MINUTE,
            sum(minute.bad for minute in five),
            sum(minute.total for minute in five),
            NOW,
            minutes=five,
        )
        for start in range(0, len(events), MINUTES)
        if (five := tuple(events[start : start + MINUTES]))
    ]


def judge(series: Sequence[Count], normals: dict[str, Normal] = NORMALS) -> list[Breach]:
    starts = [count.bucket for count in series]
    return breaches((HANDSHAKES, ABORTS), OBJECTIVES, series, starts, NOW, normals=normals)


def test_what_the_windows_do_not_show_is_a_breach_of_the_minutes_since_the_first_of_them() -> None:
    series = hours(*[(8, 1000)] * 10, since=7)
    (breach,) = judge(series)

    assert [] == judge(series, {})
    assert (True, "by the minute more than the 0.1 % that is normal") == (breach.by_minute, breach.rule)
    assert NOON + 7 * MINUTE == breach.onset
    assert NOON + 12 * MINUTE <= breach.last_bad <= NOON + 17 * MINUTE
    assert breach.bad / breach.total < 0.01


def test_what_both_show_is_one_breach_of_the_windows_which_begins_where_the_minutes_say() -> None:
    series = hours(*[(400, 1000)] * 7, since=3)
    (windows,), (both,) = judge(series, {}), judge(series)

    assert (at(0), NOON + 3 * MINUTE) == (windows.onset, both.onset)
    assert replace(windows, onset=both.onset) == both
    assert not both.by_minute


def test_minutes_before_the_first_bad_bucket_are_part_of_the_breach() -> None:
    (both,) = judge(hours(*[(9, 1000)] * 10, *[(400, 1000)] * 5))

    assert NOON == both.onset
    assert "at least 5 % within 5 min" == both.rule


def test_while_the_normal_is_learned_or_switched_off_the_windows_judge_alone() -> None:
    series = hours(*[(8, 1000)] * 10)
    learning = replace(KNOWN, known_from=NOON + timedelta(days=1))
    off = {HANDSHAKES.id: replace(OBJECTIVES[HANDSHAKES.id], by_minute=False)}

    assert [] == judge(series, {HANDSHAKES.id: learning})
    assert [] == breaches((HANDSHAKES,), off, series, [at(0)], NOW, normals=NORMALS)


def test_a_minute_that_was_counted_before_its_rows_had_arrived_is_not_judged_yet() -> None:
    def seen(as_of: datetime) -> bool:
        series = [replace(count, as_of=as_of) for count in hours(*[(40, 1000)])]
        return bool(judge(series))

    complete = NOON + HANDSHAKES.delay
    assert seen(complete)
    assert not seen(complete - timedelta(seconds=1))


def test_a_minute_of_a_metric_is_judged_a_minute_after_its_end() -> None:
    metric = replace(HANDSHAKES, origin=Origin.METRICS, delay=timedelta(minutes=2))
    whole = [replace(count, as_of=NOON + 2 * MINUTE) for count in hours((200, 1000))]
    early = [replace(count, as_of=NOON + 2 * MINUTE - timedelta(seconds=1)) for count in hours((200, 1000))]

    def minutes(series: Sequence[Count]) -> datetime:
        return max(minute.start for minute in complete_minutes(series, metric))

    assert (NOON, NOON - MINUTE) == (minutes(whole), minutes(early))


def test_an_old_alarm_is_a_breach_only_where_its_rows_have_just_come() -> None:
    series = hours(*[(8, 1000)] * 10, *[QUIET] * 110)
    later = NOW + timedelta(hours=3)

    assert [] == breaches((HANDSHAKES,), OBJECTIVES, series, (), later, normals=NORMALS)
    assert 1 == len(breaches((HANDSHAKES,), OBJECTIVES, series, [at(1)], later, normals=NORMALS))


def test_good_buckets_prove_no_recovery_while_the_minutes_are_far_from_normal() -> None:
    """Every bucket has 0.33 %, where 1 % is allowed and 0.1 % is normal, and too few events for another alarm."""
    lasting = hours(*[(8, 1000)] * 10, *[(1, 60), *[(0, 60)] * 4] * 8)
    since = NOON + 10 * MINUTE

    def good(series: Sequence[Count], normals: dict[str, Normal]) -> int:
        return recovery_of((HANDSHAKES,), OBJECTIVES, series, since, at(10), normals=normals).good

    assert (8, 0) == (good(lasting, {}), good(lasting, NORMALS))
    assert 8 == good(hours(*[(8, 1000)] * 10, *[QUIET] * 40), NORMALS)


def test_a_new_alarm_of_the_minutes_is_the_last_bad_moment() -> None:
    series = hours(*[(8, 1000)] * 10, *[QUIET] * 20, *[(8, 1000)] * 10)
    recovery = recovery_of((HANDSHAKES,), OBJECTIVES, series, NOON + 10 * MINUTE, at(8), normals=NORMALS)

    assert recovery.last_bad is not None
    assert NOON + 30 * MINUTE < recovery.last_bad <= NOON + 40 * MINUTE


def test_a_signal_that_the_minutes_broke_and_that_fell_silent_has_not_recovered() -> None:
    broken = hours(*[(8, 1000)] * 10)
    other = [Count(LOBBY, "refused-connects", at(number), 0, 60, NOW) for number in range(2, 10)]
    signals = (HANDSHAKES, replace(HANDSHAKES, id="refused-connects"))

    recovery = recovery_of(
        signals,
        OBJECTIVES,
        [*broken, *other],
        NOON + 10 * MINUTE,
        at(10),
        normals=NORMALS,
    )
    assert 0 == recovery.good


def test_every_service_has_signals_whose_sources_tell_minutes() -> None:
    assert {"handshakes", "closes", "canary"} < {signal.id for signal in signals_by_minute(WEB_PUBSUB)}
    assert ["callback-events"] == [signal.id for signal in signals_by_minute(COMMUNICATION)]


MINUTES_OF_ANY_KIND = st.lists(
    st.sampled_from([QUIET, (0, 800), (0, 0), (3, 1000), (9, 1000), (60, 1000), (900, 1000), (1, 1)]),
    min_size=1,
    max_size=90,
)


@given(MINUTES_OF_ANY_KIND, st.randoms(use_true_random=False))
def test_the_minutes_hide_no_breach_of_the_windows_and_add_one_beside_them(
    minutes: list[tuple[int, int]], dice: Random
) -> None:
    series = hours(*minutes)
    windows, both = judge(series, {}), judge(series)
    of_windows = [breach for breach in both if not breach.by_minute]
    alone = [breach for breach in both if breach.by_minute]

    assert [breach.rule for breach in windows] == [breach.rule for breach in of_windows]
    for one, other in zip(windows, of_windows, strict=True):
        assert other.onset < one.onset + BUCKET
        assert other.last_bad >= one.last_bad
    assert len(alone) <= 1
    assert not any(
        one.onset < other.last_bad and other.onset < one.last_bad for one in alone for other in of_windows
    )
    shuffled = [*series]
    dice.shuffle(shuffled)
    assert both == judge(shuffled)
