"""Load playbooks, and refuse the ones that could not run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from shared.errors import PlaybookError
from shared.playbooks.diagnosis import EvidenceKind
from shared.playbooks.loading.front_matter import (
    change_topics,
    check_extension_keys,
    check_keys,
    consequences,
    diagnosis_delays,
    headline,
    meta_text,
    needs,
    service_tables,
)
from shared.playbooks.loading.lint import UNEXPLAINED_COLUMNS, lint, lint_graph
from shared.playbooks.loading.page import (
    UNEXPLAINED,
    Fence,
    PlaybookPage,
    Section,
    TableRow,
    read_page,
)
from shared.playbooks.loading.titles import number_titles
from shared.playbooks.playbook import Check, Engine, Extension, Hypothesis, Playbook, RootCause
from shared.playbooks.probes import CONFIGURATION, SOURCES, probe_error
from shared.queries.together import RESULT_COLUMNS

LIBRARY = Path(__file__).parents[1] / "library"

_TABLE_COLUMNS = ("id", "hypothesis", "likely cause", "evidence", "root cause")


@cache
def load_library(folder: Path = LIBRARY) -> Mapping[str, Playbook]:
    """Load every playbook of a folder, by id.

    Raises:
        PlaybookError: there is no playbook, one does not load, two have one id, or a consequence names an unknown id.
    """
    playbooks: dict[str, Playbook] = {}
    pages = sorted(folder.glob("*.md"))
    if not pages:
        raise PlaybookError(str(folder), "there is no page in it", "a folder of playbooks, `<id>.md`")
    for path in pages:
        playbook = load_playbook(path)
        if playbook.id in playbooks:
            raise PlaybookError(f"{path.name}:1", f"the id {playbook.id!r} is taken", "an id of its own")
        playbooks[playbook.id] = playbook
    _check_consequences(playbooks)
    return playbooks


def load_page(path: Path) -> Playbook | Extension:
    """Load one page: a playbook, or hypotheses that extend one.

    Raises:
        PlaybookError: it cannot be used as it is; the error names file, line and what was expected.
    """
    page = read_page(path)
    if "extends" not in page.meta:
        return _playbook(page)
    check_extension_keys(page)
    hypotheses = tuple(_hypotheses(page))
    return Extension(
        extends=meta_text(page, "extends"),
        hypotheses=hypotheses,
        consequences=consequences(page),
        text=page.text,
        needs=needs(page, [hypothesis.id for hypothesis in hypotheses]),
        changes=change_topics(page, [hypothesis.id for hypothesis in hypotheses]),
        unexplained=_unexplained(page),
    )


def load_playbook(path: Path) -> Playbook:
    """Load one playbook.

    Raises:
        PlaybookError: it cannot be run as it is; the error names file, line and what was expected.
    """
    return _playbook(read_page(path))


def _playbook(page: PlaybookPage) -> Playbook:
    symptom = page.section("Symptom")
    hypotheses = tuple(_hypotheses(page))
    playbook = Playbook(
        id=meta_text(page, "id"),
        service=meta_text(page, "service").lower(),
        title=page.title,
        symptom=symptom.paragraphs[0] if symptom.paragraphs else page.title,
        symptom_check=_check(page, symptom),
        hypotheses=hypotheses,
        consequences=consequences(page),
        tables=service_tables(page),
        diagnosis_delays=diagnosis_delays(page),
        text=page.text,
        needs=needs(page, [hypothesis.id for hypothesis in hypotheses]),
        changes=change_topics(page, [hypothesis.id for hypothesis in hypotheses]),
        unexplained=_unexplained(page),
        words=headline(page),
    )
    check_keys(page)
    return playbook


def _hypotheses(page: PlaybookPage) -> Iterable[Hypothesis]:
    rows = page.section("Hypotheses").rows
    checks = _by_id(page, "Checks", rows)
    steps = _by_id(page, "Mitigation", rows)
    for row in rows:
        yield _hypothesis(page, row, checks, steps)


def _hypothesis(
    page: PlaybookPage, row: TableRow, checks: Mapping[str, Section], steps: Mapping[str, Section]
) -> Hypothesis:
    if len(row.cells) != len(_TABLE_COLUMNS):
        raise PlaybookError(
            f"{page.file}:{row.line}",
            f"the row has {len(row.cells)} cells",
            ", ".join(_TABLE_COLUMNS),
        )
    identity = _id(row)
    if identity not in checks:
        raise PlaybookError(
            f"{page.file}:{row.line}",
            f"the hypothesis {identity!r} has no check",
            f"`### {identity}` below `## Checks`",
        )
    if identity not in steps or not steps[identity].steps:
        raise PlaybookError(
            f"{page.file}:{row.line}",
            f"the hypothesis {identity!r} has no step",
            f"numbered steps below `## Mitigation`, `### {identity}`",
        )
    section = checks[identity]
    check = _check(page, section)
    limits = " ".join(
        text.removeprefix("Limits:").strip() for text in section.paragraphs if text.startswith("Limits:")
    )
    return Hypothesis(
        id=identity,
        title=row.cells[1],
        likely_cause=row.cells[2],
        kind=_kind(page, row),
        root_cause=_root_cause(page, row),
        check=check,
        titles=number_titles(page, section, check),
        limits=limits,
        steps=tuple(steps[identity].steps),
    )


def _by_id(page: PlaybookPage, heading: str, rows: Sequence[TableRow]) -> Mapping[str, Section]:
    ids: set[str] = set()
    for row in rows:
        if _id(row) in ids:
            raise PlaybookError(
                f"{page.file}:{row.line}",
                f"two hypotheses have the id {_id(row)!r}",
                "an id of its own for each",
            )
        ids.add(_id(row))
    sections: dict[str, Section] = {}
    for section in page.below(heading):
        if section.heading not in ids or section.heading in sections:
            wrong = "twice" if section.heading in sections else "for no hypothesis of the table"
            raise PlaybookError(
                f"{page.file}:{section.line}",
                f"`### {section.heading}` stands below {heading} {wrong}",
                "one for each hypothesis",
            )
        sections[section.heading] = section
    return sections


def _unexplained(page: PlaybookPage) -> Check | None:
    """Return the query for the bad events that no hypothesis explains, where the page has one."""
    section = page.find(UNEXPLAINED)
    if section is None:
        return None
    if [fence.info for fence in section.fences] != [Engine.LOGS]:
        raise PlaybookError(
            f"{page.file}:{section.line}",
            f"`{UNEXPLAINED}` has {len(section.fences)} fenced blocks",
            "exactly one, of kql",
        )
    return _check_of_fence(page, section.fences[0], UNEXPLAINED_COLUMNS)


def _check(page: PlaybookPage, section: Section) -> Check:
    checks = [_check_of_fence(page, fence) for fence in section.fences]
    if len(checks) == 1:
        return checks[0]
    main, others = (checks[0], checks[1:]) if checks else (None, [])
    fallbacks = [check for check in others if check.engine is Engine.PROBE and not _is_of_state(check)]
    witnesses = [check for check in others if check.engine is Engine.PROBE and _is_of_state(check)]
    fits = len(fallbacks) <= 1 and len(witnesses) <= 1 and [*fallbacks, *witnesses] == others
    if main is None or main.engine is not Engine.LOGS or not fits:
        raise PlaybookError(
            f"{page.file}:{section.line}",
            f"`{section.heading}` has {len(section.fences)} fenced blocks",
            "exactly one check, or a kql check, the probe that answers where no logs are collected, and the probe of the live configuration that decides",
        )
    return replace(main, fallback=next(iter(fallbacks), None), witness=next(iter(witnesses), None))


def _is_of_state(check: Check) -> bool:
    return check.text.split()[0] == CONFIGURATION


def _check_of_fence(page: PlaybookPage, fence: Fence, columns: Sequence[str] = RESULT_COLUMNS) -> Check:
    check = Check(_engine(page, fence), _text(page, fence), fence.line)
    if check.engine is Engine.LOGS:
        lint(check, page.file, columns)
    if check.engine is Engine.GRAPH:
        lint_graph(check, page.file)
    return check


def _engine(page: PlaybookPage, fence: Fence) -> Engine:
    for engine in (Engine.GRAPH, Engine.LOGS):
        if fence.info == engine:
            return engine
    if fence.info.split(" ")[0] == Engine.PROBE:
        return Engine.PROBE
    raise PlaybookError(
        f"{page.file}:{fence.line - 1}", f"unknown block {fence.info!r}", "kql, kql graph or probe NAME"
    )


def _text(page: PlaybookPage, fence: Fence) -> str:
    if fence.info.split(" ")[0] != Engine.PROBE:
        return fence.text
    text = fence.info.removeprefix(Engine.PROBE).strip()
    wrong = probe_error(text) if text else "a probe without a name"
    if wrong:
        raise PlaybookError(f"{page.file}:{fence.line - 1}", wrong, f"one of {', '.join(sorted(SOURCES))}")
    return text


def _kind(page: PlaybookPage, row: TableRow) -> EvidenceKind:
    try:
        return EvidenceKind(row.cells[3].strip("[]").lower())
    except ValueError as error:
        raise PlaybookError(
            f"{page.file}:{row.line}",
            f"unknown evidence kind {row.cells[3]!r}",
            "[Measured], [Observed], [Correlated] or [Inferred]",
        ) from error


def _root_cause(page: PlaybookPage, row: TableRow) -> RootCause:
    try:
        return RootCause(row.cells[4].lower())
    except ValueError as error:
        raise PlaybookError(
            f"{page.file}:{row.line}",
            f"unknown root cause {row.cells[4]!r}",
            f"one of {', '.join(RootCause)}",
        ) from error


def _id(row: TableRow) -> str:
    return row.cells[0].strip("`")


def _check_consequences(playbooks: Mapping[str, Playbook]) -> None:
    ids = {
        f"{playbook.id}/{hypothesis.id}"
        for playbook in playbooks.values()
        for hypothesis in playbook.hypotheses
    }
    for playbook in playbooks.values():
        for name in (name for effect, causes in playbook.consequences.items() for name in (effect, *causes)):
            if name not in ids:
                raise PlaybookError(
                    f"{playbook.id}.md:1", f"unknown id {name!r} in 'consequences'", "`playbook/hypothesis`"
                )
