"""Merging counts: whoever writes, and however often, the later poll wins."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.clock import iso
from shared.signals.counts import Count, MinuteEvents
from shared.signals.keep import Hour, by_hour, decode_count, encode_count, hour_of, merge, tidy
from shared.signals.signal import BUCKET, bucket_of

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
PLAIN = Count("lobby", "handshakes", TEN, 1, 2, TEN)

counts = st.builds(
    lambda place, bad, good, as_of, reasons, sample, minutes: Count(
        "lobby",
        "handshakes",
        TEN + place * BUCKET,
        bad,
        bad + good,
        TEN + timedelta(seconds=as_of),
        reasons,
        sample,
        minutes,
    ),
    st.integers(0, 11),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 5),
    st.dictionaries(st.text(max_size=8), st.integers(1, 50), max_size=15),
    st.text(max_size=10),
    st.one_of(
        st.just(()),
        st.lists(
            st.builds(MinuteEvents, st.integers(0, 50), st.integers(50, 90)), min_size=5, max_size=5
        ).map(tuple),
    ),
)


@given(st.lists(counts, max_size=12), st.randoms())
@settings(max_examples=50)
def test_the_order_and_number_of_writes_do_not_matter(series: list[Count], random: object) -> None:
    shuffled = [*series, *series]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one_by_one: Hour = {}
    for count in shuffled:
        one_by_one = merge(one_by_one, [count])

    assert merge({}, series) == one_by_one
    assert one_by_one == merge(one_by_one, one_by_one.values())


@given(st.lists(counts, max_size=12))
@settings(max_examples=50)
def test_the_latest_count_of_each_bucket_stays(series: list[Count]) -> None:
    latest: dict[datetime, datetime] = {}
    for count in series:
        latest[count.bucket] = max(count.as_of, latest.get(count.bucket, count.as_of))

    assert latest == {bucket: count.as_of for bucket, count in merge({}, series).items()}


@given(counts)
@settings(max_examples=50)
def test_what_is_written_reads_the_same(count: Count) -> None:
    stored_count = tidy(count)

    assert stored_count == decode_count(
        stored_count.resource, stored_count.signal, stored_count.bucket, encode_count(stored_count)
    )
    assert list(stored_count.reasons.items()) == sorted(
        stored_count.reasons.items(), key=lambda item: (-item[1], item[0])
    )


@pytest.mark.parametrize(
    "garbled",
    [
        {"bad": math.nan},
        {"total": math.inf},
        {"bad": -1},
        {"reasons": {"1006": math.nan}},
        {"minutes": [[0, 0], [math.nan, 1], [0, 0], [0, 0], [0, 0]]},
        {"minutes": [[0, 0]] * 50},
    ],
)
def test_refuses_what_cannot_be_a_number_of_events(garbled: dict[str, object]) -> None:
    text = json.dumps({"bad": 1, "total": 2, "as_of": iso(TEN), "reasons": {}, "sample": "", **garbled})

    with pytest.raises(ValueError, match=r"a number of it|50 minutes"):
        decode_count("lobby", "closes", TEN, text)


def test_keeps_the_twelve_most_frequent_reasons_in_short_printable_words() -> None:
    reasons = {f"reason\n{number:02}": float(number) for number in range(20)}
    stored_count = tidy(replace(PLAIN, reasons=reasons, sample="gone\x00 " + "x" * 900))

    assert [f"reason {number:02}" for number in range(19, 7, -1)] == list(stored_count.reasons)
    assert 200 == len(stored_count.sample)


def test_adds_up_reasons_that_read_the_same() -> None:
    assert {"a b": 5} == tidy(replace(PLAIN, reasons={"a b": 2, "a\tb": 3})).reasons


def test_refuses_a_bucket_that_starts_between_two_edges() -> None:
    with pytest.raises(ValueError, match="10:01:00Z is not the start"):
        tidy(replace(PLAIN, bucket=TEN + timedelta(minutes=1)))


def test_groups_by_signal_and_hour() -> None:
    late = replace(PLAIN, bucket=TEN + 12 * BUCKET)
    closes = replace(PLAIN, signal="closes")

    assert {
        ("handshakes", TEN): (PLAIN,),
        ("handshakes", TEN + timedelta(hours=1)): (late,),
        ("closes", TEN): (closes,),
    } == by_hour([PLAIN, late, closes])


@dataclass(frozen=True)
class Row:
    """One event, when it happened, and when its row could first be seen."""

    number: int
    happened: datetime
    arrived: datetime
    bad: bool


def recount(rows: Iterable[Row], since: datetime, as_of: datetime) -> list[Count]:
    """Count whole buckets from a start on, from the rows there are; a row that came twice is one event."""
    rows_by_bucket: dict[datetime, list[Row]] = {}
    for row in {row.number: row for row in rows if row.arrived <= as_of}.values():
        if row.happened >= since:
            rows_by_bucket.setdefault(bucket_of(row.happened), []).append(row)
    return [
        Count("lobby", "handshakes", bucket, sum(row.bad for row in own), len(own), as_of)
        for bucket, own in sorted(rows_by_bucket.items())
    ]


class TwoWriters(RuleBasedStateMachine):
    """Two instances poll rows that come late and twice; polls are doubled, delayed, interrupted and missed."""

    @initialize()
    def start(self) -> None:
        self.now = TEN + timedelta(hours=1)
        self.rows: list[Row] = []
        self.kept: dict[tuple[str, datetime], Hour] = {}
        self.watermarks = {"left": TEN - timedelta(hours=1), "right": TEN - timedelta(hours=1)}
        self.unwritten: list[tuple[str, datetime, Sequence[Count]]] = []

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(ago=st.integers(0, 60), late=st.integers(0, 60), bad=st.booleans())
    def an_event_happens(self, ago: int, late: int, bad: bool) -> None:
        happened = self.now - timedelta(minutes=ago)
        self.rows.append(Row(len(self.rows), happened, self.now + timedelta(minutes=late), bad))

    @rule(place=st.integers(0, 50))
    def a_row_is_repeated(self, place: int) -> None:
        if self.rows:
            self.rows.append(replace(self.rows[place % len(self.rows)], arrived=self.now))

    @rule(writer=st.sampled_from(["left", "right"]))
    def a_look_is_asked(self, writer: str) -> None:
        """Recount from the oldest arrival since the watermark on; what was counted is written some time later."""
        start = self.watermarks[writer] - timedelta(minutes=10)
        new = [row.happened for row in self.rows if start < row.arrived <= self.now]
        counted = recount(self.rows, bucket_of(min(new)), self.now) if new else []
        self.unwritten.append((writer, self.now, counted))

    @rule(place=st.integers(0, 5), crash=st.booleans(), twice=st.booleans())
    def a_look_is_written(self, place: int, crash: bool, twice: bool) -> None:
        if not self.unwritten:
            return
        at = place % len(self.unwritten)
        writer, as_of, counted = self.unwritten[at] if twice else self.unwritten.pop(at)
        self._write(counted[: len(counted) // 2] if crash else counted)
        if not crash:
            self.watermarks[writer] = max(self.watermarks[writer], as_of)  # the watermark moves last

    @invariant()
    def the_buckets_equal_a_recount_after_a_last_look(self) -> None:
        """Let all rows arrive, the missed polls write in the worst order and one instance poll again."""
        before = dict(self.kept)
        end = self.now + timedelta(hours=3)
        start = max(self.watermarks.values()) - timedelta(minutes=10)
        new = [row.happened for row in self.rows if start < row.arrived <= end]
        if new:
            self._write(recount(self.rows, bucket_of(min(new)), end))
        for _, _, counted in self.unwritten:
            self._write(counted)
        stored_counts = [count for hour in self.kept.values() for count in hour.values()]
        numbers = {count.bucket: (count.bad, count.total) for count in stored_counts}

        assert {
            count.bucket: (count.bad, count.total)
            for count in recount(self.rows, datetime.min.replace(tzinfo=UTC), end)
        } == numbers
        self.kept = before

    def _write(self, counted: Sequence[Count]) -> None:
        for key, own in by_hour(counted).items():
            assert all(hour_of(count.bucket) == key[1] for count in own)
            self.kept[key] = merge(self.kept.get(key, {}), own)


TestTwoWriters = TwoWriters.TestCase
TestTwoWriters.settings = settings(max_examples=50, stateful_step_count=25)
