"""The parser of the command line: complaints of one line, and help that lists commands by what they are for."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Protocol

from local.commands.exit_codes import IN_WORDS, UNUSABLE_INPUT

_EXAMPLES = """examples:
  linekeeper diagnose lobby --last 1h
  linekeeper review lobby
  linekeeper doctor lobby --app APP
  linekeeper diagnose --logs night --resource "$ARM_ID" --from 2026-11-20T03:00:00Z --to 2026-11-20T04:00:00Z
  linekeeper diagnose --workspace "$WORKSPACE_GUID" --resource "$ARM_ID" --last 2h
  linekeeper fetch "$ARM_ID" --workspace "$WORKSPACE_GUID" --last 3h
  linekeeper explain INCIDENT
  linekeeper replay seed-thread-1006
"""


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one clear line."""

    def error(self, message: str) -> NoReturn:
        """Complain and leave with the status of unusable input."""
        self.exit(UNUSABLE_INPUT, f"{self.prog}: {message}\n")


class Command(Protocol):
    """A module of this folder."""

    def add_to(self, commands: Any) -> None:
        """Describe the command; `commands` takes what `add_parser` of argparse takes."""
        ...


class _Listing:
    """Adds commands to a parser, and remembers what each is for."""

    def __init__(self, commands: "argparse._SubParsersAction[OneLineParser]") -> None:
        self._commands = commands
        self.purposes: dict[str, str] = {}

    def add_parser(self, name: str, *, help: str, **options: Any) -> OneLineParser:  # noqa: A002  # argparse's own word
        """Add a command; its help opens with what it is for."""
        self.purposes[name] = help
        sentence = f"{help[0].upper()}{help[1:]}."
        description = " ".join(filter(None, (sentence, options.pop("description", ""))))
        return self._commands.add_parser(name, description=description, **options)


def parser_of(groups: Mapping[str, Iterable[Command]], *, prog: str, version: str) -> OneLineParser:
    """Return a parser of all commands; `groups` holds them by what a person wants to do."""
    parser = OneLineParser(
        prog=prog,
        usage="%(prog)s [-h] [--version] COMMAND ...",
        description="Linekeeper on your machine: find out why real-time lines fail, and look after the app that watches them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"linekeeper {version}")
    commands = parser.add_subparsers(
        prog=prog, dest="command", required=True, metavar="COMMAND", help=argparse.SUPPRESS
    )
    lists = [_list_of(title, modules, _Listing(commands)) for title, modules in groups.items()]
    hint = f"`{prog} COMMAND --help` tells what a command takes.\n"
    parser.epilog = "\n".join([*lists, hint, _EXAMPLES, IN_WORDS])
    return parser


def _list_of(title: str, modules: Iterable[Command], listing: _Listing) -> str:
    for module in modules:
        module.add_to(listing)
    lines = (f"  {name:12} {purpose}\n" for name, purpose in listing.purposes.items())
    return f"{title}:\n{''.join(lines)}"
