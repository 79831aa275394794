"""Read the `arm/` and `graph/` folders of a case."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.arm.graph_tables import moved
from local.arm.store import ArmStore
from shared.errors import InputError


def arm_from(folder: Path, by: timedelta = timedelta(0)) -> ArmStore:
    """Return what Azure Resource Manager knows in a case, with all times of Resource Graph moved.

    `arm/*.json` holds one document, or a list of documents; `graph/<table>.ndjson` holds a row on each line.

    Raises:
        InputError: a file cannot be read.
    """
    documents = [document for file in sorted(folder.glob("arm/*.json")) for document in _documents(file)]
    rows = {file.stem: moved(_rows(file), by) for file in sorted(folder.glob("graph/*.ndjson"))}
    return ArmStore(moved(documents, by), rows)


def has_arm(folder: Path) -> bool:
    """Tell whether a case says anything of Azure Resource Manager."""
    return any(folder.glob("arm/*.json")) or any(folder.glob("graph/*.ndjson"))


def _documents(file: Path) -> list[dict[str, Any]]:
    value = _json(file.read_text(encoding="utf-8"), str(file))
    documents = value if isinstance(value, list) else [value]
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise InputError(
                str(file), "a document has no id", "a resource as Azure Resource Manager answers it"
            )
    return documents


def _rows(file: Path) -> list[dict[str, Any]]:
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    return [_json(line, f"{file}:{number}") for number, line in lines if line.strip()]


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(where, f"it is not valid JSON: {error}", "JSON") from error
