"""A dataclass is read back from its row as it was written, whatever its fields hold."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cloud.storage.row import RowCodec
from shared.configuration.silences import Silence
from shared.health.sources import Source, SourceState
from shared.incidents.incident import Incident, Milestone, Notification
from shared.notices.delivery.lane import Lane
from shared.notices.delivery.rate import RateWindow
from shared.notices.notice import Notice
from shared.notices.routing.decisions import RecordedDecision
from shared.notices.routing.group import Group
from shared.notices.routing.shared_card import HeldMilestone, SharedCard

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    NoneType: st.none(),
}
SHAPES: Mapping[type, RowCodec[Any]] = {
    Incident: RowCodec(Incident, stored={"unnotified": "untold"}),
    Notice: RowCodec(Notice, stored={"fate": "state"}),
    RecordedDecision: RowCodec(RecordedDecision, stored={"milestone": "speaks"}, inlined=["decision"]),
    Lane: RowCodec(Lane),
    RateWindow: RowCodec(RateWindow),
    Group: RowCodec(Group, inlined=["scope"]),
    SharedCard: RowCodec(SharedCard),
    HeldMilestone: RowCodec(HeldMilestone),
    Silence: RowCodec(Silence, keyed=["match", "weekly"]),
    Source: RowCodec(Source),
    SourceState: RowCodec(SourceState),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of the type of a field."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, UnionType):
        return st.one_of([values_of(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is not None:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    return instances_of(kind) if is_dataclass(kind) else SIMPLE[kind]


def instances_of(shape: Any, without: frozenset[str] = frozenset()) -> st.SearchStrategy[Any]:
    hints = get_type_hints(shape)
    names = (field.name for field in fields(shape) if field.name not in without)
    return st.builds(shape, **{name: values_of(hints[name]) for name in names})


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_what_was_written_is_read(shape: type) -> None:
    codec = SHAPES[shape]
    without = frozenset({"match", "weekly", "etag"} if shape is Silence else {"etag"})

    @settings(max_examples=60)
    @given(instances_of(shape, without))
    def holds(instance: Any) -> None:
        row = codec.write(instance)

        assert {str, int, float, bool} >= {type(value) for value in row.values()}
        assert instance == codec.read(row)

    holds()


def test_a_row_without_a_property_has_the_default_of_its_field() -> None:
    window = RateWindow(sent=(NOON,))

    assert window == SHAPES[RateWindow].read({"sent": '["2026-03-02T12:00:00Z"]'})


def test_an_empty_time_of_an_earlier_version_is_none() -> None:
    row = {"sent": "[]", "closed_until": ""}

    assert SHAPES[RateWindow].read(row).closed_until is None


def test_names_that_are_stored_stay() -> None:
    notification = Notification(7, Milestone.OPENED)
    codec: RowCodec[Notification] = RowCodec(Notification, stored={"milestone": "speaks"})

    assert {"revision": 7, "speaks": "opened"} == codec.write(notification)


@pytest.mark.parametrize(
    "broken", [lambda row: row.pop("revision"), lambda row: row.update(milestone="sung")]
)
def test_a_row_that_no_codec_wrote_is_refused(broken: Callable[[dict[str, Any]], object]) -> None:
    row: dict[str, Any] = {"revision": 7, "milestone": "opened"}
    broken(row)

    with pytest.raises((KeyError, TypeError, ValueError)):
        RowCodec(Notification).read(row)
