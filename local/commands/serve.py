"""`serve`: run the app on this machine, on a case that happens now."""

import argparse
import json
import logging
import os
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from local.arm import arm_from
from local.azure.azurite import azurite
from local.azure.small_azure import small_azure
from local.host import Host
from local.host.served import route_of
from local.line.line import TriedLine
from local.line.page import PATH as LINE_PATH
from local.line.page import line_routes
from local.output.console import console_for
from local.pubsub.service import PubSubService
from local.replay.case import Case, find_case
from local.replay.live import ALREADY_PASSED, Minutes, metrics_from, rows_from, watch_settings
from local.teams import Channel, teams
from local.teams.page import PATH, page_routes
from shared.app.pages.boarding import board_address
from shared.app.runtime import current
from shared.clock import SystemClock
from shared.errors import InputError
from shared.settings import (
    EVERY_15_MINUTES,
    EVERY_15_SECONDS,
    EVERY_MINUTE,
    EVERY_MINUTE_BEFORE_A_WATCH,
    EVERY_MINUTE_BETWEEN_WATCHES,
    EVERY_MORNING,
    EVERY_QUARTER_OF_AN_HOUR,
    TWICE_A_MINUTE,
)

CASE = "seed-thread-1006"
PORT = 7071
SETTINGS_FILE = Path("out/serve.env")
DRILL_SETTING = "DRILL_WEBHOOK_URL"
_TICK = 0.2  # seconds; NCRONTAB knows whole ones


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("serve", help="run the app here, on a case that happens now")
    parser.add_argument(
        "case", nargs="?", default=CASE, metavar="CASE", help=f"a case's name (default: {CASE})"
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"where HTTP is answered (default: {PORT})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    _print_what_happens()
    listener = _listener(options.port)
    case = find_case(options.case)
    console = console_for(sys.stdout)
    with (
        _live_case(case, options.port) as (minutes, channel, line),
        _http_server(minutes.host, channel, line, listener),
    ):
        console.print(f"{case.name} happens now: it began {ALREADY_PASSED.seconds // 60} minutes ago.")
        console.print(
            f"HTTP: http://127.0.0.1:{options.port}/api, key {minutes.host.key!r}, master key {minutes.host.master_key!r}. Ctrl+C ends it."
        )
        console.print(f"The channel of Teams: http://127.0.0.1:{options.port}{PATH}")
        # Soft: a link must stay in one piece to be copied.
        console.print(f"The board: {board_address(current())}", soft_wrap=True)
        console.print(f"A line to try: http://127.0.0.1:{options.port}{LINE_PATH}")
        console.print(f"Its settings, for `explain` and other commands: {SETTINGS_FILE}")
        try:
            _go_on(minutes)
        except KeyboardInterrupt:
            console.print("Ended.")
    return 0


@contextmanager
def _live_case(case: Case, port: int) -> Iterator[tuple[Minutes, Channel, TriedLine]]:
    """Set the case, the clouds and the app up, until the block ends."""
    clock = SystemClock()
    now = clock.now()
    start = now - ALREADY_PASSED
    workspace, metrics = rows_from(case, start), metrics_from(case, start)
    with (
        azurite() as storage,
        small_azure(
            workspace, metrics=metrics, arm=arm_from(case.folder, start - case.scope.window.start)
        ) as azure,
        watch_settings(case) as configured,
        teams() as channel,
        teams() as drills,
        PubSubService() as service,
    ):
        schedules = {
            "WATCH_SCHEDULE": EVERY_MINUTE,
            "TRACK_SCHEDULE": EVERY_MINUTE_BETWEEN_WATCHES,
            "NOTICE_SCHEDULE": EVERY_15_SECONDS,
            "REVIEW_SCHEDULE": EVERY_MORNING,
            "DISCOVER_SCHEDULE": EVERY_QUARTER_OF_AN_HOUR,
            "CANARY_SCHEDULE": TWICE_A_MINUTE,
            "SERVICE_HEALTH_SCHEDULE": EVERY_MINUTE_BEFORE_A_WATCH,
            "MISSED_ALERTS_SCHEDULE": EVERY_15_MINUTES,
        }
        # One's own settings, such as a webhook of Teams, stand; what is served here does not.
        os.environ.update({**schedules, **os.environ, **azure.environment, **configured})
        os.environ.update(storage.identity_environment_of(0))
        os.environ["TEAMS_WEBHOOK_URL"] = channel.url
        os.environ[DRILL_SETTING] = drills.url
        hear_drills(Path(configured["CONFIG_FOLDER"]))
        os.environ["PUBLIC_URL"] = f"http://127.0.0.1:{port}/api"  # so that the links on the cards work
        line = TriedLine(service)
        line.configure(Path(configured["CONFIG_FOLDER"]))
        own = {**azure.environment, **configured, **storage.environment}
        own |= {name: os.environ[name] for name in ("TEAMS_WEBHOOK_URL", DRILL_SETTING, "PUBLIC_URL")}
        with settings_file(own, SETTINGS_FILE):
            yield Minutes(Host(), workspace, metrics, now, azure.arm.store), channel, line


def hear_drills(folder: Path) -> None:
    """Add a receiver of drills, a channel of its own, to a configuration without receivers."""
    receivers = [
        {"name": "default", "webhook": "TEAMS_WEBHOOK_URL"},
        {"name": "drill", "webhook": DRILL_SETTING},
    ]
    file = folder / "receivers.yaml"
    # Each JSON text is YAML too.
    file.write_text(json.dumps({"receivers": receivers, "drills": ["drill"]}), encoding="utf-8")


@contextmanager
def settings_file(settings: Mapping[str, str], file: Path) -> Iterator[None]:
    """Keep settings in a file that a shell can read, for as long as the block lasts; they hold a key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    file.write_text("".join(lines), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _go_on(minutes: Minutes) -> None:
    clock = SystemClock()
    while True:
        minutes.move_to(clock.now())
        time.sleep(_TICK)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        raise InputError("--port", f"{port} cannot be used ({error.strerror})", "a free port") from error
    listener.listen(128)
    return listener


@contextmanager
def _http_server(host: Host, channel: Channel, line: TriedLine, listener: socket.socket) -> Iterator[None]:
    """Answer HTTP in a thread until the block ends: the app's own routes, and the pages of the channel and the line."""
    app = Starlette(routes=[*page_routes(channel), *line_routes(line), route_of(host)])
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, log_level="warning", ws="none", lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()


def _print_what_happens() -> None:
    """Print a line for each call of a function, and for each record that the app logs."""
    logging.basicConfig(
        format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", level=logging.INFO, stream=sys.stdout
    )
    for loud in ("azure", "uvicorn"):
        logging.getLogger(loud).setLevel(logging.WARNING)
