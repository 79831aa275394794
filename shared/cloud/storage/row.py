"""Write a dataclass as a row of Table Storage, and read it back.

Each field is a property. What Table Storage has no type for is a text: a moment sorts as moments do, and whatever
has parts (tuples, mappings, dataclasses) is JSON. None has no property, and what a row lacks has the field's default,
so that rows of earlier versions are read.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

from shared.shapes import check_shape

StorageRow = dict[str, Any]

_T = TypeVar("_T")


def text_of(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do: always with fractions."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class RowCodec(Generic[_T]):
    """How one dataclass stands in a row.

    Args:
        shape: the dataclass.
        stored: names of properties, where they are not those of the fields.
        keyed: fields that the keys of the row hold; who calls `read` hands them in.
        inlined: fields whose dataclass has its own fields as properties of the same row.
    """

    def __init__(
        self,
        shape: type[_T],
        *,
        stored: Mapping[str, str] | None = None,
        keyed: Collection[str] = ("etag",),
        inlined: Collection[str] = (),
    ) -> None:
        self._shape = shape
        self._stored = stored or {}
        self._keyed = frozenset(keyed)
        self._inlined = frozenset(inlined)

    def write(self, value: _T) -> StorageRow:
        """Return the properties of a value; its keys are the caller's."""
        row: StorageRow = {}
        for name, kind in self._hints.items():
            part = getattr(value, name)
            if name in self._inlined:
                row |= RowCodec(kind, stored=self._stored).write(part)
            elif part is not None:
                row[self._stored.get(name, name)] = float(part) if kind is float else _property(part)
        return row

    def read(self, row: Mapping[str, Any], /, **keyed: Any) -> _T:
        """Return the value of a row; `keyed` has the fields that stand in its keys.

        Raises:
            DATA_ERRORS: the row is not one that `write` wrote.
        """
        value = self._shape(**dict(self._parts(row)), **keyed)
        for name, kind in self._hints.items():
            check_shape(getattr(value, name), kind, name)
        return value

    def _parts(self, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, kind in self._hints.items():
            stored = self._stored.get(name, name)
            if name in self._inlined:
                yield name, RowCodec(kind, stored=self._stored).read(row)
            elif stored in row:
                yield name, _value(row[stored], kind)
            elif _is_optional(kind):
                yield name, None

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        hints = get_type_hints(self._shape)
        names = (field.name for field in fields(cast("Any", self._shape)))
        return {name: hints[name] for name in names if name not in self._keyed}


def _property(part: Any) -> Any:
    """Return a value as a property: as it is, as a text that sorts, or as JSON."""
    plain = _plain(part)
    if isinstance(plain, list | dict):
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return plain


def _plain(part: Any) -> Any:
    """Return a value as JSON knows it; a dataclass is the list of its fields."""
    if isinstance(part, Mapping):
        return {str(_plain(name)): _plain(value) for name, value in part.items()}
    if isinstance(part, tuple | frozenset):
        return [_plain(value) for value in part]
    if is_dataclass(part) and not isinstance(part, type):
        return [_plain(getattr(part, field.name)) for field in fields(part)]
    return _scalar(part)


def _scalar(part: Any) -> Any:
    if isinstance(part, datetime):
        return text_of(part)
    if isinstance(part, timedelta):
        return part.total_seconds()
    return str(part) if isinstance(part, StrEnum) else part


def _value(stored: Any, kind: Any) -> Any:
    """Return what a property holds, by the type of its field."""
    inner = _without_none(kind)
    if stored == "" and _is_optional(kind) and inner is not str:
        return None  # as rows of earlier versions say it
    return _built(json.loads(stored) if _has_parts(inner) else stored, inner)


def _built(plain: Any, kind: Any) -> Any:
    kind = _without_none(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if plain is None or kind is Any:
        return plain
    if origin is tuple:
        return tuple(_built(value, arguments[0]) for value in _of_type(plain, list))
    if origin is not None:  # a mapping
        return {
            _built(name, arguments[0]): _built(value, arguments[1])
            for name, value in _of_type(plain, dict).items()
        }
    if is_dataclass(kind):
        return _dataclass(_of_type(plain, list), kind)
    return _built_scalar(plain, kind)


def _built_scalar(plain: Any, kind: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(plain)
    if kind is timedelta:
        return timedelta(seconds=plain)
    # Anything can be made a text or a truth value, and would then no longer be seen as wrong.
    return _of_type(plain, kind) if kind in (str, bool) else kind(plain)


def _of_type(plain: Any, kind: type) -> Any:
    if not isinstance(plain, kind):
        raise TypeError(f"it holds {type(plain).__name__}; expected {kind.__name__}")
    return plain


def _dataclass(values: list[Any], kind: Any) -> Any:
    hints = get_type_hints(kind)
    parts = zip(fields(kind), values, strict=False)  # another version may know more fields, or fewer
    return kind(**{field.name: _built(value, hints[field.name]) for field, value in parts})


def _has_parts(kind: Any) -> bool:
    return get_origin(kind) is not None or is_dataclass(kind)


def _is_optional(kind: Any) -> bool:
    return isinstance(kind, UnionType) and NoneType in get_args(kind)


def _without_none(kind: Any) -> Any:
    """Return the type beside None."""
    if not _is_optional(kind):
        return kind
    return next(argument for argument in get_args(kind) if argument is not NoneType)
