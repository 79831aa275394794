"""Put checks together into one query, and read the answer of each from its rows.

The functions of the library stand once in it, so that rows which several checks read are read once (`materialize`). Each
check is a function of its own, whose `let` statements no other check sees.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from shared.queries.logs import LogAnswer
from shared.queries.prelude import without_texts

RESULT_COLUMNS = ("Verdict", "Strength", "Summary", "Onset")  # of the one row of a check, beside its numbers

_COLUMN = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?:=(?![=~]).*)?", re.DOTALL)
_BRACKET = re.compile(r"[(\[{]|[)\]}]|[|,;]")
# Statements that a function's body cannot hold.
_OWN_STATEMENT = re.compile(r"^\s*(?:set|declare|alias|restrict|pattern)\b", re.MULTILINE)
_TYPED = "Verdict = tostring(Verdict), Strength = todouble(Strength), Summary = tostring(Summary), Onset = todatetime(Onset)"
_UNTYPED = 'Verdict = "", Strength = 0.0, Summary = "", Onset = datetime(null)'
# A datetime as Kusto writes it into a property bag.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


def can_join(text: str) -> bool:
    """Tell whether a text can be put together with others: it ends with a `project` whose columns have names."""
    return bool(_columns(text)) and not _OWN_STATEMENT.search(without_texts(text))


def together(texts: Sequence[str]) -> str:
    """Return one query for texts that can be joined: as rows, `Check` (the text's place), the four columns and `Numbers`.

    A text without the four columns of a check has all its columns in `Numbers`.
    """
    functions = [f"let Check{place} = () {{\n{text}\n}};" for place, text in enumerate(texts)]
    legs = ",\n".join(_leg(place, _columns(text)) for place, text in enumerate(texts))
    return "\n".join([*functions, f"union\n{legs}"])


def answers_of(answer: LogAnswer, texts: Sequence[str]) -> Mapping[str, LogAnswer]:
    """Read the answer of each text; those are left out that must be asked again by themselves.

    That are all of them where the answer is partial or cannot be read, and a check that gave several rows: which of them
    came first is lost.
    """
    if answer.partial:
        return {}
    rows: list[list[Mapping[str, object]]] = [[] for _ in texts]
    try:
        for row in answer.rows:
            place = int(str(row["Check"]))
            rows[place].append(dict(_cells(row, _columns(texts[place]))))
    except (KeyError, IndexError, ValueError, TypeError):
        return {}
    return {
        text: LogAnswer(tuple(own))
        for text, own in zip(texts, rows, strict=True)
        if len(own) < 2 or not _is_check(_columns(text))
    }


def _leg(place: int, columns: Sequence[str]) -> str:
    pairs = ", ".join(f'"{name}", {name}' for name in _numbers(columns))
    packed = f"bag_pack({pairs})" if pairs else "dynamic({})"
    typed = _TYPED if _is_check(columns) else _UNTYPED
    return f"(Check{place}() | project Check = {place}, {typed}, Numbers = {packed})"


def _is_check(columns: Iterable[str]) -> bool:
    return set(RESULT_COLUMNS) <= set(columns)


def _numbers(columns: Sequence[str]) -> list[str]:
    return [name for name in columns if not _is_check(columns) or name not in RESULT_COLUMNS]


def _cells(row: Mapping[str, object], columns: Sequence[str]) -> Iterator[tuple[str, object]]:
    """Yield the columns of a check's own row, in their order."""
    packed = row["Numbers"]
    numbers = json.loads(packed) if isinstance(packed, str) else dict(packed or {})  # type: ignore[call-overload]
    for name in columns:
        is_own = _is_check(columns) and name in RESULT_COLUMNS
        yield name, row[name] if is_own else _number(numbers[name])


def _number(value: object) -> object:
    """Return a value of a property bag as a column of its type would have it."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    return float(value) if isinstance(value, str) and value in _NOT_FINITE else value


def _columns(text: str) -> tuple[str, ...]:
    """Return the columns of the `project` that a text ends with; none where it ends otherwise or one has no name."""
    *_, last = _parts(without_texts(text), "|;")
    operator, _, rest = last.strip().partition(" ")
    matches = [_COLUMN.fullmatch(part.strip()) for part in _parts(rest, ",")]
    names = tuple(match["name"] for match in matches if match)
    return names if operator == "project" and len(names) == len(matches) else ()


def _parts(text: str, marks: str) -> Iterator[str]:
    """Yield what stands between marks outside of brackets."""
    depth = start = 0
    for match in _BRACKET.finditer(text):
        depth += (match[0] in "([{") - (match[0] in ")]}")
        if depth == 0 and match[0] in marks:
            yield text[start : match.start()]
            start = match.end()
    yield text[start:]
