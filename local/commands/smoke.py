"""`smoke`: look at a deployed app: its functions, its readiness, and a drill alert."""

import argparse
import os

from local.commands.exit_codes import DONE, NOT_AS_EXPECTED
from local.deploy.running_app import APP_VARIABLE, KEY_VARIABLE, app_at
from local.deploy.smoke import smoke
from local.host import functions_of_the_app
from local.output.results import safe
from shared.clock import SystemClock


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "smoke",
        help="look after a deployment whether the app loaded its functions, is ready, and takes an alert",
        description=f"The master key of the app is read from {KEY_VARIABLE}, and what names dependencies from HEALTH_KEY. "
        "The alert is a drill: only receivers of drills hear of it. The status is 1 where something does not work.",
    )
    parser.add_argument(
        "app", nargs="?", metavar="APP", help=f"its name or address (default: {APP_VARIABLE})"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    app = app_at(options.app or os.environ.get(APP_VARIABLE, ""), os.environ.get(KEY_VARIABLE, ""))
    names = {function.name for function in functions_of_the_app()}
    works = True
    for result in smoke(app, names, os.environ.get("HEALTH_KEY", ""), SystemClock().now()):
        print(safe(f"{'ok' if result.works else 'failed':8}{result.text}"))
        works = works and result.works
    return DONE if works else NOT_AS_EXPECTED
