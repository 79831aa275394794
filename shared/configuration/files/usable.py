"""Use what is right in a file of config/, and tell what is wrong with the rest."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec import ValidationError
from msgspec.structs import fields

from shared.configuration.files.declare import FileEntry, parsed
from shared.configuration.files.explain import explained
from shared.configuration.files.folder import FolderFile
from shared.configuration.files.read import read_file
from shared.configuration.files.value import Value
from shared.errors import InputError

T = TypeVar("T")


def converted(value: Value, kind: type[T]) -> T:
    """Return what a file says as what is declared for it.

    Raises:
        InputError: the declaration refuses it.
    """
    try:
        return parsed(value.plain(), kind)
    except ValidationError:
        raise explained(value, kind) from None


def sections(path: FolderFile, kind: type[FileEntry]) -> tuple[dict[str, Value], list[InputError]]:
    """Return the sections of a file that say something, by name, and what is wrong outside of them.

    Where every line below a key is a comment, its value is empty. A file may be missing.
    """
    try:
        file = read_file(path)
        if file is None:
            return {}, []
        if file.value.is_empty:
            return {}, list(file.secrets)
        values, problems = file.value.mapping([field.encode_name for field in fields(kind)])
    except InputError as error:
        return {}, [error]
    return {key: value for key, value in values.items() if not value.is_empty}, [*file.secrets, *problems]


def usable(listed: Value | None, build: Callable[[Value], T], problems: list[InputError]) -> list[T]:
    """Return what could be built of the items of a list, one by one; what is wrong is added to the problems."""
    results = []
    try:
        items = listed.items() if listed is not None else ()
    except InputError as error:
        problems.append(error)
        return []
    for item in items:
        try:
            results.append(build(item))
        except InputError as error:
            problems.append(error)
    return results


def ordered(problems: Iterable[InputError]) -> tuple[InputError, ...]:
    """Return the problems by line, each once: a secret is found both in its line and in its entry."""
    return tuple({str(problem): problem for problem in sorted(problems, key=_line)}.values())


def flawless(result: tuple[T, Sequence[InputError]]) -> T:
    """Return what is usable of a file if that is all of it.

    Raises:
        InputError: the first problem of the file.
    """
    content, problems = result
    if problems:
        raise problems[0]
    return content


def _line(problem: InputError) -> int:
    _, _, line = problem.where.rpartition(":")
    return int(line) if line.isdigit() else 0
