import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.commands.window_options import window_of
from shared.errors import InputError


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 24, 2, 30, 0, 5, tzinfo=UTC)  # 03:30 in Berlin


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def window(*, start: str | None = None, end: str | None = None, last: str | None = None) -> tuple[str, str]:
    read = window_of(argparse.Namespace(start=start, end=end, last=last), FixedClock())
    return f"{read.start:%d %H:%M:%S}", f"{read.end:%d %H:%M:%S}"


def test_takes_an_iso_time_without_a_zone_as_utc() -> None:
    assert ("20 03:00:00", "20 04:00:00") == window(start="2026-11-20T03:00", end="2026-11-20T05:00+01:00")


@pytest.mark.parametrize(
    ("last", "start"),
    [
        ("2h", "24 00:30:00"),
        ("90m", "24 01:00:00"),
        ("90min", "24 01:00:00"),
        ("1h30m", "24 01:00:00"),
        ("1d", "23 02:30:00"),
        ("45s", "24 02:29:15"),
    ],
)
def test_ends_a_length_now(last: str, start: str) -> None:
    assert (start, "24 02:30:00") == window(last=last)


def test_ends_a_length_where_it_is_told_or_begins_it_there() -> None:
    assert ("20 02:00:00", "20 04:00:00") == window(end="2026-11-20T04:00Z", last="2h")
    assert ("20 04:00:00", "20 06:00:00") == window(start="2026-11-20T04:00Z", last="2h")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("03:00", "03:20", ("24 02:00:00", "24 02:20:00"), id="this night"),
        pytest.param("03:00", "now", ("24 02:00:00", "24 02:30:00"), id="until now"),
        pytest.param("03:00", "04:00", ("24 02:00:00", "24 03:00:00"), id="an end that is still to come"),
        pytest.param("22:00", "23:30:15", ("23 21:00:00", "23 22:30:15"), id="yesterday evening"),
        pytest.param("23:00", "01:00", ("23 22:00:00", "24 00:00:00"), id="over midnight"),
        pytest.param("2026-11-20T23:30Z", "02:00", ("20 23:30:00", "21 01:00:00"), id="behind an ISO time"),
    ],
)
def test_reads_the_clock_on_the_wall_in_the_zone_of_the_machine(
    start: str, end: str, expected: tuple[str, str]
) -> None:
    assert expected == window(start=start, end=end)


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ({}, "--last such as 2h"),
        ({"start": "03:00"}, "--last such as 2h"),
        ({"last": "soon"}, "such as 90m"),
        ({"last": "0h"}, "such as 90m"),
        ({"start": "25:00", "end": "now"}, "such as 03:00"),
        ({"start": "03:00", "end": "04:00", "last": "2h"}, "two of"),
    ],
)
def test_refuses_what_is_no_window(options: dict[str, str], cure: str) -> None:
    with pytest.raises(InputError, match=cure):
        window(**options)
