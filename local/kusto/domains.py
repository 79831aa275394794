"""Judge a literal by the documented values of the column it is compared with."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml

from local.kusto.compiler import Literal, Property, Source, Value

FILE = Path(__file__).with_name("domains.yaml")

Fits = Callable[[str, str], bool]


def _word(value: str, term: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])", value) is not None


# How a value fits a literal, by operator without its `!`. Ordering operators are absent: they name no value.
_EXACT: Mapping[str, Fits] = {
    "==": str.__eq__,
    "in": str.__eq__,
    "has_cs": _word,
    "contains_cs": str.__contains__,
    "startswith_cs": str.startswith,
    "endswith_cs": str.endswith,
    "hasprefix_cs": lambda value, term: re.search(rf"(?<![^\W_]){re.escape(term)}", value) is not None,
    "hassuffix_cs": lambda value, term: re.search(rf"{re.escape(term)}(?![^\W_])", value) is not None,
    "matches regex": lambda value, pattern: re.search(pattern, value) is not None,
}
_FOLDED: Mapping[str, str] = {
    "=~": "==",
    "in~": "in",
    "has": "has_cs",
    "has_any": "has_cs",
    "has_all": "has_cs",
    "contains": "contains_cs",
    "startswith": "startswith_cs",
    "endswith": "endswith_cs",
    "hasprefix": "hasprefix_cs",
    "hassuffix": "hassuffix_cs",
}
_ALIASES: Mapping[str, str] = {"!=": "==", "<>": "==", "!~": "=~"}
_FORMS: Mapping[str, Callable[[str], str]] = {"tolower": str.lower, "toupper": str.upper}


@dataclass(frozen=True, slots=True)
class Domain:
    """The values a column can hold; with `pattern` also what matches it; `any_case` says they are spelt variously."""

    values: tuple[str, ...]
    pattern: re.Pattern[str] | None
    any_case: bool
    source: str


@cache
def domains() -> Mapping[str, Domain]:
    """Return every documented domain by `Table.Column`."""
    domains: dict[str, Domain] = {}
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8"))["values"]:
        pattern = re.compile(entry["pattern"], re.IGNORECASE) if "pattern" in entry else None
        values = tuple(str(value) for value in entry.get("values", ()))
        domain = Domain(values, pattern, entry.get("any_case", False), entry["source"])
        domains.update(dict.fromkeys(entry["columns"], domain))
    return domains


@cache
def properties() -> Mapping[str, tuple[str, ...]]:
    """Return the documented properties of dynamic columns by `Table.Column`."""
    return {
        column: tuple(entry["names"])
        for entry in yaml.safe_load(FILE.read_text(encoding="utf-8"))["properties"]
        for column in entry["columns"]
    }


def literal_fault(literal: Literal) -> str | None:
    """Say why a literal can never match what it is compared with, or return None."""
    operator, folded = _operator(literal.operator)
    documented = _told(literal)
    if operator not in _EXACT or documented is None or not _names_a_value(literal, documented):
        return None
    if not folded and (spelling := _spelling_fault(literal, documented)):
        return spelling
    accepted = [str(value) for value in literal.derived if value is not None]
    accepted += [value for source, domain in documented for value in _formed(source, domain)]
    if _fits(operator, folded, literal.value, accepted) or _described(literal, documented):
        return None
    return _unknown(literal, accepted, documented)


def property_fault(read: Property) -> str | None:
    """Say why a property of a dynamic column is not a documented one, or return None."""
    for column, names in properties().items():
        name = read.path.removeprefix(f"{column}.")
        if name != read.path and "." not in name and name not in names:
            return f"{column} has no documented property {name!r}{_nearest(name, names)}"
    return None


def _told(literal: Literal) -> list[tuple[Source, Domain]] | None:
    """Return the domains of a literal's columns; None where one of them has no domain, so that anything goes."""
    if not all(source.column in domains() for source in literal.columns):
        return None
    return [(source, domains()[source.column]) for source in literal.columns]


def _names_a_value(literal: Literal, documented: Sequence[tuple[Source, Domain]]) -> bool:
    if literal.value == "" or isinstance(literal.value, bool):
        return False  # emptiness is not a value of a domain
    # Numbers that a text computes by itself are not names that could be misspelt.
    return isinstance(literal.value, str) or (isinstance(literal.value, int) and bool(documented))


def _described(literal: Literal, documented: Sequence[tuple[Source, Domain]]) -> bool:
    return any(domain.pattern and domain.pattern.fullmatch(str(literal.value)) for _, domain in documented)


def _operator(text: str) -> tuple[str, bool]:
    positive = _ALIASES.get(text, text.removeprefix("!"))
    return (_FOLDED[positive], True) if positive in _FOLDED else (positive, False)


def _formed(source: Source, domain: Domain) -> Iterable[str]:
    for value in domain.values:
        formed = value
        for name in source.via:
            formed = _FORMS.get(name, str)(formed)
        yield formed


def _fits(operator: str, folded: bool, value: Value, accepted: Iterable[str]) -> bool:
    key = str(value).casefold() if folded else str(value)
    return any(_EXACT[operator](name.casefold() if folded else name, key) for name in accepted)


def _spelling_fault(literal: Literal, documented: Sequence[tuple[Source, Domain]]) -> str | None:
    for source, domain in documented:
        if domain.any_case and not set(source.via) & set(_FORMS):
            return f"{source.column} is spelt in several cases: compare {literal.value!r} with =~, in~ or after tolower()"
    return None


def _unknown(literal: Literal, accepted: list[str], documented: Sequence[tuple[Source, Domain]]) -> str:
    where = " or ".join(dict.fromkeys(source.column for source in literal.columns)) or "this expression"
    sources = "; ".join(dict.fromkeys(domain.source for _, domain in documented))
    origin = f" (documented in {sources})" if sources else ""
    return (
        f"{where} has no value for `{literal.operator} {literal.value!r}`"
        f"{_nearest(str(literal.value), accepted)}{origin}"
    )


def _nearest(text: str, names: Iterable[str]) -> str:
    by_fold = {value.casefold(): value for value in names}
    close = get_close_matches(text.casefold(), by_fold, n=3, cutoff=0.5) or list(by_fold)[:3]
    return f"; nearest known: {', '.join(by_fold[name] for name in close)}"
