"""Read how a page names the numbers of a check: ``Numbers: `LifeSeconds` Common lifetime; `Gap` Apart in time (min).``"""

import re
from collections.abc import Iterator, Mapping

from shared.errors import PlaybookError
from shared.playbooks.loading.page import PlaybookPage, Section
from shared.playbooks.playbook import Check, Engine, NumberTitle, Unit

_OPENING = "Numbers:"
_ENTRY = re.compile(r"`(?P<name>\w+)` (?P<title>[^`;()]+?)(?: \((?P<note>[^()]+)\))?")
_REPORT_ONLY = "report only"
_EXPECTED = f"`` `Name` Title `` with ; between, and a unit ({', '.join(filter(None, Unit))}) or ({_REPORT_ONLY}) behind a title"


def number_titles(page: PlaybookPage, section: Section, check: Check) -> Mapping[str, NumberTitle]:
    """Return the titles that a hypothesis' section gives to numbers, by their names in the check.

    Raises:
        PlaybookError: an entry is not in the form, or names a number that the check does not return.
    """
    titles = dict(_entries(page, section))
    for name in titles:
        if check.engine is Engine.LOGS and check.fallback is None and not _returns(check, name):
            raise PlaybookError(
                f"{page.file}:{section.line}",
                f"`{section.heading}` gives a title to {name!r}, which its check does not return",
                "a column of the check's last line",
            )
    return titles


def _entries(page: PlaybookPage, section: Section) -> Iterator[tuple[str, NumberTitle]]:
    for paragraph in section.paragraphs:
        if not paragraph.startswith(_OPENING):
            continue
        for entry in paragraph.removeprefix(_OPENING).rstrip(".").split(";"):
            match = _ENTRY.fullmatch(entry.strip())
            note = (match["note"] or "") if match else ""
            if match is None or note not in (*Unit, _REPORT_ONLY):
                wrong = f"`{section.heading}` has a title that cannot be read: {entry.strip()!r}"
                raise PlaybookError(f"{page.file}:{section.line}", wrong, _EXPECTED)
            unit = Unit.NONE if note == _REPORT_ONLY else Unit(note)
            yield match["name"], NumberTitle(match["title"], unit, is_on_cards=note != _REPORT_ONLY)


def _returns(check: Check, name: str) -> bool:
    return re.search(rf"\b{name}\b", check.text.rsplit("|", 1)[-1]) is not None
