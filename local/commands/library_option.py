"""Read which pages of a team's own a command works with, beside those that ship."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from shared.playbooks.loading.team_pages import load_playbooks
from shared.playbooks.playbook import Playbook
from shared.settings import Settings


def add_library_option(parser: argparse.ArgumentParser) -> None:
    """Let a command take a folder of pages."""
    parser.add_argument(
        "--library",
        type=Path,
        metavar="DIR",
        help="a folder of your own pages, beside those that ship (default: the setting PLAYBOOKS_FOLDER)",
    )


def library_of(options: argparse.Namespace) -> Path | None:
    """Return the folder of a team's own pages; None where there is none."""
    folder: Path | None = options.library
    return folder or Settings.from_environment().playbooks_folder


def playbooks_of(options: argparse.Namespace) -> Mapping[str, Playbook]:
    """Return all playbooks that a command works with.

    Raises:
        PlaybookError: a page cannot be used.
    """
    return load_playbooks(library_of(options))
