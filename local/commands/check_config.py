"""`config`: tell what is wrong with the files of config/, or write their schemas."""

import argparse
from pathlib import Path

from local.commands import push_config
from local.commands.exit_codes import UNUSABLE_INPUT
from local.configuration.check import problems_in, summary_of
from shared.configuration.schema import FOLDER, schemas
from shared.settings import Settings


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "config", help="tell what is wrong with the files of config/, or push them to the app"
    )
    parser.add_argument("--folder", type=Path, help="another folder (default: the setting CONFIG_FOLDER)")
    parser.add_argument(
        "--schema", action="store_true", help="write the JSON Schema of each file for editors"
    )
    parser.set_defaults(run=run)
    # Without an action it checks, as it always did.
    push_config.add_to(parser.add_subparsers(dest="action", metavar="ACTION"))


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    folder = options.folder or Settings.from_environment().config_folder
    if options.schema:
        return _write_schemas(folder / FOLDER)
    problems = problems_in(folder)
    for problem in problems:
        print(problem)
    if problems:
        return UNUSABLE_INPUT
    print(summary_of(folder))
    return 0


def _write_schemas(folder: Path) -> int:
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0
