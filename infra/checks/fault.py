"""What can be wrong with a template, each kind with its name."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """What a template is held to."""

    SYNTAX = "syntax"
    SUBSET = "outside-the-subset"  # what checkov's parser does not read
    UNKNOWN_TYPE = "unknown-resource-type"
    UNKNOWN_VERSION = "unknown-api-version"
    UNKNOWN_PROPERTY = "unknown-property"
    MISSING_PROPERTY = "missing-property"
    READ_ONLY = "read-only-property"
    WRONG_KIND = "wrong-kind-of-value"
    UNKNOWN_VALUE = "unknown-value"
    WRONG_PARENT = "wrong-parent"
    WRONG_SCOPE = "wrong-scope"
    UNKNOWN_SYMBOL = "unknown-symbol"
    UNUSED_SYMBOL = "unused-symbol"
    DECLARED_TWICE = "declared-twice"
    UNKNOWN_MEMBER = "unknown-member"
    UNKNOWN_FUNCTION = "unknown-function"
    MISSING_MODULE = "missing-module"
    UNKNOWN_PARAMETER = "unknown-parameter"
    MISSING_PARAMETER = "missing-parameter"
    UNKNOWN_OUTPUT = "unknown-output"
    SHOWN_IN_OUTPUT = "output-of-a-secret"
    SHOWN_IN_TEXT = "default-of-a-secret"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong."""

    file: str
    line: int
    rule: Rule
    text: str

    def __str__(self) -> str:
        """Say it in one line, as compilers do."""
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"
