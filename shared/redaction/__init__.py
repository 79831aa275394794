"""Make text safe to show: secrets are removed, markup from strangers is defused, users become hashes."""

from shared.redaction.logs import keep_logs_safe
from shared.redaction.markup import escape_markdown, visible
from shared.redaction.removal import names_a_secret, redact
from shared.redaction.users import UserIds, listed_ids, pseudonym

__all__ = [
    "UserIds",
    "escape_markdown",
    "keep_logs_safe",
    "listed_ids",
    "names_a_secret",
    "pseudonym",
    "redact",
    "visible",
]
