"""Turn errors of the translator and of DuckDB into Kusto's own error codes and messages."""

import re
from dataclasses import dataclass

import duckdb
from duckdb_kql.errors import KqlError, KqlSchemaError, KqlSyntaxError, KqlUnsupportedError

_NO_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_NO_COLUMN = re.compile(r'(?:Referenced (?:column|table)|column named|Alias with name) "+(?P<name>[^"]+)"')
_OPERATOR = re.compile(r"\|\s*(?P<operator>[a-z][a-z-]*)")


@dataclass
class RefusedQueryError(Exception):
    """A query that cannot be answered; `kind` and `code` are Kusto's."""

    kind: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def refusal(error: KqlError | duckdb.Error, query: str) -> RefusedQueryError:
    """Turn an error of the translator or of the database into Kusto's."""
    text = str(error)
    first_line = text.partition("\n")[0]
    if isinstance(error, KqlSyntaxError):
        # The parser lists every token it would have taken, more than a hundred of them.
        wrong = first_line.partition(" expecting {")[0]
        return RefusedQueryError("SyntaxError", "SYN0002", f"Query could not be parsed: {wrong}")
    if isinstance(error, KqlUnsupportedError):
        return RefusedQueryError(
            "SemanticError", "SEM0000", f"The local workspace cannot run this: {first_line}"
        )
    if isinstance(error, KqlSchemaError) and (error.hint or "").startswith("unknown table"):
        return _unresolved("table or column", error.name, query)
    if isinstance(error, duckdb.CatalogException) and (match := _NO_TABLE.search(text)):
        return _unresolved("table or column", match["name"], query)
    if isinstance(error, duckdb.BinderException) and (match := _NO_COLUMN.search(text)):
        return _unresolved("column or scalar", match["name"], query)
    return RefusedQueryError("SemanticError", "SEM0001", first_line)


def _unresolved(what: str, name: str, query: str) -> RefusedQueryError:
    operator = _operator_of(name, query)
    message = f"{operator}Failed to resolve {what} expression named '{name}'"
    return RefusedQueryError("SemanticError", "SEM0100", message)


def _operator_of(name: str, query: str) -> str:
    """Return the operator that Kusto's message names: the one that holds the name, or the first one after it."""
    place = re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", query)
    if place is None:
        return ""
    before = query[: place.start()].rpartition("|")[2] if "|" in query[: place.start()] else None
    holder = _OPERATOR.match("|" + before) if before is not None and ";" not in before else None
    match = holder or _OPERATOR.search(query, place.end())
    return f"'{match['operator']}' operator: " if match else ""
