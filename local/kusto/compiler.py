"""Compile KQL with Microsoft's Kusto language service, against the published tables."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.kusto.remembered import Answer, recall, remember
from local.machine.node import NodeMissingError, node_command, package_folder
from local.machine.places import npm_folder
from shared.queries.schema import tables

PROGRAM = Path(__file__).with_name("compiler.cjs")
PACKAGE = "@kusto/language-service-next"
PATIENCE = 300  # seconds for all texts together; a check takes a quarter of a second, a start one
WORTH_A_START = 8  # texts, so many that another Node repays its start

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What the compiler says about a place; line and column start at 1."""

    code: str
    severity: str
    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A comparison of text with something that is not text, which Kusto answers with false."""

    operator: str
    left: str
    right: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """A published column (`Table.Column`, or `Table.Column.property`), and the functions its value went through."""

    column: str
    via: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal compared with something whose values we can trace: published columns, literals of the text itself."""

    operator: str
    value: Value
    columns: tuple[Source, ...]
    derived: tuple[Value, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Property:
    """A property read from a dynamic column, as `Table.Column.property`."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler knows of one text; `columns` are its result, name to Kusto type."""

    text: str
    diagnostics: tuple[Diagnostic, ...]
    columns: dict[str, str]
    mismatches: tuple[Mismatch, ...]
    literals: tuple[Literal, ...]
    properties: tuple[Property, ...]


def compile_texts(texts: Sequence[str]) -> list[Compiled]:
    """Compile all texts, in order; what was compiled before is remembered.

    Raises:
        NodeMissingError: Node or the language service is not installed.
    """
    package_folder(PACKAGE)
    answers = {text: answer for text in texts if (answer := recall(text)) is not None}
    fresh = [text for text in dict.fromkeys(texts) if text not in answers]
    for text, answer in _answers(fresh):
        remember(text, answer)
        answers[text] = answer
    return [_compiled(text, answers[text]) for text in texts]


def _answers(texts: Sequence[str]) -> Iterator[tuple[str, Answer]]:
    """Ask for all texts in one start of Node, or in two at once where they are many."""
    starts = min(2, -(-len(texts) // WORTH_A_START))
    with ThreadPoolExecutor(2) as pool:
        parts = [texts[start::starts] for start in range(starts)]
        for part, answers in zip(parts, pool.map(_ask, parts), strict=True):
            yield from zip(part, answers, strict=True)


def _ask(texts: Sequence[str]) -> list[Answer]:
    command = [*node_command(), str(PROGRAM)]
    question = json.dumps({"schema": tables(), "texts": list(texts)})
    process = subprocess.run(  # noqa: S603  # our own program
        command,
        env={**os.environ, "NODE_PATH": str(npm_folder() / "node_modules")},
        input=question,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    if process.returncode:
        raise NodeMissingError(
            f"{' '.join(command)} ended with {process.returncode}: {process.stderr.strip()[:500]}"
        )
    answers: list[Answer] = json.loads(process.stdout)
    return answers


def _compiled(text: str, answer: Answer) -> Compiled:
    return Compiled(
        text=text,
        diagnostics=tuple(Diagnostic(**document) for document in answer["diagnostics"]),
        columns={column["name"]: column["type"] for column in answer["columns"]},
        mismatches=tuple(Mismatch(**document) for document in answer["mismatches"]),
        literals=tuple(_literal(document) for document in answer["literals"]),
        properties=tuple(Property(**document) for document in answer["properties"]),
    )


def _literal(document: dict[str, Any]) -> Literal:
    return Literal(
        operator=document["operator"],
        value=document["value"],
        columns=tuple(Source(source["column"], tuple(source["via"])) for source in document["columns"]),
        derived=tuple(document["derived"]),
        line=document["line"],
        column=document["column"],
    )
