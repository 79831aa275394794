"""`picture`: play a case, and have the card that named its cause drawn as a phone shows it."""

import argparse
import sys
from pathlib import Path

from local.azure.azurite import azurite
from local.output.console import console_for
from local.replay.case import Case, find_case
from local.replay.play import play
from local.replay.stage import stage_of
from local.replay.story import card_of_cause, cards_of_cause
from local.teams import WebhookRequest, teams
from local.teams.browser import BrowserError, screen_of
from shared.errors import InputError, LinekeeperError

CASE = "seed-thread-1006"
PICTURE = Path("docs/images/card.png")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("picture", help="draw the card of a case as a phone shows it")
    parser.add_argument(
        "case", nargs="?", default=CASE, metavar="CASE", help=f"a case's name (default: {CASE})"
    )
    parser.add_argument(
        "--out", type=Path, default=PICTURE, metavar="FILE", help=f"where to write (default: {PICTURE})"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    request = request_naming_cause(find_case(options.case))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_picture(request, options.out)
    except BrowserError as error:
        raise LinekeeperError(str(error)) from error
    console_for(sys.stdout).print(f"Written: {options.out}, {options.out.stat().st_size / 1000:.0f} kB")
    return 0


def request_naming_cause(case: Case) -> WebhookRequest:
    """Play a case through the app until a message names its cause, and return that message, else the last.

    Raises:
        InputError: nobody was told anything.
    """
    with azurite() as storage, stage_of(case, storage) as stage:
        for _ in play(stage):
            if cards_of_cause(stage):
                break
        card, received = card_of_cause(stage), stage.channel.received
    if card is None:
        raise InputError("CASE", f"no card was posted in {case.name}", "a case that opens an incident")
    return next(request for request in received if card in request.cards)


def write_picture(request: WebhookRequest, file: Path) -> None:
    """Draw one message alone in a channel, as the first screen of a phone.

    Raises:
        BrowserError: there is no browser to draw it.
    """
    with teams() as channel:
        channel.received.append(request)
        screen_of(channel.page, messages=1, picture=file, phone=True)
