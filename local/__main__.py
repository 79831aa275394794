"""The command line: `linekeeper COMMAND`, or `linekeeper COMMAND` in the repository."""

import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from azure.core.exceptions import AzureError

from local.commands import GROUPS
from local.commands.parser import UNUSABLE_INPUT, parser_of
from local.output.results import safe
from shared.errors import LinekeeperError

PROG = "linekeeper"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = parser_of(GROUPS, prog=PROG, version=_version())
    chosen = parser.parse_args(arguments)
    # The SDK logs each refused token; the diagnosis says it once, as a verdict.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    try:
        status = int(chosen.run(chosen))
        sys.stdout.flush()
    except LinekeeperError as error:
        print(f"{parser.prog} {chosen.command}: {safe(str(error))}", file=sys.stderr)
        return UNUSABLE_INPUT
    except AzureError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        print(f"{parser.prog} {chosen.command}: storage does not answer: {safe(first)}", file=sys.stderr)
        return UNUSABLE_INPUT
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _version() -> str:
    try:
        return version("linekeeper")
    except PackageNotFoundError:
        return "of this folder (not installed)"


if __name__ == "__main__":
    sys.exit(main())
