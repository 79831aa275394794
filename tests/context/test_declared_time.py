"""Times of events are read in every form in which Azure may write them."""

from datetime import UTC, datetime

import pytest

from shared.context.declared_time import declared_time

TEA = datetime(2026, 3, 2, 14, 10, tzinfo=UTC)
TICKS = 639_080_574_000_000_000  # of TEA


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T14:10:00Z",
        "2026-03-02T14:10:00.0000000Z",
        "2026-03-02T15:10:00+01:00",
        "2026-03-02 14:10:00",
        int(TEA.timestamp() * 1000),
        str(int(TEA.timestamp() * 1000)),
        float(TEA.timestamp() * 1000),
        TICKS,
        str(TICKS),
    ],
)
def test_a_moment_is_read(value: object) -> None:
    assert TEA == declared_time(value)


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", 0, "0", True, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", -1, 10**30, {}, "²"],
)
def test_what_is_no_moment_is_none(value: object) -> None:
    assert declared_time(value) is None
