"""Collect what is wrong with a compiled text, each fault with its place in that text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.kusto.compiler import Compiled
from local.kusto.domains import literal_fault, property_fault

# What every check returns (docs: how a playbook is written).
ANSWER: Mapping[str, str] = {
    "Verdict": "string",
    "Strength": "real",
    "Summary": "string",
    "Onset": "datetime",
}

# The columns of the query for the bad events that no hypothesis explains.
UNEXPLAINED_ANSWER: Mapping[str, str] = {
    "Text": "string",
    "Events": "long",
    "Callers": "long",
    "Total": "long",
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault; line and column start at 1 and count in the compiled text."""

    line: int
    column: int
    message: str


def faults(compiled: Compiled, *, answer: Mapping[str, str] = ANSWER) -> list[Fault]:
    """Return the faults of a text in reading order; `answer` names the columns it must return, with their types."""
    problems = [*_compiler(compiled), *_types(compiled), *_values(compiled), *_blank_lines(compiled)]
    if not any(fault.message.startswith("KS") for fault in problems):  # a broken text has no result to judge
        problems += _answer(compiled, answer)
    return sorted(problems)


def _compiler(compiled: Compiled) -> Iterator[Fault]:
    for diagnostic in compiled.diagnostics:
        yield Fault(
            diagnostic.line,
            diagnostic.column,
            f"{diagnostic.code} {diagnostic.severity.lower()}: {diagnostic.message}",
        )


def _types(compiled: Compiled) -> Iterator[Fault]:
    flagged = {(diagnostic.line) for diagnostic in compiled.diagnostics if diagnostic.code == "KS106"}
    for mismatch in compiled.mismatches:
        if mismatch.line not in flagged:  # the compiler refuses some of these operators itself
            yield Fault(
                mismatch.line,
                mismatch.column,
                f"compares {mismatch.left} {mismatch.operator} {mismatch.right}, which is never true; convert one side",
            )


def _values(compiled: Compiled) -> Iterator[Fault]:
    traces: dict[tuple[int, int], list[str | None]] = {}
    for literal in compiled.literals:
        traces.setdefault((literal.line, literal.column), []).append(literal_fault(literal))
    for (line, column), messages in traces.items():
        # A function that is called for several columns may name values that only one of them has.
        wrong = [message for message in messages if message]
        if len(wrong) == len(messages):
            yield Fault(line, column, wrong[0])
    for read in compiled.properties:
        if message := property_fault(read):
            yield Fault(read.line, read.column, message)


def _blank_lines(compiled: Compiled) -> Iterator[Fault]:
    for number, line in enumerate(compiled.text.rstrip("\n").split("\n"), start=1):
        if not line.strip():
            yield Fault(number, 1, "blank line: the portal's editor ends the statement here")


def _answer(compiled: Compiled, answer: Mapping[str, str]) -> Iterator[Fault]:
    last = compiled.text.rstrip("\n").count("\n") + 1
    for name, expected in answer.items():
        kind = compiled.columns.get(name)
        if kind is None:
            yield Fault(last, 1, f"returns no column {name}, expected {name}:{expected}")
        elif kind != expected:
            yield Fault(last, 1, f"returns {name}:{kind}, expected {name}:{expected}")
