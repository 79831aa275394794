"""`drill`: replay a case against a running app, into the channel of drills."""

import argparse
import os
import time

from local.azure.session import session_on
from local.commands.exit_codes import DONE
from local.deploy.drills import alert_of_step, send_step, steps_of
from local.deploy.running_app import APP_VARIABLE, KEY_VARIABLE, app_at
from local.output.results import safe, user_ids
from local.replay.case import find_case
from shared.clock import SystemClock
from shared.playbooks.loading.load import load_library
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.run import diagnose

_PAUSE = 5.0  # seconds, so that the cards come in order: each is a lane of its own


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "drill",
        help="replay a case against a running app, into the channel of drills",
        description="The case is diagnosed here; the app is sent one alert for each step of its incident, marked as a drill. "
        f"No incident is opened, and nobody but receivers of drills is told. The key of the app is read from {KEY_VARIABLE}.",
    )
    parser.add_argument("case", metavar="CASE", help="a case's name, or its folder")
    parser.add_argument("--app", metavar="APP", help=f"the app's name or address (default: {APP_VARIABLE})")
    parser.add_argument("--pause", type=float, default=_PAUSE, metavar="SECONDS", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    app = app_at(options.app or os.environ.get(APP_VARIABLE, ""), os.environ.get(KEY_VARIABLE, ""))
    case, library = find_case(options.case), load_library()
    playbook = case.known_playbook(library)
    with session_on(case.folder, case.scope) as session:
        diagnosis = diagnose(playbook, session.run, library, session.sources)
    steps = steps_of(redact_diagnosis(diagnosis, user_ids()), playbook, case.name)
    for number, step in enumerate(steps, start=1):
        if number > 1:
            time.sleep(options.pause)
        send_step(app, alert_of_step(step, number, len(steps), SystemClock().now()))
        print(safe(f"{number} of {len(steps)}: {step.title}"))
    print("Accepted is no proof: look whether the cards stand in the channel of drills.")
    return DONE
