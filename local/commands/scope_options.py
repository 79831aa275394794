"""The options that say what a command is about: resource, time and applications."""

import argparse

from local.commands.window_options import add_window_options, window_of
from shared.queries.scope import Scope, resource_id


def add_scope_options(parser: argparse.ArgumentParser, *, named: bool = False) -> None:
    """Add --resource, which is needed unless a resource can be `named`, the options of the window, and --app."""
    parser.add_argument(
        "--resource", required=not named, metavar="ARM_ID", help="the resource, by its ARM id"
    )
    add_window_options(parser)
    parser.add_argument(
        "--app",
        action="append",
        default=[],
        metavar="ARM_ID",
        help="an application whose App* rows belong to the incident; repeat for several (default: every one)",
    )


def scope_of(options: argparse.Namespace, resource: str | None = None) -> Scope:
    """Read the options; `resource` was named in the place of --resource.

    Raises:
        InputError: an id or a time cannot be used, or the window ends before it starts.
    """
    window = window_of(options)
    applications = tuple(resource_id(app, where="--app") for app in options.app)
    keyed = resource or resource_id(options.resource, where="--resource")
    return Scope((keyed,), window, applications)
