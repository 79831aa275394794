"""Log records without secrets, and without characters that a terminal obeys."""

import logging
import traceback
from typing import Any

from shared.redaction.markup import visible
from shared.redaction.removal import redact


class SafeRecord(logging.LogRecord):
    """A record of which the message and the traceback may be shown, whoever wrote what stands in them."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.exc_info and self.exc_info[0] is not None:
            # A formatter takes this text instead of making one.
            lines = "".join(traceback.format_exception(*self.exc_info))
            self.exc_text = visible(redact(lines)).rstrip("\n")

    def getMessage(self) -> str:  # noqa: N802 - the name is logging's own
        """Return the message with its arguments, redacted."""
        return visible(redact(super().getMessage()))


def keep_logs_safe() -> None:
    """Make every record that is logged from now on a safe one, in this process and for every logger."""
    logging.setLogRecordFactory(SafeRecord)
