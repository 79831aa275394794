"""Users are shown as short salted hashes."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

_ADDRESS_PSEUDONYM = re.compile(r"address-[0-9a-f]{8}|\[address\]")
_PSEUDONYM = re.compile(r"user-[0-9a-f]{8}|\[user id\]")
# Raw ids of ACS: `8:acs:<resource>_<user>`, `4:<phone number>`, `28:<bot>`, `48:<anonymous>`
_RAW_ID = re.compile(
    r"(?<![\w:])(?:8:[a-z-]{2,16}:[\w.@+-]+|(?:28|48):[a-z:-]{0,16}[0-9a-fA-F][\w-]{15,}|4:\+?\d{6,15})"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})++")


def pseudonym(user_id: str, salt: str) -> str:
    """Return a short salted hash that stands for a user (`user-9f3cd02a`), or `[user id]` without a salt."""
    if _PSEUDONYM.fullmatch(user_id):
        return user_id
    if not salt:
        return "[user id]"
    return "user-" + hmac.new(salt.encode(), user_id.encode(errors="replace"), hashlib.sha256).hexdigest()[:8]


def listed_ids(value: str) -> list[str]:
    """Return the ids in a column's value: those of a JSON list, or the value itself."""
    try:
        document = json.loads(value) if value.startswith("[") else None
    except (ValueError, RecursionError):  # not JSON, or a hostile nest of brackets
        document = None
    return [str(user_id) for user_id in document] if isinstance(document, list) else [value]


@dataclass(frozen=True, slots=True)
class UserIds:
    """How user ids are shown: as salted hashes, or as they are (`SHOW_USER_IDS`)."""

    salt: str = ""
    show: bool = False

    def name(self, user_id: str) -> str:
        """Return the text to show for a user, or for each user of a JSON list."""
        return (
            user_id
            if self.show
            else ", ".join(pseudonym(listed, self.salt) for listed in listed_ids(user_id))
        )

    def address(self, address: str) -> str:
        """Return the text to show for the address that a person came from."""
        if self.show or _ADDRESS_PSEUDONYM.fullmatch(address):
            return address
        return pseudonym(address, self.salt).replace("user", "address", 1) if self.salt else "[address]"

    def hide_in(self, text: str, ids: Iterable[str] = ()) -> str:
        """Return a text with the given ids hidden, and with every ACS raw id and mail address hidden."""
        if self.show:
            return text
        # Longest first: an id may be the beginning of another.
        for user_id in sorted(
            (user_id for user_id in ids if user_id and user_id in text), key=len, reverse=True
        ):
            text = re.sub(
                rf"(?<![\w@.-]){re.escape(user_id)}(?![\w@-])", lambda match: self.name(match[0]), text
            )
        text = _RAW_ID.sub(lambda match: self.name(match[0]), text)
        return _MAIL.sub(lambda match: self.name(match[0]), text)
