"""Say in which file, and at which line of it, a line of a complete KQL text was written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.kusto.faults import ANSWER, UNEXPLAINED_ANSWER
from shared.playbooks.loading.page import UNEXPLAINED, read_page
from shared.playbooks.playbook import Engine
from shared.queries.prelude import LIBRARY, complete, library
from shared.queries.scope import Scope

ROOT = Path(__file__).resolve().parents[2]

_LET = re.compile(r"let (\w+) =")


@dataclass(frozen=True, slots=True)
class Written:
    """A check as it stands in a playbook: file, heading, 1-based line of its first text line, its own text."""

    file: Path
    heading: str
    line: int
    text: str

    @property
    def answer(self) -> Mapping[str, str]:
        """The columns that the text must return, with their types."""
        return UNEXPLAINED_ANSWER if self.heading == UNEXPLAINED else ANSWER

    def complete(self, scope: Scope) -> str:
        """Return the text as it is sent."""
        return complete(self.text, scope)

    def place(self, whole: str, line: int) -> tuple[str, int]:
        """Return file and line of a line of the complete text."""
        before = whole.count("\n") - self.text.count("\n")
        if line > before:
            return relative(self.file), self.line + line - before - 1
        return in_library(whole, line)


def written_checks(folder: Path) -> Iterator[Written]:
    """Yield every Log Analytics check of a folder's pages, also of those that the loader would refuse.

    Raises:
        PlaybookError: a file is not a page at all.
    """
    for path in sorted(folder.glob("*.md")):
        yield from checks_of(path)


def checks_of(path: Path) -> Iterator[Written]:
    """Yield every Log Analytics check of a page.

    Raises:
        PlaybookError: the file is not a page at all.
    """
    for section in read_page(path).sections:
        for fence in section.fences:
            if fence.info == Engine.LOGS:
                yield Written(path, section.heading, fence.line, fence.text)


def in_library(whole: str, line: int) -> tuple[str, int]:
    """Return file and line of a line that a library statement brought into a complete text."""
    lines = whole.split("\n")[:line]
    for back, text in enumerate(reversed(lines)):
        match = _LET.match(text)
        if match and match[1] in library():
            return _statement_line(match[1], back)
    return "the scope before the check", line


def relative(file: Path) -> str:
    """Return a path as seen from the root of the project, or whole where it lies elsewhere."""
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


def _statement_line(name: str, skip: int) -> tuple[str, int]:
    for file in sorted(LIBRARY.glob("*.kql")):
        lines = file.read_text(encoding="utf-8").split("\n")
        numbers = [number for number, text in enumerate(lines, start=1) if _is_sent(text)]
        starts = [at for at, number in enumerate(numbers) if lines[number - 1].startswith(f"let {name} =")]
        if starts:
            return relative(file), numbers[starts[-1] + skip]
    return relative(LIBRARY), 1


def _is_sent(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith("//")
