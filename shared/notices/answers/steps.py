"""Write a step of a playbook for a page: what to do, its command, and how one knows that it worked."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from shared.notices.answers.fill import article
from shared.notices.cards.screen.command import effect_of, filled_in
from shared.notices.cards.screen.step import BELOW, command_in, split_step
from shared.redaction import redact

_BEGINNING = re.compile(rf"(^|[.!?:](?:\*\*)?\s+){BELOW}")  # of a sentence


@dataclass(frozen=True, slots=True)
class StepText:
    """One step: `doing` and `proof` are HTML, `command` and `effect` are text; "" for what the step does not have."""

    doing: Markup
    command: str
    effect: str
    proof: Markup | str

    @classmethod
    def of(cls, step: str, resource: str) -> "StepText":
        """Read a step of a page; its command gets the name and the group of the resource."""
        doing, verifying = split_step(redact(step))
        command = command_in(step)
        told = (
            _BEGINNING.sub(rf"\1{BELOW.capitalize()}", doing.replace(f"`{command}`", BELOW))
            if command
            else doing
        )
        filled = redact(filled_in(command, resource)) if command else ""
        proof = article(f"Done when {verifying}") if verifying else ""
        return cls(article(told), filled, effect_of(filled) if filled else "", proof)
