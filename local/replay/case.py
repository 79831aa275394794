"""A case: the logs around one incident, and what a diagnosis of them must say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.exports.moments import moment
from shared.errors import InputError
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.queries.scope import Scope, Window, resource_id

CASES = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """One folder of `cases/`: tables, and its `incident.json`."""

    name: str
    folder: Path
    playbook: str
    scope: Scope
    severity: int | None
    conclusion: str
    cause: str | None
    also_supported: tuple[str, ...]  # beside the cause; with its playbook and a `/` where that is another
    ruled_out: tuple[str, ...]
    region: str | None  # where its metrics are asked
    incidents: tuple[str, ...]  # the symptoms that the watch opens an incident of, by name

    def known_playbook(self, playbooks: Mapping[str, Playbook] | None = None) -> Playbook:
        """Return the playbook that the case names, of those that ship unless others are passed.

        Raises:
            InputError: there is no playbook of this name.
        """
        known = load_library() if playbooks is None else playbooks
        if self.playbook not in known:
            where = str(self.folder / "incident.json")
            raise InputError(where, f"there is no playbook {self.playbook!r}", f"one of {', '.join(known)}")
        return known[self.playbook]

    def unnamed(self, diagnosis: Diagnosis) -> list[str]:
        """Return what a diagnosis holds for supported though the case does not name it, as `playbook/hypothesis`."""
        named = {self._qualified(name) for name in (self.cause, *self.also_supported) if name}
        supported = (
            f"{diagnosis.playbook}/{finding.hypothesis}"
            for finding in diagnosis.findings
            if finding.evidence.verdict is Verdict.SUPPORTED
        )
        return [name for name in supported if name not in named]

    def _qualified(self, name: str) -> str:
        return name if "/" in name else f"{self.playbook}/{name}"


def all_cases(folder: Path = CASES) -> list[Case]:
    """Return every case, by name."""
    return [read_case(file.parent) for file in sorted(folder.glob("*/incident.json"))]


def find_case(name: str) -> Case:
    """Return a case by its name or its folder.

    Raises:
        InputError: there is no such case.
    """
    for folder in (CASES / name, Path(name)):
        if (folder / "incident.json").is_file():
            return read_case(folder)
    names = ", ".join(case.name for case in all_cases())
    raise InputError(
        "CASE", f"there is no case {name!r}", f"a folder with an incident.json, or one of {names}"
    )


def read_case(folder: Path) -> Case:
    """Read a case's `incident.json`.

    Raises:
        InputError: it is not a JSON object, or a field is missing.
    """
    file = folder / "incident.json"
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(fields, dict):
            raise InputError(
                f"{file}:1", "it is not a JSON object", "playbook, resource, from, to and expect"
            )
        return _case(folder, fields)
    except json.JSONDecodeError as error:
        raise InputError(f"{file}:{error.lineno}", error.msg, "one JSON object") from error
    except KeyError as error:
        raise InputError(
            str(file), f"{error.args[0]!r} is missing", "playbook, resource, from, to and expect"
        ) from error


def _case(folder: Path, fields: Mapping[str, Any]) -> Case:
    window = Window(moment("from", fields["from"]), moment("to", fields["to"]))
    applications = tuple(resource_id(app, where="apps") for app in fields.get("apps", ()))
    expect = fields["expect"]
    return Case(
        name=folder.name,
        folder=folder,
        playbook=fields["playbook"],
        scope=Scope((resource_id(fields["resource"]),), window, applications),
        severity=fields.get("severity"),
        conclusion=expect["conclusion"],
        cause=expect.get("cause"),
        also_supported=tuple(expect.get("also_supported", ())),
        ruled_out=tuple(expect.get("ruled_out", ())),
        region=fields.get("region"),
        incidents=tuple(sorted(expect.get("incidents", ()))),
    )
