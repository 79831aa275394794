"""The command line: `python -m local COMMAND`."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from azure.core.exceptions import AzureError

from local.commands import COMMANDS
from local.output.results import safe
from shared.errors import LinekeeperError

UNUSABLE_INPUT = 2


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one clear line."""

    def error(self, message: str) -> NoReturn:
        """Complain and leave with the status of unusable input."""
        self.exit(UNUSABLE_INPUT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = OneLineParser(prog="python -m local", description="Linekeeper on a laptop.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(subparsers)
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


if __name__ == "__main__":
    sys.exit(main())
