"""What an object is made of: every plain value that can be reached from it."""

from collections.abc import Iterator
from functools import partial
from pathlib import PurePath
from types import BuiltinMethodType, CellType, FunctionType, MappingProxyType, MethodType, ModuleType

from shared.app.runtime import Runtime
from shared.configuration.snapshot import Configuration
from shared.settings import Settings

_PLAIN = (str, bytes, int, float, PurePath)
# Whoever was handed everything has shown nothing: what counts is what it took of it.
_WHOLES = (Runtime, Settings, Configuration, type, ModuleType)


def leaves(root: object) -> set[str]:
    """Return the plain values below an object, each as `Owner.attribute=value`."""
    texts: set[str] = set()
    visits: dict[int, object] = {}
    waiting = [(type(root).__name__, root)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, _PLAIN):
            texts.add(f"{name}={value}")
        elif id(value) not in visits and not isinstance(value, _WHOLES):
            visits[id(value)] = value  # kept, so that its id stays its own
            waiting.extend(_parts(name, value))
    return texts


def _parts(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict | MappingProxyType):
        for key, part in list(value.items()):
            yield from ((name, key), (f"{name}[{key}]", part))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((name, part) for part in value)
    elif isinstance(value, partial):
        yield from ((name, part) for part in (value.func, value.args, value.keywords))
    elif isinstance(value, MethodType | BuiltinMethodType):
        yield name, value.__self__
    elif isinstance(value, FunctionType):
        yield from ((name, cell.cell_contents) for cell in value.__closure__ or () if _is_filled(cell))
    else:
        yield from _attributes(value)


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    owner = type(value).__name__
    names = [*getattr(value, "__dict__", ())]
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    for name in dict.fromkeys(names):
        if name not in {"__dict__", "__weakref__"} and hasattr(value, name):
            part = vars(value)[name] if name in getattr(value, "__dict__", ()) else getattr(value, name)
            yield f"{owner}.{name}", part


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # its variable has no value yet
        return False
