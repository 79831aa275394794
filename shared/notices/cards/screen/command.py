"""Draw a command so that a thumb can copy it: filled in, in lines that a phone holds, with what it does."""

import re
from collections.abc import Iterator
from enum import StrEnum
from shlex import quote

from shared.notices.cards.elements import Element, safe_text, text_block

LINE_LETTERS = 44  # that 390 pixels hold in a monospace font of the small size
_SHELL = re.compile(r"(?:az|curl|kubectl|websocat|nslookup|dig|docker|systemctl|linekeeper) ")
_CODE = re.compile(r"[\w.]+\(.*\)")  # a call that is written into the code of an application
_LEAST_CODE = 24  # letters; a shorter call is a name in a sentence
_SECRET = re.compile(
    r"\b(?:key|appsettings|connection-string)s? (?:show|list)\b|--show-secrets?\b|\blist-keys\b"
)
_READS = re.compile(
    r"\b(?:show|list|get|describe|logs|tail)\b|^(?:nslookup|dig) |^curl\b(?!.* -X (?!OPTIONS|GET|HEAD))"
)
_CHANGES = re.compile(
    r"\b(?:update|create|delete|set|add|remove|restart|regenerate|start|stop|scale|apply|patch)\b|^curl\b.* -X (?:POST|PUT|DELETE|PATCH)"
)
# A word with what stands in quotation marks; an option goes with its value.
_WORD = r"""(?:[^\s"']|"[^"]*"|'[^']*')+"""
_UNITS = re.compile(rf"-\S+\s+(?!-){_WORD}|{_WORD}")
_ARGUMENTS = re.compile(r".+?(?:, |$)")


class Effect(StrEnum):
    """What a command does to whoever runs it; the value is the sentence that says so."""

    READS = "It reads only."
    PRINTS = "Prints a secret."
    CHANGES = "Changes the service."
    UNKNOWN = ""


def is_command(code: str) -> bool:
    """Tell whether a code span of a page is something to run or to write down, and not a name."""
    return bool(_SHELL.match(code)) or (len(code) >= _LEAST_CODE and bool(_CODE.fullmatch(code)))


def effect_of(command: str) -> Effect:
    """Say what a command does, as far as its words tell; a change is told before a read."""
    if not _SHELL.match(command):
        return Effect.UNKNOWN
    if _SECRET.search(command):
        return Effect.PRINTS
    bare = command.partition(" --query ")[0]
    if _CHANGES.search(bare):
        return Effect.CHANGES
    return Effect.READS if _READS.search(bare) else Effect.UNKNOWN


def filled_in(command: str, resource: str) -> str:
    """Return a command with the name and the group of a resource in the places that a page leaves open."""
    parts = resource.strip("/").split("/")
    if len(parts) < 8:
        return command
    group, name = quote(parts[3]), quote(parts[7])
    command = re.sub(
        r"(--name |-n )(?:<name>|NAME)\b", lambda found: found[1] + name, command.replace("<name>", "NAME")
    )
    return re.sub(
        r"(--resource-group |-g )GROUP\b", lambda found: found[1] + group, command.replace("<group>", "GROUP")
    )


def lines_of(command: str) -> list[str]:
    r"""Part a command into lines that a phone holds; a word is never parted, and ` \` ends each line but the last."""
    if not _SHELL.match(command):
        return _gathered(_ARGUMENTS.findall(command), LINE_LETTERS, "")
    lines = _gathered(_UNITS.findall(command), LINE_LETTERS - 2, " ")
    return [*(f"{line} \\" for line in lines[:-1]), *lines[-1:]]


def command_block(command: str, limit_bytes: int) -> Element:
    """Draw a command; each line is a paragraph, for Teams breaks none within one."""
    lines = [_line(line, limit_bytes) for line in lines_of(command)]
    return {"type": "Container", "style": "emphasis", "bleed": True, "spacing": "Small", "items": lines}


def _line(line: str, limit_bytes: int) -> Element:
    goes_on = line.endswith(" \\")
    text = safe_text(line.removesuffix(" \\"), limit_bytes) + (" \\" if goes_on else "")
    return text_block(text, fontType="Monospace", size="Small", spacing="None")


def _gathered(words: list[str], most: int, joint: str) -> list[str]:
    def gather() -> Iterator[str]:
        line = ""
        for word in words:
            longer = f"{line}{joint}{word}" if line else word
            if line and len(longer.rstrip()) > most:
                yield line.rstrip()
                longer = word
            line = longer
        yield line.rstrip()

    return list(gather())
