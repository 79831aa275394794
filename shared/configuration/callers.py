"""Whom a policy of tokens.yaml fits, as the file says it."""

from typing import Annotated, Protocol

from msgspec import Meta, field

from shared.configuration.files.declare import FileEntry
from shared.configuration.files.value import Value
from shared.configuration.match import Texts

Allowed = Annotated[
    str, Meta(pattern="^(allowed|refused)$", title="a permission", description="allowed or refused")
]


class CallersEntry(FileEntry, frozen=True):
    """Matchers of callers, all of which must fit; of a list, one value must."""

    role: Texts = field(default_factory=Texts)
    user: Texts = field(default_factory=Texts)


class CallerMatch(Protocol):
    """Whom a policy fits; without a role and a user it fits every caller who signed in."""

    @property
    def caller_roles(self) -> tuple[str, ...]:
        """One of these roles; empty where no role is asked for."""
        ...

    @property
    def users(self) -> tuple[str, ...]:
        """One of these ids; empty where no id is asked for."""
        ...

    @property
    def anonymous(self) -> bool:
        """Whether it fits who did not sign in."""
        ...

    @property
    def keys(self) -> bool:
        """Whether NEGOTIATE_KEY may ask on behalf of a user."""
        ...


def check_callers(callers: CallersEntry, item: Value, *, is_without_sign_in: bool) -> None:
    """Make sure that somebody can fit the matchers of a policy.

    Raises:
        InputError: it is for callers who did not sign in, and asks for a role.
    """
    if is_without_sign_in and callers.role:
        raise item.at("callers").refusal(
            "who did not sign in has no roles, so nobody fits", "`user:`, or neither `anonymous:` nor `keys:`"
        )
