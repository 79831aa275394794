"""What the shipped files and docs/configuration.md show, as texts that load."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config"
FILES = (
    "alerts",
    "dependencies",
    "events",
    "objectives",
    "receivers",
    "resources",
    "severity",
    "silences",
    "tokens",
)


def shipped(file: str) -> str:
    """Return a shipped file as it is."""
    return (SHIPPED / f"{file}.yaml").read_text(encoding="utf-8")


def uncommented(file: str) -> str:
    """Return a shipped file with its example, or its defaults, uncommented."""
    head, _, body = shipped(file).partition("\n\n")
    if file == "objectives":
        return re.sub(r"^  # (?=[a-z-]+: \{)", "  ", body, flags=re.MULTILINE)
    if file in {
        "alerts",
        "dependencies",
        "events",
        "resources",
    }:  # the example stands in the head, and the last is the longest
        block = head.split("#\n")[-1]
        return "\n".join(re.sub("^#   ", "", line) for line in block.splitlines())
    return "\n".join(line.removeprefix("# ") for line in body.splitlines())


def documented(file: str) -> str:
    """Return the example of a file from docs/configuration.md."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {file}.yaml\n")[2]
    return re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL)[0]
