"""`board`: print a link to the board of the app."""

import argparse

from shared.app.pages.boarding import board_address
from shared.app.runtime import current
from shared.errors import InputError


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "board",
        help="print a link to the board, which shows everything at once",
        description="The link is good for seven days, and lets whoever has it look and change nothing.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001  # every command takes its options
    """Carry out the command.

    Raises:
        InputError: the address of the app is not known.
        LinekeeperError: no key can sign the link.
    """
    address = board_address(current())
    if address is None:
        expected = "the address of its functions, such as https://app.azurewebsites.net/api"
        raise InputError("PUBLIC_URL", "the address of the app is not known here", expected)
    print(address)
    return 0
