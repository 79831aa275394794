"""The rules of the house. Each takes modules and returns what breaks it, as `path` or `path:line`."""

import ast
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

MOST_MODULES = 15
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
EMPTY_WORDS = {"utils", "helpers", "common", "manager", "base", "misc"}

# `probes(runtime)` of each capability; entry functions of plug-ins that all have the same shape.
NAMES_THAT_MAY_REPEAT = {"probes"}

CATCH_ALLS = {
    "shared/isolation.py": "what one item raises must end no other; it is kept, told and logged",
    "local/host/call.py": "a host outlives whatever its functions raise, and logs it",
    "local/host/worker.py": "hands what a function raises on to whoever waits for it",
    "local/recording/ws_closed.py": "no call may end by the record of its end; the application's log handlers may raise",
}

READERS_OF_A_TIMELINE = {
    "shared/incidents/lifecycle/timeline.py": "adds an entry to it, and keeps it short",
    "shared/cloud/storage/incidents/rows.py": "stores it",
    "shared/cloud/storage/incidents/upgrade.py": "reads rows that have no other state yet",
    "shared/incidents/report/incident_report.py": "shows it",
    "shared/notices/answers/pages.py": "shows it",
    "shared/notices/answers/details.py": "shows it",
    "shared/notices/answers/history.py": "places its entries in time by their kind",
    "shared/notices/delivery/catch_up.py": "shows it",
}

_EVERYTHING = {"Exception", "BaseException"}
_CLIENTS = re.compile(r"(azure\.(?!functions)|requests\b)")
_ENVIRONMENT = {"os.environ", "os.getenv", "os.environb"}
_MOMENT = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$")


@dataclass(frozen=True)
class Module:
    """A Python file: its path from the root of the repository, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def folder(self) -> str:
        return PurePosixPath(self.path).parent.as_posix()

    def nodes(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        """Return the nodes of some kinds in the order of their lines."""
        return sorted(
            (node for node in ast.walk(self.tree) if isinstance(node, kinds)), key=lambda node: node.lineno
        )

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{node.lineno}"


def modules_of(root: Path, *places: str) -> tuple[Module, ...]:
    """Read the modules of folders and files."""
    files = [
        file
        for place in places
        for file in ((root / place).rglob("*.py") if (root / place).is_dir() else [root / place])
    ]
    return tuple(
        Module(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in sorted(files)
    )


def crowded_folders(modules: Iterable[Module]) -> list[str]:
    counts = Counter(module.folder for module in modules if module.stem != "__init__")
    return [f"{folder}: {count} modules" for folder, count in counts.items() if count > MOST_MODULES]


def repeated_names(modules: Iterable[Module]) -> list[str]:
    """Name what stands twice: a class, private or not, or a function that others may call."""
    places = defaultdict(list)
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) or (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
            ):
                places[node.name].append(module.path)
    return [
        f"{name}: {', '.join(paths)}"
        for name, paths in places.items()
        if len(paths) > 1 and name not in NAMES_THAT_MAY_REPEAT
    ]


def long_modules(modules: Iterable[Module]) -> list[str]:
    return [module.path for module in modules if len(module.text.splitlines()) > MOST_LINES]


def long_functions(modules: Iterable[Module]) -> list[str]:
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if node.end_lineno - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]


def modules_without_docstring(modules: Iterable[Module]) -> list[str]:
    return [module.path for module in modules if not ast.get_docstring(module.tree)]


def empty_names(modules: Iterable[Module]) -> list[str]:
    return [
        module.path for module in modules if EMPTY_WORDS & {module.stem, *PurePosixPath(module.folder).parts}
    ]


def catch_alls(modules: Iterable[Module]) -> list[str]:
    """Name the handlers, and the uses of `suppress`, that catch everything where no reason is recorded."""
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.ExceptHandler, ast.Call)
        if _catches_everything(node) and module.path not in CATCH_ALLS
    ]


def _catches_everything(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or bool(_EVERYTHING & _names_in(node.type))
    is_suppress = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "suppress"
    return is_suppress and bool(_EVERYTHING & set().union(*map(_names_in, node.args)))


def _names_in(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def askers_of_the_time(modules: Iterable[Module]) -> list[str]:
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.Attribute)
        if _MOMENT.search(ast.unparse(node)) and module.path != "shared/clock.py"
    ]


def readers_of_the_environment(modules: Iterable[Module]) -> list[str]:
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.Attribute, ast.ImportFrom)
        if _reads_the_environment(node) and module.path != "shared/settings.py"
    ]


def _reads_the_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(f"os.{alias.name}" in _ENVIRONMENT for alias in node.names)
    return ast.unparse(node) in _ENVIRONMENT


def readers_of_a_timeline(modules: Iterable[Module]) -> list[str]:
    """Name what reads the timeline of an incident: it is text for people and loses entries; state is fields."""
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.Attribute)
        if node.attr == "timeline" and module.path not in READERS_OF_A_TIMELINE
    ]


def users_of_clients(modules: Iterable[Module]) -> list[str]:
    """Name the imports of an Azure SDK or of requests outside of the cloud."""
    return [
        module.place(node)
        for module in modules
        for node in module.nodes(ast.Import, ast.ImportFrom)
        if any(map(_CLIENTS.match, _imported(node))) and not module.path.startswith("shared/cloud/")
    ]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names]


def rooms_with_layers(pyproject: str) -> set[str]:
    """Return the packages whose every room has a place in a contract of import-linter."""
    contracts = tomllib.loads(pyproject)["tool"]["importlinter"]["contracts"]
    return {
        container
        for contract in contracts
        if contract["type"] == "layers" and contract.get("exhaustive")
        for container in contract["containers"]
    }
