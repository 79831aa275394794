"""Load a team's own pages beside the app's: playbooks for symptoms of their own, and hypotheses for one that ships."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from shared.errors import PlaybookError
from shared.playbooks.loading.load import load_library, load_page
from shared.playbooks.playbook import Extension, Playbook

Page = Playbook | Extension
Stamp = tuple[Path, int, int]  # a page, when it was changed (in ns), and its size

_MOST_FOLDERS = 8  # whose pages are remembered


@dataclass(frozen=True, slots=True)
class _OwnPage:
    file: str
    page: Page

    def refusal(self, wrong: str, expected: str) -> PlaybookError:
        return PlaybookError(f"{self.file}:1", wrong, expected)


def load_playbooks(folder: Path | None) -> Mapping[str, Playbook]:
    """Return the app's playbooks with the pages of a team's folder, by id.

    Raises:
        PlaybookError: a page cannot be used, or the folder cannot be read; the first of them.
    """
    playbooks, problems = usable_playbooks(folder)
    if problems:
        raise problems[0]
    return playbooks


def usable_playbooks(folder: Path | None) -> tuple[Mapping[str, Playbook], tuple[PlaybookError, ...]]:
    """Return the app's playbooks with those of a team's pages that can be used, and why the others cannot.

    A page is read again when its file changes. A page that cannot be used leaves only itself out.
    """
    if folder is None:
        return load_library(), ()
    try:
        stamps = tuple(_stamps(folder))
    except OSError as error:
        return load_library(), (_no_page(folder, error.strerror or str(error)),)
    if not stamps:
        return load_library(), (_no_page(folder, "there is no page in it"),)
    return _usable(stamps)


def _stamps(folder: Path) -> Iterable[Stamp]:
    for path in sorted(folder.iterdir()):
        if path.suffix == ".md":
            stat = path.stat()
            yield path, stat.st_mtime_ns, stat.st_size


def _no_page(folder: Path, wrong: str) -> PlaybookError:
    return PlaybookError(str(folder), wrong, "a folder of pages, `<id>.md`")


@lru_cache(maxsize=_MOST_FOLDERS)
def _usable(stamps: tuple[Stamp, ...]) -> tuple[Mapping[str, Playbook], tuple[PlaybookError, ...]]:
    own: list[_OwnPage] = []
    problems: list[PlaybookError] = []
    for path, *_ in stamps:
        try:
            own.append(_OwnPage(path.name, load_page(path)))
        except PlaybookError as error:
            problems.append(error)
    while True:
        playbooks, refused = _joined(own)
        if not refused:
            return playbooks, tuple(problems)
        problems += refused.values()
        # What another page builds on may be gone with these, so the others are joined once more.
        own = [one for one in own if one.file not in refused]


def _joined(own: Iterable[_OwnPage]) -> tuple[Mapping[str, Playbook], Mapping[str, PlaybookError]]:
    """Join pages with the app's, and say which of them cannot be joined, by file."""
    playbooks = dict(load_library())
    refused: dict[str, PlaybookError] = {}
    for one in own:
        if isinstance(one.page, Playbook):
            if one.page.id in playbooks:
                refused[one.file] = one.refusal(f"the id {one.page.id!r} is taken", "an id of its own")
            else:
                playbooks[one.page.id] = one.page
    for one in own:
        if isinstance(one.page, Extension):
            problem = _extended(playbooks, one.page, one)
            if problem:
                refused[one.file] = problem
    known = {f"{name}/{hypothesis.id}" for name, book in playbooks.items() for hypothesis in book.hypotheses}
    for one in own:
        pairs = one.page.consequences.items()
        unknown = [name for effect, causes in pairs for name in (effect, *causes) if name not in known]
        if unknown and one.file not in refused:
            wrong = f"unknown id {unknown[0]!r} in 'consequences'"
            refused[one.file] = one.refusal(wrong, "`playbook/hypothesis`")
    return playbooks, refused


def _extended(playbooks: dict[str, Playbook], page: Extension, one: _OwnPage) -> PlaybookError | None:
    base = playbooks.get(page.extends)
    if base is None:
        return one.refusal(
            f"there is no playbook {page.extends!r} to extend", f"one of {', '.join(playbooks)}"
        )
    for hypothesis in page.hypotheses:
        if base.find(hypothesis.id):
            return one.refusal(f"the id '{base.id}/{hypothesis.id}' is taken", "an id of its own")
    playbooks[base.id] = replace(
        base,
        hypotheses=(*base.hypotheses, *page.hypotheses),
        consequences={**base.consequences, **page.consequences},
        needs={**base.needs, **page.needs},
        changes={**base.changes, **page.changes},
        unexplained=page.unexplained or base.unexplained,
        text=f"{base.text.rstrip()}\n\n{page.text.lstrip()}",
    )
    return None
