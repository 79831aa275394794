"""Read the rows of JSON text: an object a line, an array of objects, or the query API's own answer."""

import json
import re
from collections.abc import Callable, Iterator
from typing import cast

from local.exports.cells import Cells, Lines
from shared.errors import InputError

_DECODER = json.JSONDecoder()
_GAP = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*(,)?[ \t\r\n]*")
_ROWS = re.compile(r'"rows"\s*:\s*')
_PARTIAL = re.compile(r'"error"\s*:\s*\{[^{}]*"code"\s*:\s*"PartialError"')
_NEEDED = "the query API's answer, with tables of columns and rows"


def read_json(text: str, file: str, on_cut: Callable[[int], None] | None = None) -> Lines:
    """Yield the rows of a JSON text, whichever of the three forms it has.

    `on_cut` is told the number of a last line that breaks off, as in a blob that is still written; without it such a line
    is malformed.

    Raises:
        InputError: malformed JSON, or a row that is not an object.
    """
    start = _skip(text, 0)
    if text.startswith("[", start):
        yield from (_cli_row(line, _object(row, file, line)) for line, row in _elements(text, start, file))
    elif (answer := _api_answer(text, start)) is not None:
        yield from _api_rows(answer, text, file)
    elif _is_spread(text, start):
        yield from _stream(text, start, file)
    else:
        yield from _lines(text, file, on_cut)


def is_partial(text: str) -> bool:
    """Say whether the query API wrote next to the rows that it cut them off at its limits."""
    return '"PartialError"' in text and _PARTIAL.search(text) is not None


def _lines(text: str, file: str, on_cut: Callable[[int], None] | None) -> Lines:
    # Not splitlines(): a JSON string may hold U+2028 and other line breaks of Unicode as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.isspace():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            if on_cut and number > 1 and number == text.count("\n") + 1:
                on_cut(number)
                return
            raise _malformed(error, f"{file}:{number}") from error
        yield number, row if type(row) is dict else _object(row, file, number)


def _stream(text: str, position: int, file: str) -> Lines:
    """Read objects that are spread over several lines, as `jq` prints them."""
    while position < len(text):
        line = text.count("\n", 0, position) + 1
        value, position = _decode(text, position, file)
        yield line, _object(value, file, line)
        position = _skip(text, position)


def _elements(text: str, position: int, file: str) -> Iterator[tuple[int, object]]:
    """Yield the elements of the array at `position`, each with its line."""
    counted, line = 0, 1
    position = _skip(text, position + 1)
    closed = text.startswith("]", position)
    while not closed:
        line += text.count("\n", counted, position)
        counted = position
        value, position = _decode(text, position, file)
        yield line, value
        comma = _COMMA.match(text, position)
        position = comma.end() if comma else position
        closed = not (comma and comma[1])
        if closed and not text.startswith("]", position):
            number = text.count("\n", 0, position) + 1
            raise InputError(f"{file}:{number}", "the JSON array breaks off", "a comma or ]")


def _api_answer(text: str, start: int) -> Cells | None:
    """Return the query API's own answer, good or bad, if the whole text is one."""
    if '"tables"' not in text and '"error"' not in text:
        return None
    try:
        answer, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    is_answer = isinstance(answer, dict) and ("tables" in answer or set(answer) == {"error"})
    return answer if is_answer and _skip(text, end) == len(text) else None


def _api_rows(answer: Cells, text: str, file: str) -> Lines:
    starts = [match.end() for match in _ROWS.finditer(text)]
    for names, start in zip(_headers(answer, file), starts, strict=False):
        for line, row in _elements(text, start, file):
            if not isinstance(row, list) or len(row) != len(names):
                raise InputError(
                    f"{file}:{line}", "the row does not match its columns", f"{len(names)} values"
                )
            yield line, dict(zip(names, row, strict=True))


def _headers(answer: Cells, file: str) -> list[list[str]]:
    try:
        tables = cast("list[dict[str, list[dict[str, str]]]]", answer["tables"])
        return [[column["name"] for column in table["columns"]] for table in tables]
    except (KeyError, TypeError) as error:
        wrong = f"it holds {json.dumps(answer)[:80]}"
        raise InputError(f"{file}:1", wrong, _NEEDED) from error


def _is_spread(text: str, start: int) -> bool:
    """Whether the first object goes on over several lines."""
    try:
        _, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return False
    return "\n" in text[start:end]


def _cli_row(line: int, row: Cells) -> tuple[int, Cells]:
    # `az monitor log-analytics query` prints str(value) of every cell, and so "None" for null.
    if "TableName" in row:
        row = {name: None if cell == "None" else cell for name, cell in row.items()}
    return line, row


def _object(value: object, file: str, line: int) -> Cells:
    if isinstance(value, dict):
        return value
    raise InputError(f"{file}:{line}", f"{json.dumps(value)[:40]} is not a row", "a JSON object")


def _skip(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position


def _decode(text: str, position: int, file: str) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise _malformed(error, f"{file}:{error.lineno}") from error
    except (ValueError, RecursionError) as error:
        raise _malformed(error, f"{file}:{text.count(chr(10), 0, position) + 1}") from error


def _malformed(error: Exception, where: str) -> InputError:
    reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return InputError(where, f"malformed JSON ({reason})", "one JSON object for each row")
