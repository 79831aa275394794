"""Two judges of a card that are not ours: Microsoft's schema, and Microsoft's own parser."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.machine.node import node_command, package_folder
from local.teams.message import validator

HERE = Path(__file__).parent
VALIDATOR = validator()


def parsed(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Have the library `adaptivecards` parse cards; say what it objects to and how much it understood."""
    process = subprocess.run(
        [*node_command(), str(HERE / "parse.cjs"), str(package_folder("adaptivecards"))],
        input=json.dumps(cards),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(process.stdout)
    return answers
