"""Check that a value has the types that its dataclass declares: what was stored may be of another version."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def check_shape(value: object, kind: Any, place: str = "it") -> None:
    """Check a value, and whatever it holds, against a type; `place` names it in the error.

    Raises:
        TypeError: it, or something in it, has another type.
        ValueError: a moment has no time zone.
    """
    if kind is Any:
        return
    if isinstance(kind, UnionType):
        _check_union(value, kind, place)
    elif get_origin(kind) is not None:
        _check_collection(value, kind, place)
    elif is_dataclass(kind):
        _check_dataclass(value, kind, place)
    else:
        _check_scalar(value, kind, place)


def _check_union(value: object, kind: Any, place: str) -> None:
    wrong: Exception | None = None
    for argument in get_args(kind):
        try:
            return check_shape(value, argument, place)
        except (TypeError, ValueError) as error:
            wrong = wrong or error
    raise wrong or TypeError(place)


def _check_collection(value: object, kind: Any, place: str) -> None:
    origin, arguments = get_origin(kind), get_args(kind)
    if issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong(value, "a mapping", place)
        for name, part in value.items():
            check_shape(name, arguments[0], f"a name in {place}")
            check_shape(part, arguments[1], f"{place}.{name}")
        return
    wanted = origin if issubclass(origin, tuple) else Sequence
    if not isinstance(value, wanted) or isinstance(value, str | bytes):
        raise _wrong(value, "a list", place)
    is_fixed = issubclass(origin, tuple) and Ellipsis not in arguments
    kinds = arguments if is_fixed else arguments[:1] * len(value)
    for number, (part, of_part) in enumerate(zip(value, kinds, strict=True)):
        check_shape(part, of_part, f"{place}[{number}]")


def _check_dataclass(value: object, kind: Any, place: str) -> None:
    if not isinstance(value, kind):
        raise _wrong(value, kind.__name__, place)
    for name, of_field in _hints(kind).items():
        check_shape(getattr(value, name), of_field, f"{place}.{name}")


def _check_scalar(value: object, kind: Any, place: str) -> None:
    wanted = int | float if kind is float else kind
    # Of Python's types, but not of ours, a truth value is a number.
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(value, getattr(kind, "__name__", str(kind)), place)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{place} is a time without a zone")


def _wrong(value: object, wanted: str, place: str) -> TypeError:
    return TypeError(f"{place} is {type(value).__name__}; expected {wanted}")


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
