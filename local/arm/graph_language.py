"""Refuse what Resource Graph does not document, though it is KQL.

https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language
"""

import re
from dataclasses import dataclass

from local.arm.graph_tables import TABLES

OPERATORS = frozenset(
    [
        "count",
        "distinct",
        "extend",
        "join",
        "limit",
        "mv-expand",
        "mvexpand",
        "order",
        "parse",
        "project",
        "project-away",
        "sort",
        "summarize",
        "take",
        "top",
        "union",
        "where",
    ]
)
MOST_JOINS = MOST_EXPANSIONS = MOST_LEGS = 3
_JOIN_KINDS = frozenset({"innerunique", "inner", "leftouter", "fullouter"})
# Statements, and functions that reach beyond one query on the documented tables.
_STATEMENT = re.compile(r"(?:let|set|declare|pattern|alias|restrict)\b")
_CALL = re.compile(
    r"(?<![\w.])(?P<name>datatable|externaldata|toscalar|materialize|cluster|database|workspace|app)\s*\("
)
_TEXT = re.compile(
    r"//[^\n]*|@'(?:[^']|'')*'|@\"(?:[^\"]|\"\")*\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
)
_OPERATOR = re.compile(r"\|\s*(?P<name>[A-Za-z][A-Za-z-]*)")
_JOIN_KIND = re.compile(r"\bjoin\b[^(]*?\bkind\s*=\s*(?P<kind>\w+)")
_SOURCE = re.compile(r"(?:^|\bjoin\b[^()|]*\(|\bunion\b[^()|]*\()\s*(?P<name>[A-Za-z_]\w*)")
_UNION = re.compile(r"\bunion\b(?P<legs>(?:[^|()]|\((?:[^()]|\([^()]*\))*\))*)")


@dataclass
class DisallowedError(Exception):
    """A query that Resource Graph refuses: its code, and the token that it does not take."""

    code: str
    token: str


def check(query: str) -> None:
    """Make sure that Resource Graph takes a query.

    Raises:
        DisallowedError: it does not.
    """
    text = _TEXT.sub(lambda match: "''" if match[0][:2] != "//" else " ", query).strip()
    if not text:
        raise DisallowedError("EmptyQuery", "")
    _check_words(text)
    for operator in _OPERATOR.finditer(text):
        if operator["name"] not in OPERATORS:
            raise DisallowedError("InvalidQueryLanguage", operator["name"])
    for join in _JOIN_KIND.finditer(text):
        if join["kind"] not in _JOIN_KINDS:
            raise DisallowedError("InvalidQueryLanguage", join["kind"])
    _check_counts(text)
    for source in _SOURCE.finditer(text):
        name = source["name"]
        if name.lower() not in TABLES and name not in OPERATORS:
            raise DisallowedError("DisallowedLogicalTableName", name)


def _check_words(text: str) -> None:
    if statement := _STATEMENT.match(text):
        raise DisallowedError("ParserFailure", statement[0])
    if ";" in text.rstrip("; \n"):
        raise DisallowedError("ParserFailure", ";")
    if call := _CALL.search(text):
        raise DisallowedError("ParserFailure", call["name"])


def _check_counts(text: str) -> None:
    names = [operator["name"] for operator in _OPERATOR.finditer(text)]
    if names.count("join") > MOST_JOINS:
        raise DisallowedError("DisallowedMaxNumberOfRemoteTables", "join")
    if names.count("mv-expand") + names.count("mvexpand") > MOST_EXPANSIONS:
        raise DisallowedError("DisallowedMaxNumberOfExpansions", "mv-expand")
    for union in _UNION.finditer(text):
        legs = len(re.findall(r"\(|,", re.sub(r"\((?:[^()]|\([^()]*\))*\)", "(", union["legs"]))) or 1
        if "isfuzzy" in union["legs"] or legs > MOST_LEGS:
            raise DisallowedError("DisallowedUnion", "union")
