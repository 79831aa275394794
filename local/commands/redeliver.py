"""`redeliver`: deliver again what receivers refused for good, once they are mended."""

import argparse

from azure.core.exceptions import AzureError

from local.results import safe
from shared.errors import LinekeeperError
from shared.health.redeliver import Redelivered
from shared.wiring import redeliver_once


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("redeliver", help="deliver the dead letters of notices again")
    parser.add_argument(
        "--app",
        metavar="ACCOUNT",
        help="name of the app's storage account, reached with your `az login` (default: AzureWebJobsStorage)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; the status is 1 where a letter could not be used."""
    try:
        done = redeliver_once(options.app)
    except AzureError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise LinekeeperError(f"storage does not answer: {first}") from error
    for one in done:
        print(_line(one))
    print(
        f"{len(done)} dead letters of notices. The app delivers what is pending, in the order of each incident."
    )
    return 1 if any(one.is_kept for one in done) else 0


def _line(one: Redelivered) -> str:
    return safe(
        f"{one.letter.at:%Y-%m-%d %H:%M} {one.letter.text[:120]}: {one.done} (was: {one.letter.reason})"
    )
