"""`export`: write an incident as a case, so that what happened once becomes a test."""

import argparse
from pathlib import Path
from secrets import token_hex

from local.replay.export import Archive, export
from shared.app import bundles, stores
from shared.app.runtime import Runtime, current
from shared.redaction import UserIds


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
    runtime = current()
    # A case is made to be shared, so users are hidden whatever the settings show. Without a salt all users would look
    # like one, and checks count them: then a salt of this one export tells them apart.
    users = UserIds(runtime.settings.user_id_salt or token_hex(16))
    folder = export(archive_of(runtime), options.incident, options.out, users)
    print(f"Written to {folder}: incident.json, README.md, tables. Replay it: linekeeper replay {folder}")
    return 0


def archive_of(runtime: Runtime) -> Archive:
    """Return what the app keeps of its incidents."""
    policy = bundles.policy(runtime, runtime.configuration())
    return Archive(
        stores.incidents(runtime.storage),
        stores.documents(runtime.storage),
        runtime.logs_over,
        policy.resource,
        policy.playbooks,
    )
