"""The options that say what a command is about: resource, time and applications."""

import argparse

from local.exports.moments import moment
from shared.queries.scope import Scope, Window, resource_id


def add_scope_options(parser: argparse.ArgumentParser) -> None:
    """Add --resource, --from, --to and --app."""
    parser.add_argument("--resource", required=True, metavar="ARM_ID", help="the resource, by its ARM id")
    parser.add_argument(
        "--from", required=True, dest="start", metavar="ISO", help="start of the window, inclusive"
    )
    parser.add_argument("--to", required=True, dest="end", metavar="ISO", help="end of the window, exclusive")
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
    window = Window(moment("--from", options.start), moment("--to", options.end))
    applications = tuple(resource_id(app, where="--app") for app in options.app)
    return Scope((resource_id(options.resource, where="--resource"),), window, applications)
