"""`export`: write an incident as a case, so that what happened once becomes a test."""

import argparse
from pathlib import Path
from secrets import token_hex

from local.replay.export import export
from shared.redaction import UserIds
from shared.settings import Settings
from shared.wiring import rooms


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("export", help="write an incident as a case folder, redacted")
    parser.add_argument("incident", metavar="INCIDENT", help="the id on its card")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder of cases to write into"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    settings = Settings.from_environment()
    # A case is made to be shared, so users are hidden whatever the settings show. Without a salt all users would look
    # like one, and checks count them: then a salt of this one export tells them apart.
    users = UserIds(settings.user_id_salt or token_hex(16))
    folder = export(rooms(settings), options.incident, options.out, users)
    print(
        f"Written to {folder}: incident.json, README.md, tables. Replay it: python -m local replay {folder}"
    )
    return 0
