"""`python -m infra.checks.checkov_gate PYTHON [FOLDER]`: let checkov judge the templates, and make sure that it read them.

checkov ends well after files that it could not read, so what counts is what it names.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.checks.check import templates_of
from infra.checks.template import Declaration, Template

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "infra" / "bicep"
EXCEPTIONS = ROOT / "infra" / "checkov.yaml"
_SCRIPT = Path(__file__).with_name("checkov_reading.py")


@dataclass(frozen=True, slots=True)
class Reading:
    """What checkov says of a folder: the names that it read in each file, and which checks failed where."""

    files: Mapping[str, frozenset[str]]
    unread: tuple[str, ...]
    failures: tuple[tuple[str, str, str], ...]


def read_with_checkov(python: str, folder: Path) -> Reading:
    """Run checkov; `-P` keeps our modules out of its way."""
    command = [python, "-P", str(_SCRIPT), str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # ours
    said = json.loads(answer.splitlines()[-1])
    return Reading(
        {file: frozenset(names) for file, names in said["files"].items()},
        tuple(said["unread"]),
        tuple((check, file, resource) for check, file, resource in said["failures"]),
    )


def gate_faults(reading: Reading, folder: Path, exceptions: Mapping[str, str]) -> list[str]:
    """Return what checkov did not read, what it refuses without a reason of ours, and reasons that nothing needs."""
    faults = [f"{file}: checkov could not parse it" for file in reading.unread]
    for template in templates_of(folder).values():
        names = reading.files.get(template.name)
        if names is None:
            faults.append(f"{template.name}: checkov did not read the file")
            continue
        faults += [
            f"{template.name}:{one.line}: checkov did not read {one.name}"
            for one in _placed(template)
            if _name_at_checkov(one) not in names
        ]
    failures = {check for check, _, _ in reading.failures}
    faults += [
        f"{file}: {check} refuses {resource}"
        for check, file, resource in reading.failures
        if check not in exceptions
    ]
    return faults + [
        f"{check}: an exception that nothing needs" for check in exceptions if check not in failures
    ]


def _placed(template: Template) -> list[Declaration]:
    return [*template.resources(), *template.of("module").values()]


def _name_at_checkov(one: Declaration) -> str:
    return f"{_name_at_checkov(one.owner)}__{one.name}" if one.owner else one.name


def main(arguments: list[str]) -> int:
    """Check one folder."""
    folder = Path(arguments[1]) if len(arguments) > 1 else TEMPLATES
    reading = read_with_checkov(arguments[0], folder)
    faults = gate_faults(reading, folder, yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")))
    print("".join(f"{fault}\n" for fault in faults), end="")
    count = sum(map(len, reading.files.values()))
    print(f"checkov read {len(reading.files)} files with {count} resources and modules; {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
