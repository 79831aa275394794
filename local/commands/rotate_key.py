"""`rotate-key`: let a new key sign the links on cards."""

import argparse

from shared.app.runtime import current


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
    key = current().key_ring.rotate()
    print(f"Key {key.id} signs from now on; every instance of the app uses it within five minutes.")
    print("Links of the key before it stay good until they expire; those of older keys do not.")
    return 0
