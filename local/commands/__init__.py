"""The commands of the command line, one module each."""

from local.commands import cases, diagnose, query, replay

COMMANDS = (cases, replay, diagnose, query)
