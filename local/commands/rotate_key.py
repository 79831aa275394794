"""`rotate-key`: let a new key sign the links on cards."""

import argparse

from shared.app.runtime import current
from shared.errors import InputError
from shared.notices.answers.keyring import KeyRing


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "rotate-key",
        help="let a new key sign the links on cards",
        description="Run it once to change the key; links that are out stay good. Run it twice to make all of them useless, "
        "as after somebody could read the old key.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:  # noqa: ARG001  # every command takes its options
    """Carry out the command."""
    ring = current().key_ring
    problem = _problem(ring)
    key = ring.rotate()
    print(f"Key {key.id} signs from now on; every instance of the app uses it within five minutes.")
    if problem:
        print(
            f"It takes the place of what could not be used: {problem}. Links that are out are no good any more."
        )
    else:
        print("Links of the key before it stay good until they expire; those of older keys do not.")
    return 0


def _problem(ring: KeyRing) -> str:
    """Say why the keys that are kept cannot be used; "" where they can."""
    try:
        ring.check()
    except InputError as error:
        return error.wrong
    return ""
