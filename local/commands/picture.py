"""`picture`: play a case, and have its card, the page of its incident and the board drawn as a browser shows them."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from local.azure.azurite import azurite
from local.output.console import console_for
from local.replay.case import Case, find_case
from local.replay.play import MINUTE, incidents_of, play, tick
from local.replay.stage import Stage, stage_of
from local.replay.story import card_of_cause, cards_of_cause
from local.teams import WebhookRequest, teams
from local.teams.browser import DESK, PHONE, BrowserError, screen_of, screen_of_page
from shared.app.pages.boarding import board_address
from shared.errors import InputError, LinekeeperError
from shared.incidents.incident import Incident, State
from shared.notices.answers.signed_links import Action, SignedLinks

CASE = "seed-thread-1006"
PICTURE = Path("docs/images/card.png")
PAGES_CASE = "key-rotated-under-the-traders"  # of the pages: a change, several looks, and users on two hubs
PERSON = "Mia Night"  # who takes it on
_AFTERWARDS = 15  # minutes; so long after the cause the pages are drawn, if it does not recover sooner


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "picture",
        help="draw the card of a case as a phone shows it, the page of its incident and the board",
        description=f"The pages are drawn while it is open, {PHONE} and {DESK} pixels wide, beside the card.",
    )
    parser.add_argument(
        "case",
        nargs="?",
        metavar="CASE",
        help=f"a case's name (default: {CASE} for the card, {PAGES_CASE} for the pages)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=PICTURE,
        metavar="FILE",
        help=f"where to write the card (default: {PICTURE})",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    shown = shown_of(find_case(options.case or CASE))
    pages = shown.pages if options.case else shown_of(find_case(PAGES_CASE)).pages
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_picture(shown.request, options.out)
        files = [options.out, *write_pages(pages, options.out.parent)]
    except BrowserError as error:
        raise LinekeeperError(str(error)) from error
    for file in files:
        console_for(sys.stdout).print(f"Written: {file}, {file.stat().st_size / 1000:.0f} kB")
    return 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What people saw of a case: the message that named its cause, and pages as HTML, by name."""

    request: WebhookRequest
    pages: Mapping[str, str]


def shown_of(case: Case) -> Shown:
    """Play a case through the app until it recovers, or a quarter of an hour longer than its cause is known.

    Somebody takes it on once its cause is told.

    Raises:
        InputError: nobody was told anything.
    """
    with azurite() as storage, stage_of(case, storage) as stage:
        request: WebhookRequest | None = None
        for scene in play(stage):
            if cards_of_cause(stage):
                request = _request_of_cause(stage)
                _answer(stage, Action.ACKNOWLEDGE, scene.incident)
                _go_on(stage)
                break
        request = request or _request_of_cause(stage)
        if request is None:
            raise InputError("CASE", f"no card was posted in {case.name}", "a case that opens an incident")
        incident = incidents_of(stage)[0]
        addresses = {
            "incident": _address(stage, Action.REPORT, incident),
            "board": board_address(stage.runtime),
        }
        pages = {name: _page(stage, str(address)) for name, address in addresses.items()}
    return Shown(request, pages)


def _go_on(stage: Stage) -> None:
    """Play on until something is to be seen of what was done about it."""
    start = stage.runtime.clock.now()
    for minute in range(1, _AFTERWARDS + 1):
        tick(stage, start + minute * MINUTE)
        if incidents_of(stage)[0].state is State.VALIDATING:
            return


def write_pages(pages: Mapping[str, str], folder: Path) -> list[Path]:
    """Draw each page for a phone and for a desk.

    Raises:
        BrowserError: there is no browser to draw it.
    """
    files = []
    for name, html in pages.items():
        for screen, width in (("phone", PHONE), ("desk", DESK)):
            files.append(folder / f"{name}-{screen}.png")
            screen_of_page(html, width=width, picture=files[-1])
    return files


def _request_of_cause(stage: Stage) -> WebhookRequest | None:
    card = card_of_cause(stage)
    return next((request for request in stage.channel.received if card in request.cards), None)


def _address(stage: Stage, action: Action, incident: Incident) -> str:
    runtime = stage.runtime
    return SignedLinks(str(runtime.settings.links_address), runtime.key_ring, runtime.clock).to(
        action, incident
    )


def _answer(stage: Stage, action: Action, incident: Incident) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    stage.host.request(
        "POST", _path(_address(stage, action, incident)), form, urlencode({"name": PERSON}).encode()
    )


def _page(stage: Stage, address: str) -> str:
    return str(stage.host.request("GET", _path(address)).get_body().decode())


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def write_picture(request: WebhookRequest, file: Path) -> None:
    """Draw one message alone in a channel, as the first screen of a phone.

    Raises:
        BrowserError: there is no browser to draw it.
    """
    with teams() as channel:
        channel.received.append(request)
        screen_of(channel.page, messages=1, picture=file, phone=True)
