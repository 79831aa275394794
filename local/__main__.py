"""The command line: `linekeeper COMMAND`, or `linekeeper COMMAND` in the repository."""

import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

from azure.core.exceptions import AzureError

from local.commands import GROUPS
from local.commands.exit_codes import INTERRUPTED, NOBODY_READS, UNUSABLE_INPUT
from local.commands.parser import parser_of
from local.output.results import safe
from local.output.terminal import visible_output
from shared.errors import LinekeeperError
from shared.redaction import keep_logs_safe

PROG = "linekeeper"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    keep_logs_safe()
    with visible_output():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
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
        return NOBODY_READS
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def leave(status: int) -> NoReturn:
    """End the process; after Ctrl-C at once, without waiting for the queries that are still under way."""
    if status == INTERRUPTED:
        os._exit(status)
    sys.exit(status)


def _version() -> str:
    try:
        return version("linekeeper")
    except PackageNotFoundError:
        return "of this folder (not installed)"


if __name__ == "__main__":
    leave(main())
