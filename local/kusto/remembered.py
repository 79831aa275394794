"""Remember the compiler's answer for a text, until the text, the schema or the compiler changes."""

import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from local.machine.places import ROOT, cache_folder
from shared.queries.schema import tables

FOLDER = cache_folder("kusto")

Answer = dict[str, Any]


def recall(text: str, folder: Path = FOLDER) -> Answer | None:
    """Return the answer that was remembered for a text, or None."""
    try:
        answer: Answer = json.loads(_file(text, folder).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return answer


def remember(text: str, answer: Answer, folder: Path = FOLDER) -> None:
    """Keep an answer; several test processes may keep the same one at once."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{os.getpid()}.draft"
    draft.write_text(json.dumps(answer), encoding="utf-8")
    draft.replace(_file(text, folder))


def _file(text: str, folder: Path) -> Path:
    return folder / f"{sha256(f'{_compiler()}{text}'.encode()).hexdigest()[:32]}.json"


@cache
def _compiler() -> str:
    """Everything but the text that an answer depends on: our programs, Microsoft's version of the service, the tables."""
    programs = sorted(Path(__file__).parent.glob("*.cjs"))
    parts = [*(program.read_text(encoding="utf-8") for program in programs), json.dumps(tables())]
    return sha256(
        "\0".join([*parts, (ROOT / "package-lock.json").read_text(encoding="utf-8")]).encode()
    ).hexdigest()
