"""Timers fire when NCRONTAB says, and never at or before the moment they are asked about."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.host.schedule import Schedule
from shared.errors import InputError

MOMENTS = st.integers(1_580_000_000, 1_900_000_000).map(
    lambda second: datetime.fromtimestamp(second + 0.25, UTC)
)
SHIFT_BEGINS = datetime(2026, 11, 12, 18, 59, 30, tzinfo=UTC)  # a Thursday


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, list[set[int]]]:
    """An expression, and the values that each of its fields allows."""
    texts, allowed = [], []
    for least, most in ((0, 59), (0, 59), (0, 23), (1, 28), (1, 12), (0, 6)):
        first = draw(st.integers(least, most))
        last = draw(st.integers(first, most))
        step = draw(st.integers(1, 20))
        form = draw(st.sampled_from(["*", "one", "span", "step"]))
        texts.append(
            {"*": "*", "one": f"{first}", "span": f"{first}-{last}", "step": f"{first}/{step}"}[form]
        )
        end = {
            "one": first,
            "span": last,
            "*": 31 if most == 28 else most,
            "step": 31 if most == 28 else most,
        }
        begin = least if form == "*" else first
        allowed.append(set(range(begin, end[form] + 1, step if form == "step" else 1)))
    return " ".join(texts), allowed


@settings(max_examples=50)
@given(fields(), MOMENTS)
def test_the_next_moment_is_later_and_fits_every_field(
    written: tuple[str, list[set[int]]], moment: datetime
) -> None:
    text, allowed = written

    for next_moment in islice(Schedule(text).after(moment), 1):
        values = [
            next_moment.second,
            next_moment.minute,
            next_moment.hour,
            next_moment.day,
            next_moment.month,
            next_moment.isoweekday() % 7,
        ]
        assert next_moment > moment
        assert [] == [value for value, one in zip(values, allowed, strict=True) if value not in one]


@settings(max_examples=50)
@given(MOMENTS, st.integers(0, 59))
def test_every_minute_leaves_no_minute_out(moment: datetime, second: int) -> None:
    moments = list(islice(Schedule(f"{second} * * * * *").after(moment), 4))

    assert {timedelta(minutes=1)} == {later - earlier for earlier, later in pairwise(moments)}
    assert timedelta(0) < moments[0] - moment <= timedelta(minutes=1)


def test_a_period_is_kept_however_often_it_is_asked_about() -> None:
    moments, moment = [], SHIFT_BEGINS
    while moment < SHIFT_BEGINS + timedelta(minutes=2):
        moments += [
            due
            for due in islice(Schedule("00:00:45").after(moment), 1)
            if due <= moment + timedelta(seconds=1)
        ]
        moment += timedelta(seconds=1)

    assert {timedelta(seconds=45)} == {later - earlier for earlier, later in pairwise(moments)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */5 * * * *", "2026-11-12 19:00:00"),
        ("0 30 9 * * Mon-Fri", "2026-11-13 09:30:00"),
        ("0 0 0 13 * 5", "2026-11-13 00:00:00"),  # Friday the 13th: both must fit
        ("0 0 0 14 * 5", "2027-05-14 00:00:00"),
        ("30 59 18 * * *", "2026-11-13 18:59:30"),
        ("0 0 0 1 Jan SUN", "2034-01-01 00:00:00"),
        ("*/5 * * * *", "2026-11-12 19:00:00"),  # of five fields: at second 0
        ("30 9 * * Mon-Fri", "2026-11-13 09:30:00"),
        ("00:05:00", "2026-11-12 19:00:00"),
        ("00:00:12.5", "2026-11-12 18:59:35"),
        ("25:00:00", "2026-11-25 00:00:00"),  # 25 days
    ],
)
def test_fires_as_the_documentation_says(expression: str, expected: str) -> None:
    moments = next(Schedule(expression).after(SHIFT_BEGINS))

    assert expected == f"{moments:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "0 * * * * * *",
        "00:00:00",
        "-00:05:00",
        "00:60:00",
        "60 * * * * *",
        "0 0 0 L * *",
        "0 0 0 30 2 *",
        "0 0 0 * * 7",
        "often",
    ],
)
def test_what_is_no_ncrontab_is_refused_with_what_is_wanted(expression: str) -> None:
    with pytest.raises(InputError, match=r"WATCH.*not a valid NCRONTAB expression.*six fields"):
        Schedule(expression, "WATCH")
