"""`python -m infra.checks.compiler`: let a Bicep compiler lint and build the templates, where there is one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "infra" / "bicep"
ENTRIES = ("main.bicep", "connect.bicep")


def compiler_of(environment: Mapping[str, str]) -> str | None:
    """Return the compiler that `BICEP` names, or that stands on the path."""
    return environment.get("BICEP") or shutil.which("bicep", path=environment.get("PATH"))


def main(environment: Mapping[str, str]) -> int:
    """Lint and build what is deployed; the status is 1 where the compiler refuses something."""
    compiler = compiler_of(environment)
    if compiler is None:
        print(
            "There is no Bicep compiler here (BICEP, or bicep on the PATH), so the templates were not compiled."
        )
        return 0
    statuses = [
        _run(compiler, *words, str(TEMPLATES / entry))
        for entry in ENTRIES
        for words in (["lint"], ["build", "--stdout"])
    ]
    print(f"{compiler}: {'the templates are well' if not any(statuses) else 'refused'}")
    return 1 if any(statuses) else 0


def _run(*command: str) -> int:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the team's own compiler
    print(answer.stderr, end="", file=sys.stderr)
    return answer.returncode


if __name__ == "__main__":
    sys.exit(main(os.environ))
