"""`set-up`: install and make once what the other commands need."""

import argparse

from local import set_up
from local.machine.node import install_packages


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "set-up",
        help="install what serve, replay and picture run in Node, and make a certificate",
        description="What is there already is kept.",
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Carry out the command."""
    install_packages()
    set_up.main()
    return 0
