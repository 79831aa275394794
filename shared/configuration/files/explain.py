"""Say what is wrong with a value that its declaration refuses: at which line, what stands there, what is expected."""

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from msgspec import Meta, UnsetType, ValidationError
from msgspec.structs import fields

from shared.configuration.files.declare import FileEntry, OneOrMore, parsed
from shared.configuration.files.value import Value
from shared.errors import InputError

_NUMBERS = (int, float)


def explained(value: Value, kind: Any) -> InputError:
    """Return the first problem of a value that `kind` refuses, at the innermost place."""
    kind, words = _declared(_meant(value, kind))
    if _is_a(kind, OneOrMore):
        return _of_list(value, kind.item(), words) if value.is_list else explained(value, kind.item())
    if not isinstance(value.node, _node(kind)):
        return value.mismatch(_expected(kind, words))
    if _is_a(kind, FileEntry):
        return _of_entry(value, kind)
    if get_origin(kind) is dict:
        return _of_mapping(value, *get_args(kind))
    if get_origin(kind) is tuple:
        return _of_list(value, get_args(kind)[0], words)
    return _of_scalar(value, kind, words)


def missing(value: Value, kind: type[FileEntry], key: str) -> InputError:
    """Return that an entry lacks a key."""
    field = next(field for field in fields(kind) if field.encode_name == key)
    return value.refusal(
        f"{kind.noun} has no {key!r}", f"{key}: {_expected(*_declared(_choices(field.type)[0]))}"
    )


def _of_entry(value: Value, kind: type[FileEntry]) -> InputError:
    declared = {field.encode_name: field for field in fields(kind)}
    values, problems = value.mapping(declared)
    if problems:
        return problems[0]
    for key, field in declared.items():
        if field.required and key not in values:
            return missing(value, kind, key)
    return _first_of((values[key], field.type) for key, field in declared.items() if key in values)


def _of_mapping(value: Value, key_kind: Any, kind: Any) -> InputError:
    values, problems = value.mapping(get_args(key_kind) if get_origin(key_kind) is Literal else None)
    return problems[0] if problems else _first_of((item, kind) for item in values.values())


def _of_list(value: Value, kind: Any, words: Meta) -> InputError:
    items = value.items()
    if not items:
        return value.refusal(
            f"{value.name!r} is an empty list", words.description or "one value or more, or no such key"
        )
    return _first_of((item, kind) for item in items)


def _of_scalar(value: Value, kind: Any, words: Meta) -> InputError:
    plain, expected = value.plain(), _expected(kind, words)
    if type(plain) not in (_NUMBERS if kind in _NUMBERS else (kind,)):
        return value.mismatch(expected)
    if plain == "":
        return value.refusal(f"{value.name!r} is empty", expected)
    if words.max_length is not None and len(plain) > words.max_length:
        return value.refusal(f"{value.name!r} has {len(plain)} letters", f"at most {words.max_length}")
    if words.title is None:
        return value.refusal(f"{value.name!r} is {value.quoted()}", expected)
    is_hidden = (words.extra or {}).get("hidden", False)
    return value.refusal(
        f"{repr(value.name) if is_hidden else value.quoted()} is not {words.title}", expected
    )


def _first_of(parts: Iterable[tuple[Value, Any]]) -> InputError:
    return next(explained(value, kind) for value, kind in parts if not _fits(value, kind))


def _fits(value: Value, kind: Any) -> bool:
    try:
        parsed(value.plain(), kind)
    except ValidationError:
        return False
    return True


def _declared(kind: Any) -> tuple[Any, Meta]:
    """Return a type without its annotation, and the annotation."""
    return (kind.__origin__, kind.__metadata__[-1]) if get_origin(kind) is Annotated else (kind, Meta())


def _choices(kind: Any) -> list[Any]:
    """Return what may be written of a type: the members of a union but for those that stand for nothing."""
    members = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    return [member for member in members if member not in (UnsetType, NoneType)]


def _meant(value: Value, kind: Any) -> Any:
    """Return the member of a union that is written in the form of a value."""
    choices = _choices(kind)
    return next(
        (choice for choice in choices if isinstance(value.node, _node(_declared(choice)[0]))), choices[0]
    )


def _node(kind: Any) -> type[yaml.Node]:
    if _is_a(kind, FileEntry) or get_origin(kind) is dict:
        return yaml.MappingNode
    return yaml.SequenceNode if get_origin(kind) is tuple else yaml.ScalarNode


def _is_a(kind: Any, parent: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, parent)


def _expected(kind: Any, words: Meta) -> str:
    if words.description is not None:
        return words.description
    if kind in _NUMBERS:
        return f"{'a whole number' if kind is int else 'a number'} from {words.ge} to {words.le}"
    if kind is bool:
        return "true or false"
    return "a list" if _node(kind) is yaml.SequenceNode else "a mapping of keys and values"
