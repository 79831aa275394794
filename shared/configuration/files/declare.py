"""What the files of config/ are declared with: entries, and the single values that several files share.

The description of a declaration is what a refusal expects and what an editor shows. A title names the thing itself.
"""

from datetime import timedelta
from threading import RLock
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_args

from msgspec import UNSET, Meta, Struct, convert
from msgspec.structs import asdict

_T = TypeVar("_T")
# What msgspec 0.22 knows of a type is made at its first use; several threads at once end the process there.
_CONVERTING = RLock()
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class FileEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping of a file, as it is written; what it leaves out is UNSET where the default is not its own."""

    noun: ClassVar[str] = "the entry"  # what a refusal calls it


class OneOrMore(tuple[_T, ...], Generic[_T]):
    """The values of a list, or the one value that stands for it; a subclass names what they are.

    A type of its own and not a union: msgspec 0.22 corrupts memory where a text with a pattern may also be a list.
    """

    __slots__ = ()

    @classmethod
    def item(cls) -> Any:
        """Return what is declared for each value."""
        (base,) = cls.__orig_bases__  # type: ignore[attr-defined]
        return get_args(base)[0]


def parsed(plain: Any, kind: type[_T]) -> _T:
    """Return plain values as a declaration has them.

    Raises:
        ValidationError: the declaration refuses them.
    """
    with _CONVERTING:
        return convert(plain, kind, dec_hook=_one_or_more)


def _one_or_more(kind: type[OneOrMore[Any]], plain: Any) -> OneOrMore[Any]:
    item = kind.item()
    items = Annotated[tuple[item, ...], Meta(min_length=1)]  # type: ignore[valid-type]
    return kind(convert(plain if isinstance(plain, list) else [plain], items))


def values_of(entry: FileEntry) -> dict[str, Any]:
    """Return the values of the keys that an entry does not leave out."""
    return {name: value for name, value in asdict(entry).items() if value is not UNSET}


def any_case(text: str) -> str:
    """Return the pattern of a text whose case does not count, for readers of patterns that know no flags."""
    return "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in text)


Text = Annotated[str, Meta(pattern=r"\S", description="a text, in quotation marks if need be")]
Severity = Annotated[int, Meta(ge=1, le=4)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Symptom = Annotated[
    str, Meta(pattern="^[a-z0-9-]{1,80}$", title="a symptom", description="the id of a playbook")
]
Length = Annotated[
    str, Meta(pattern=r"^\d{1,6}\s?[smhd]$", description="a length of time such as 15m, 4h or 3d")
]


def length(text: str) -> timedelta:
    """Return a length of time that is written as declared."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
