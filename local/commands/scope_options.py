"""The options that say what a command is about: resource, time and applications."""

import argparse

from local.commands.window_options import add_window_options, window_of
from shared.queries.scope import Scope, resource_id


def add_scope_options(parser: argparse.ArgumentParser) -> None:
    """Add --resource, the options of the window, and --app."""
    parser.add_argument("--resource", required=True, metavar="ARM_ID", help="the resource, by its ARM id")
    add_window_options(parser)
    parser.add_argument(
        "--app",
        action="append",
        default=[],
        metavar="ARM_ID",
        help="an application whose App* rows belong to the incident; repeat for several (default: every one)",
    )


def scope_of(options: argparse.Namespace) -> Scope:
    """Read the options.

    Raises:
        InputError: an id or a time cannot be used, or the window ends before it starts.
    """
    window = window_of(options)
    applications = tuple(resource_id(app, where="--app") for app in options.app)
    return Scope((resource_id(options.resource, where="--resource"),), window, applications)
