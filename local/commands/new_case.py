"""`new-case`: make up a case to begin with, in the rows that the services write."""

import argparse
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local.rows.hours import RECIPES, Hour, hour_of
from shared.clock import iso
from shared.errors import InputError

GOOD, BAD = 400, 60
_README = """\
# {title}

Made up by `linekeeper new-case --like {like}`: {good} good events and {bad} bad ones, which say `{says}`.
What happened, and where the shapes of these rows come from, is for you to say here.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("new-case", help="make up a case to begin with")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the new case")
    parser.add_argument(
        "--like",
        required=True,
        choices=sorted(RECIPES),
        metavar="PLAYBOOK",
        help="the symptom that its rows have",
    )
    parser.add_argument(
        "--says",
        metavar="TEXT",
        help="what the bad rows say: a text, a status, an end code such as 480/10037",
    )
    parser.add_argument(
        "--playbook", metavar="ID", help="the playbook that explains it (default: that of --like)"
    )
    parser.add_argument("--cause", metavar="ID", help="the hypothesis that must be found")
    parser.add_argument("--good", type=int, default=GOOD, metavar="N", help=f"good events (default: {GOOD})")
    parser.add_argument("--bad", type=int, default=BAD, metavar="N", help=f"bad events (default: {BAD})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    folder: Path = options.folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(str(folder), "there is something in it", "a folder that is new or empty")
    recipe = RECIPES[options.like]
    hour = hour_of(options.like, options.good, options.bad, options.says)
    incident = incident_of(
        hour, options.like, options.playbook or options.like, options.cause or recipe.cause
    )
    (folder / "tables").mkdir(parents=True)
    for table, rows in hour.rows.items():
        lines = (json.dumps(row, default=_cell, ensure_ascii=False) + "\n" for row in rows)
        (folder / "tables" / f"{table}.ndjson").write_text("".join(lines), encoding="utf-8")
    (folder / "incident.json").write_text(json.dumps(incident, indent=2) + "\n", encoding="utf-8")
    readme = _README.format(
        title=folder.name.replace("-", " ").capitalize(),
        like=options.like,
        good=options.good,
        bad=options.bad,
        says=options.says or recipe.says,
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
    print(f"Written to {folder}: incident.json, README.md, tables. Replay it: linekeeper replay {folder}")
    return 0


def incident_of(hour: Hour, like: str, playbook: str, cause: str) -> Mapping[str, object]:
    """Return the `incident.json` of a made-up hour."""
    scope = hour.scope
    apps = {"apps": list(scope.applications)} if scope.applications else {}
    return {
        "playbook": playbook,
        "resource": scope.resources[0],
        "from": iso(scope.window.start),
        "to": iso(scope.window.end),
        **apps,
        "expect": {"conclusion": "supported", "cause": cause, "incidents": [like]},
    }


def _cell(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)
