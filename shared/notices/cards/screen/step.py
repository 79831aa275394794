"""Read a step of a page for a phone: what to do in a line, its command, and how one knows that it worked."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

from shared.notices.cards.markup import plain_text
from shared.notices.cards.screen.command import Effect, effect_of, filled_in, is_command

TITLE_LETTERS = 96  # two lines of a phone and a little
PROOF_LETTERS = 130

_PARSER = MarkdownIt("commonmark")
_VERIFY = re.compile(r"(?:^|\s)Verify:\s+")
_LOOKING = {"Compare", "Find", "Follow", "Look", "Read"}  # first words of a step that only looks at something
_LEAD = re.compile(r"\*\*(?P<lead>[^*]+)\*\*\s*")
_CLAUSE = re.compile(r"[.:;](?=\s)")
_PAUSE = re.compile(r",? (?=and |or |\()|[,;](?=\s)")
BELOW = "the line below"  # what stands in a sentence for the command that is shown below it


@dataclass(frozen=True, slots=True)
class PhoneStep:
    """A step as the first screen shows it; all texts are plain and not escaped yet."""

    title: str
    command: str  # "" where the step has none
    proof: str  # "" where the step has none
    is_whole: bool  # whether this is all that the page says

    @property
    def effect(self) -> Effect:
        """Return what the command does."""
        return effect_of(self.command) if self.command else Effect.UNKNOWN

    @property
    def changes_nothing(self) -> bool:
        """Tell whether the step is one that only looks at something."""
        return self.effect is not Effect.CHANGES and self.title.partition(" ")[0] in _LOOKING


def split_step(step: str) -> tuple[str, str]:
    """Part a step of a page into what is done and how it is verified, "" where it does not say that."""
    parts = _VERIFY.split(step, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def command_in(step: str) -> str:
    """Return the first command that a step of a page names, "" where it names none."""
    return next((code for code in _code_spans(split_step(step)[0]) if is_command(code)), "")


def step_of(step: str, resource: str) -> PhoneStep:
    """Read a step of a page; what is bold at its beginning is its title, else its first clause is."""
    doing, verifying = split_step(step)
    command = command_in(step)
    lead = _LEAD.match(doing)
    told = doing.replace(f"`{command}`", BELOW) if command else doing
    title, rest = (
        (lead["lead"], told[lead.end() :]) if lead else _first_clause(plain_text(told), TITLE_LETTERS)
    )
    proof, more = _first_clause(plain_text(verifying), PROOF_LETTERS, only_sentences=True)
    return PhoneStep(
        title=plain_text(title).rstrip(".:;,"),
        command=filled_in(command, resource),
        proof=proof.rstrip(".:;,"),
        is_whole=not (rest.strip(" .,;:").removeprefix(BELOW).strip(" .,;:") or more.strip(" .")),
    )


def _first_clause(text: str, most: int, *, only_sentences: bool = False) -> tuple[str, str]:
    """Part a text after its first clause or sentence, or at a pause where that is too long."""
    ends = [found.start() for found in _CLAUSE.finditer(text) if not only_sentences or found[0] == "."]
    end = ends[0] if ends else len(text)
    if end <= most:
        return text[:end], text[end + 1 :].strip()
    pauses = [found.start() for found in _PAUSE.finditer(text, 0, most)]
    if pauses:
        return text[: pauses[-1]], text[pauses[-1] :].lstrip(" ,;")
    cut = text[:most].rsplit(" ", 1)[0]
    return f"{cut}…", text[len(cut) :].strip()


def _code_spans(markdown: str) -> list[str]:
    return [
        child.content
        for token in _PARSER.parse(markdown)
        for child in token.children or ()
        if child.type == "code_inline"
    ]
