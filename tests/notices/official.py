"""Two judges of a card that are not ours: Microsoft's schema, and Microsoft's own parser."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema

from local.node import installed, node_command

HERE = Path(__file__).parent
_SCHEMA = json.loads((HERE / "adaptive-card-1.5.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft6Validator(_SCHEMA, format_checker=jsonschema.FormatChecker())


def parsed(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Have the library `adaptivecards` parse cards; say what it objects to and how much it understood."""
    done = subprocess.run(
        [*node_command(), str(HERE / "parse.cjs"), str(installed("adaptivecards"))],
        input=json.dumps(cards),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
