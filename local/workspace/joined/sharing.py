"""Find what several statements of SQL define alike, so that it is computed once: a legal plan of `materialize`."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from local.workspace.typed_sql.tree import Node, Tree, nodes, written

OF_A_LET = "_l"  # begins the name of what duckdb-kql makes of a `let`; a step of a pipe has another one
_SHARED = "shared_"


@dataclass(frozen=True, slots=True)
class Shares:
    """Tables to fill, by name and in order, and the statements that read them."""

    fills: tuple[tuple[str, str], ...]
    statements: tuple[str, ...]


def shares_of(queries: Sequence[Node]) -> Shares:
    """Return the queries with what more than one place reads in tables of its own."""
    lets = _Lets()
    bare = [lets.without(query) for query in queries]
    reads = Counter(name for tree in (*lets.bodies.values(), *bare) for name in _read(tree))
    # What reads a table of logs row by row stays where it is read, so that only the rows and columns needed are.
    shared = [name for name, body in lets.bodies.items() if reads[name] > 1 and not _copies_logs(body)]
    fills, filled = [], set[str]()
    for name in shared:
        fills.append((name, written(lets.around(lets.bodies[name], filled))))
        filled.add(name)
    return Shares(tuple(fills), tuple(written(lets.around(query, filled)) for query in bare))


@dataclass
class _Lets:
    """What the queries define at their top, each definition once, whatever its name was."""

    bodies: dict[str, Node] = field(default_factory=dict)  # by a name made of what is defined, readers last
    entries: dict[str, Node] = field(default_factory=dict)  # as the map of a query holds them

    def without(self, query: Node) -> Node:
        """Return a query without its lets, which it reads under their new names; its own steps stay."""
        names: dict[str, str] = {}
        steps = []
        for entry in query["cte_map"]["map"]:
            renamed = _renamed(entry, names)
            if entry["key"].startswith(OF_A_LET):
                names[entry["key"]] = self._add(renamed["value"])
            else:
                steps.append(renamed)
        rest = _renamed({key: part for key, part in query.items() if key != "cte_map"}, names)
        return {**rest, "cte_map": {"map": steps}}

    def _add(self, entry: Node) -> str:
        digest = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
        name = f"{_SHARED}{digest[:16]}"
        self.entries.setdefault(name, entry)
        self.bodies.setdefault(name, entry["query_node"])
        return name

    def around(self, query: Node, filled: Iterable[str]) -> Node:
        """Return a query with the lets that it reads, directly or not, save those that are tables already."""
        needed: dict[str, None] = {}
        self._collect(query, set(filled), needed)
        own = [{"key": name, "value": self.entries[name]} for name in needed]
        return {**query, "cte_map": {"map": own + query["cte_map"]["map"]}}

    def _collect(self, tree: Tree, filled: set[str], needed: dict[str, None]) -> None:
        for name in _read(tree):
            if name in self.bodies and name not in filled and name not in needed:
                self._collect(self.bodies[name], filled, needed)
                needed[name] = None


def _read(tree: Tree) -> list[str]:
    """Return the names of the tables and lets that a query reads, as often as it does."""
    return [str(node["table_name"]) for node in nodes(tree) if node.get("type") == "BASE_TABLE"]


def _copies_logs(body: Node) -> bool:
    """Tell whether a query gives rows of a table of logs as they are: it reads one, and groups nothing."""
    reads_logs = any(not name.startswith("_") and not name.startswith(_SHARED) for name in _read(body))
    groups = any(node.get("group_expressions") for node in nodes(body))
    return reads_logs and not groups


def _renamed(tree: Tree, names: Mapping[str, str]) -> Tree:
    """Return a tree in which tables have other names, where columns are read from them too."""
    if isinstance(tree, list):
        return [_renamed(part, names) for part in tree]
    if not isinstance(tree, dict):
        return tree
    node = {key: _renamed(part, names) for key, part in tree.items()}
    if node.get("type") == "BASE_TABLE":
        node["table_name"] = names.get(node["table_name"], node["table_name"])
    elif node.get("class") == "COLUMN_REF" and len(node["column_names"]) > 1:
        first, *rest = node["column_names"]
        node["column_names"] = [names.get(first, first), *rest]
    return node
